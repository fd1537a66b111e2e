"""A whole installation from outside: set up, served by its own processes, stopped without a trace running."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rollbook.services.platform import config as settings
from rollbook.services.platform import embedded


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    port = free_port()
    made = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ROLLBOOK_DATA": str(tmp_path / "served"),
        "ROLLBOOK_KEYS": str(tmp_path / "keys"),
        "ROLLBOOK_BIND": f"127.0.0.1:{port}",
        "ROLLBOOK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ROLLBOOK_DATABASE_FSYNC": "off",
    }
    yield made
    embedded.remove(settings.load(made))


def start(environ: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rollbook.cli.main", "serve"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_set_up_serve_and_stop(environ: dict[str, str], tmp_path: Path) -> None:
    setup = [sys.executable, "-m", "rollbook.cli.main", "setup", "--overseer", str(tmp_path / "overseer")]
    done = subprocess.run(setup, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not embedded.is_running(settings.load(environ)), "set-up stops the server it started"
    serving = start(environ)
    assert serving.stdout is not None
    try:
        said = serving.stdout.readline()
        assert "Rollbook is at" in said, said + serving.stdout.read()
        with urllib.request.urlopen(f"http://{environ['ROLLBOOK_BIND']}/register/", timeout=10) as page:
            assert page.status == 200
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        children = psutil.Process(serving.pid).children(recursive=True)
        lines = [" ".join(child.cmdline()) for child in children]
        assert sum("granian" in line for line in lines) >= 1
        assert sum(line.endswith("main jobs") for line in lines) == 1
        assert sum(line.endswith("main log write") for line in lines) == 1
        # A process that dies is started again.
        victim = next(child for child in children if child.cmdline()[-1] == "jobs")
        victim.kill()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not _jobs_of(serving, but=victim.pid):
            time.sleep(0.2)
        assert _jobs_of(serving, but=victim.pid)
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(timeout=30)
        serving.stdout.close()
    assert serving.returncode == 0
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert not embedded.is_running(settings.load(environ))


def _jobs_of(serving: subprocess.Popen[str], but: int) -> list[int]:
    children = psutil.Process(serving.pid).children()
    return [child.pid for child in children if child.pid != but and child.cmdline()[-1:] == ["jobs"]]
