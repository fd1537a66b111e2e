"""The demonstration from outside: its whole story, its folder, and that production knows nothing of it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollbook.services.demo.folder import MARKER, stop_server
from rollbook.services.platform import config as settings
from rollbook.services.platform import embedded
from tests.integration.platform.test_serving import free_port


def demo(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rollbook.cli.main", "demo", *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(command, env=kept | environ, capture_output=True, text=True, check=False, timeout=300)


UNTRUE = """
import sys
from contextlib import contextmanager
from rollbook.cli import main
from rollbook.services.demo import play

@contextmanager
def curtain(folder, bind, narrator):
    narrator.check(False, "the parent reads of two uses")
    yield

play.curtain = curtain
sys.argv = ["rollbook", "demo", "play", "--no-serve", "--folder", sys.argv[1]]
main.run()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "demo"
    yield place
    embedded.remove(settings.load({"ROLLBOOK_DATA": str(place / "data"), "ROLLBOOK_KEYS": str(place / "keys")}))


def test_the_whole_story_holds_and_leaves_nothing_running(folder: Path) -> None:
    done = demo("play", "--no-serve", "--folder", str(folder), "--bind", f"127.0.0.1:{free_port()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The story holds" in done.stdout
    where = settings.load({"ROLLBOOK_DATA": str(folder / "data"), "ROLLBOOK_KEYS": str(folder / "keys")})
    assert not embedded.is_running(where)
    people = json.loads((folder / "people.json").read_text())
    code = demo("code", "parent", "--folder", str(folder))
    assert {"parent", "researcher", "panel", "checker"} <= set(people)
    assert code.returncode == 0
    assert code.stdout.split()[0].isdigit()
    assert demo("code", "nobody", "--folder", str(folder)).returncode == 3


def test_a_story_that_does_not_hold_ends_with_seven_and_names_what_did_not(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", UNTRUE, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert "The story does not hold: the parent reads of two uses" in done.stderr
    assert "The story holds" not in done.stdout


def test_a_folder_of_somebody_else_is_refused_and_untouched(folder: Path) -> None:
    folder.mkdir()
    theirs = folder / "theirs.txt"
    theirs.write_text("theirs")
    done = demo("play", "--no-serve", "--folder", str(folder))
    assert done.returncode == 9
    assert "was not made by a demonstration" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["theirs.txt"]


def test_a_taken_port_is_named_with_an_exit_code(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = demo("play", "--no-serve", "--folder", str(folder), "--bind", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 9, done.stderr
    assert "choose another address with --bind" in done.stderr
    assert not (folder / "data").exists()


def test_a_port_that_is_no_number_is_refused_before_anything_is_made(folder: Path) -> None:
    done = demo("play", "--no-serve", "--folder", str(folder), "--bind", "127.0.0.1:notaport")
    assert done.returncode == 9
    assert "ROLLBOOK_BIND" in done.stderr
    assert not folder.exists()


@pytest.mark.parametrize("words", [("play", "--no-serve"), ("code", "parent")])
def test_production_has_no_demonstration(folder: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    production = {
        "ROLLBOOK_PRODUCTION": "1",
        "ROLLBOOK_PUBLIC_URL": "https://rollbook.example",
        "ROLLBOOK_DATA": str(tmp_path / "d"),
        "ROLLBOOK_KEYS": str(tmp_path / "k"),
    }
    done = demo(*words, "--folder", str(folder), **production)
    assert done.returncode == 9
    assert "no demonstration in production" in done.stderr
    assert not folder.exists()


def test_a_number_given_to_another_program_is_not_stopped(folder: Path) -> None:
    folder.mkdir()
    (folder / MARKER).touch()
    other = subprocess.Popen(["sleep", "60"])
    try:
        (folder / "server.pid").write_text(str(other.pid))
        stop_server(folder)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
