"""`rollbook verify`, the package a stranger installs, and the page in the browser: the same answer to everything.

One table of tamperings and one list of blind changes go through all three. The package is built, put into an empty
environment beside nothing but what it declares, and run there; the page is opened from the disk, as a parent would.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from typer.testing import CliRunner

from rollbook.cli import verify as command
from rollbook.kernel.encoding import b64
from tests import tamperings
from tests.mutations import mutated
from tests.tamperings import NOT_SEEN_HERE, TAMPERINGS, THREATS, tampered
from tests.verifier_story import PUPIL, Story, story

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "var/assets/verifier.html"
THREATS_OF_THE_SPECIFICATION = {
    "insider rewrites history",
    "log restored from an old backup",
    "authority denies a disclosure",
    "authority adds a second VRF key",
    "authority hides a pupil among the dummies",
    "release outside the gate",
    "pupil left out of the set but in the file",
    "wrong, double or invented identifiers",
    "recipient claims it received less, or other data",
    "press or neighbour guesses a small set",
    "tipping off",
    "relative with the child's login",
    "bundle leaks",
    "VRF key stolen",
    "quantum computer, later",
    "witness outage",
    "host serves an old log",
    "verifier served by the authority lies",
    "flood of entries hides one",
    "proof requests overload the service",
    "unknown entry types slipped in",
}
# Runs the package's own command on each case, in one process of the empty environment.
DRIVER = """
import contextlib, io, json, sys
from rollbook_verify import command
out = []
for folder in json.load(sys.stdin):
    given = json.load(open(f"{folder}/given.json"))
    sys.argv = ["rollbook-verify", *given["argv"], "--at", str(given["now"]), "--json"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        command.main()
    out.append(json.loads(said.getvalue()))
json.dump(out, sys.stdout)
"""
IN_THE_PAGE = """async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const out = [];
  for (const one of cases) {
    const files = one.files.map(([name, data]) => ({ name, data: bytes(data) }));
    const seen = one.seen ? bytes(one.seen) : undefined;
    const started = performance.now();
    const log = Object.fromEntries(Object.entries(one.log).map(([path, data]) => [path, bytes(data)]));
    const verdict = await rollbookVerifier.verify({ ...one, read: rollbookVerifier.inMemory(log), files, seen });
    out.push({ verdict, ms: performance.now() - started });
  }
  return out;
}"""
Answers = dict[str, list[Any]]


def in_an_empty_environment(place: Path) -> Path:
    """The package, built here and put into an environment of its own; gives its interpreter."""
    wheels = place / "wheels"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels],
        cwd=ROOT / "verifier",
        check=True,
        capture_output=True,
    )
    venv.create(place / "venv", with_pip=False)
    python = place / "venv/bin/python"
    (packages,) = (place / "venv/lib").glob("python*/site-packages")
    (wheel,) = wheels.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--target", packages, wheel], check=True)
    (metadata,) = packages.glob("rollbook_verify-*.dist-info/METADATA")
    declared = {
        line.split(": ")[1].split(">")[0]
        for line in metadata.read_text().splitlines()
        if line.startswith("Requires-Dist: ")
    }
    for name in everything_below(declared):
        for file in distribution(name).files or ():
            if file.suffix != ".pyc" and ".." not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                os.symlink(file.locate(), packages / file)
    return python


def everything_below(names: set[str]) -> set[str]:
    """Distributions with all they need themselves."""
    found: set[str] = set()
    while waiting := names - found:
        name = waiting.pop()
        found.add(name)
        needs = [need for need in requires(name) or () if "extra ==" not in need and "python_version <" not in need]
        names |= {re.split("[^A-Za-z0-9._-]", need)[0] for need in needs}
    return found


def written(folder: Path, case: Story) -> None:
    """A case as files, for the two programs."""
    for path, data in case.log.items():
        (folder / "log" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "log" / path).write_bytes(data)
    for name, data in case.files.items():
        (folder / name).write_bytes(data)
    (folder / "policy").write_text(case.policy, encoding="utf-8", newline="")
    (folder / "me").write_text(case.identifier)
    for name in ("state", "state-2") if case.seen else ():
        (folder / name).write_bytes(case.seen)
    files = [str(folder / name) for name in case.files] or [str(folder / "policy")]
    argv = [*files, "--log", f"{folder}/log", "--policy", f"{folder}/policy", "--identifier-file", f"{folder}/me"]
    (folder / "given.json").write_text(json.dumps({"argv": [*argv, "--state", f"{folder}/state-2"], "now": case.now}))


def by_command(folder: Path, case: Story, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(command.time, "time", lambda: case.now)
    argv = json.loads((folder / "given.json").read_text())["argv"]
    result = CliRunner().invoke(command.app, [*argv[:-1], f"{folder}/state", "--json"])
    return json.loads(result.stdout)


def plain(verdict: Any) -> Any:
    """A verdict without what may differ: where evidence was kept, and how JSON that cannot be read was refused."""
    kept = {key: value for key, value in verdict.items() if key != "checkpoints"}
    kept["reasons"] = [reason for reason in kept["reasons"] if reason["code"] != "evidence"]
    kept["faults"] = [
        fault.split(" breaks L1")[0] if " breaks L1" in fault else fault for fault in kept.get("faults", ())
    ]
    return kept


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, Story]]:
    table = [(f"{row.threat or 'bad input'}: {row.what}", tampered(row)) for row in TAMPERINGS]
    return [*table, *mutated()]


@pytest.fixture(scope="module")
def answers(
    cases: list[tuple[str, Story]], chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Answers]:
    place = tmp_path_factory.mktemp("three")
    folders = [place / str(number) for number in range(len(cases))]
    for folder, (_, case) in zip(folders, cases, strict=True):
        written(folder, case)
    python = in_an_empty_environment(place)
    ran = subprocess.run(
        [python, "-I", "-c", DRIVER],
        input=json.dumps(list(map(str, folders))),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    own = subprocess.run(
        [python, "-m", "unittest", "discover", "-s", ROOT / "verifier/tests"],
        cwd=place,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    started = time.process_time()
    with pytest.MonkeyPatch.context() as patch:
        commanded = [by_command(folder, case, patch) for folder, (_, case) in zip(folders, cases, strict=True)]
    spent = time.process_time() - started
    page = chromium.new_page()
    page.goto(PAGE.as_uri())
    shown = page.evaluate(IN_THE_PAGE, [for_the_page(case) for _, case in cases])
    page.close()
    yield {
        "command": commanded,
        "own_tests": [own.returncode, own.stderr],
        "package": json.loads(ran.stdout),
        "page": [one["verdict"] for one in shown],
        "times": [spent / len(cases), max(one["ms"] for one in shown) / 1000],
    }
    shutil.rmtree(place)


def for_the_page(case: Story) -> dict[str, Any]:
    """A case as the page takes it. A program is never given no file at all, so neither is the page."""
    files = case.files or {"policy": case.policy.encode()}
    return {
        "policy": case.policy,
        "identifier": case.identifier,
        "now": case.now,
        "log": {path: b64(data) for path, data in case.log.items()},
        "files": [[name, b64(data)] for name, data in files.items()],
        "seen": b64(case.seen),
    }


def test_every_row_of_the_threat_table_is_tried_or_named() -> None:
    assert {row.threat for row in THREATS} | NOT_SEEN_HERE.keys() == THREATS_OF_THE_SPECIFICATION


def test_every_tampering_fails_at_its_step_for_all_three(answers: Answers) -> None:
    for name in ("command", "package", "page"):
        found = [
            (row.what, verdict["verdict"], verdict["step"])
            for row, verdict in zip(TAMPERINGS, answers[name], strict=False)
        ]
        assert found == [(row.what, row.verdict, row.step) for row in TAMPERINGS], name


def test_all_three_give_the_same_verdict_word_for_word(answers: Answers, cases: list[tuple[str, Story]]) -> None:
    for place, (name, _) in enumerate(cases):
        first, second, third = (plain(answers[who][place]) for who in ("command", "package", "page"))
        assert first == second, name
        assert first == third, name


def test_no_blind_change_verifies_with_another_answer(answers: Answers, cases: list[tuple[str, Story]]) -> None:
    told = {(line["index"], line["word"]) for report in answers["page"][0]["bundles"] for line in report["lines"]}
    assert (4, "in") in told
    for (name, _), verdict in zip(cases, answers["page"], strict=True):
        for report in verdict.get("bundles", ()):
            if verdict["verdict"] == "complete":
                assert {(line["index"], line["word"]) for line in report["lines"]} <= told, name


def test_the_packages_own_tests_pass_where_nothing_else_is_installed(answers: Answers) -> None:
    code, said = answers["own_tests"]
    assert code == 0, said
    assert "OK" in said


def test_no_input_makes_a_verifier_slow(answers: Answers) -> None:
    per_case, slowest_in_the_page = answers["times"]
    assert per_case < 0.5
    assert slowest_in_the_page < 5


def test_the_pupil_is_named_in_no_answer(answers: Answers) -> None:
    number = PUPIL.partition(":")[2]
    assert all(number not in json.dumps(answers[who]) for who in ("command", "package", "page"))
    assert story().identifier == tamperings.PUPIL


def test_the_pages_modules_hold_every_vector_with_and_without_webcrypto() -> None:
    node = Path(sys.executable).with_name("node")
    given = [
        ROOT / "tests/vectors/browser_vectors.mjs",
        PAGE.with_name("verifier-core.mjs"),
        ROOT / "tests/vectors/data",
    ]
    ran = subprocess.run([node, *given], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    held = json.loads(ran.stdout)
    assert held["log_rules"] == 2 * 49
    assert held["trie_proofs"] == 2 * 66
