"""A load killed at any moment, or with a step lost, and started again ends as one that nobody disturbed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DataError, OperationalError, connection

from rollbook.dataplane.store import landing
from rollbook.dataplane.store.reading import people_in
from rollbook.dataplane.store.tables import TABLES, files_of
from rollbook.kernel.refusals import StateBroken
from rollbook.records.models.collections import Return
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import crew, identity_rows, ingest, load
from tests import census_ground as ground
from tests.kills import Killed
from tests.people import OPERATOR
from tests.reading import die_or_read

SCHOOLS = [f"20139{number}" for number in range(90, 100)]
State = dict[str, Any]
_UNDISTURBED: dict[str, State] = {}


class SameProcess(crew.Crew):
    """Reads in this process, so that a test need not start others."""

    def submit(self, work: Callable[[str], Any], path: Path) -> "Future[Any]":
        """Done at once."""
        done: Future[Any] = Future()
        done.set_result(work(str(path)))
        return done


def contents() -> Iterator[tuple[str, bytes]]:
    """Ten schools: some share a dual pupil, some have a mover, one sends twice, one is refused."""
    for number, school in enumerate(SCHOOLS):
        upns = [ground.upn(10 * number + n) for n in range(4)]
        edits: tuple[str, ...] = ()
        if number in (1, 2):
            upns[0], edits = ground.ADA, (f"P1/PupilStatus/EnrolStatus = {'MS'[number - 1]}",)
        if number == 4:
            edits = (f"+ P2/PupilIdentifiers <FormerUPN>{ground.upn(31)}</FormerUPN>",)
        if number == 5:
            edits = ("P2/PupilIdentifiers/UPN = B801200005002",)
        yield f"{number}.xml", ground.a_file(*edits, school=school, upns=upns)
        if number == 7:
            yield "7-again.xml", ground.a_file(school=school, upns=upns, serial="002")


@pytest.fixture
def folder(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, data in contents():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(load, "BATCH_RETURNS", 4)
    if not _UNDISTURBED:
        begin()
        run(tmp_path)
        _UNDISTURBED["state"] = state()
        assert _UNDISTURBED["state"]["returns"][Return.ACCEPTED] == len(SCHOOLS) - 1
        call_command("flush", interactive=False, verbosity=0)
    begin()
    return tmp_path


def begin() -> None:
    ground.empty_store()
    ground.open_spring(*SCHOOLS)


def run(folder: Path) -> dict[str, load.Outcome | None]:
    ingest.recover()
    held = Return.objects.filter(state__in=(Return.ACCEPTED, Return.SUPERSEDED)).values_list("file_sha256", flat=True)
    crew._warm(frozenset(held))
    try:
        taken = load.load(by=OPERATOR, files=load.files_of(folder), pool=SameProcess(1))
        return {path.name: outcome for path, outcome, _ in taken}
    finally:
        crew._warm(frozenset())


def state() -> State:
    """All that stands, without the numbers that may differ: a person is the pupils of files that are theirs."""
    files = {str(pk): sha for pk, sha in Return.objects.values_list("pk", "file_sha256")}
    named = {str(pk) for pk in Return.objects.exclude(state=Return.REFUSED).values_list("pk", flat=True)}
    rows: dict[str, int] = {}
    for table in TABLES:
        ids = landing._return_ids(settings.ROLLBOOK.study, table)
        assert ids <= named, "rows that nothing names"
        rows[table] = sum(1 for _ in ids)
    whose: dict[int, set[tuple[str, int]]] = {}
    with people_zone():
        for person, source, number in Sighting.objects.values_list("person_id", "source_id", "pupil_no"):
            whose.setdefault(person, set()).add((files[str(source)], number))
        identifiers = {
            (value, standing, frozenset(whose.get(person, ())))
            for value, standing, person in Identifier.objects.values_list("value", "standing", "person_id")
        }
        assert set(Person.objects.values_list("key", flat=True)) == set(whose)
    assert set(people_in(settings.ROLLBOOK.study, named)) == set(whose)
    received = list(Return.objects.exclude(state=Return.REFUSED).values_list("file_sha256", "state"))
    refused = set(Return.objects.filter(state=Return.REFUSED).values_list("file_sha256", "school_id"))
    return {
        "returns": {
            kind: sum(1 for _, one in received if one == kind) for kind in (Return.ACCEPTED, Return.SUPERSEDED)
        },
        "received": sorted(received),
        "refused": refused,
        "rows": rows,
        "people": {frozenset(pupils) for pupils in whose.values()},
        "identifiers": identifiers,
        "audited": Audit.objects.filter(deed="accept-return").count(),
        "files": sum(1 for table in TABLES for _ in files_of(settings.ROLLBOOK.study, table)) > 0,
    }


def break_once(monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str], call: int, how: str) -> list[int]:
    """Break one call of a step: lost, kept and then killed, or kept and reported as failed."""
    module, name = step
    real, calls = getattr(module, name), [0]

    def broken(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] != call:
            return real(*args, **kwargs)
        if how == "lost":
            raise Killed(name)
        real(*args, **kwargs)
        raise Killed(name) if how == "kept" else DataError("Key (value)=(A123456789012) already exists")

    monkeypatch.setattr(module, name, broken)
    return calls


STEPS = {
    "keys": (identity_rows, "give_keys"),
    "append": (landing, "append"),
    "identity": (identity_rows, "write_identity"),
    "supersede": (ingest, "_supersede"),
    "told": (ingest, "_tell_schools"),
    "commit": (ingest, "_commit"),
}


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("how", ["lost", "kept"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_lost_or_kept_and_the_next_start_ends_as_undisturbed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, how: str, call: int
) -> None:
    with monkeypatch.context() as patched:
        break_once(patched, STEPS[step], call, how)
        with pytest.raises(Killed):
            run(folder)
    connection.close()
    run(folder)
    assert state() == _UNDISTURBED["state"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_reported_as_failed_does_not_stop_a_load(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patched:
        break_once(patched, STEPS[step], 2, "reported as failed")
        outcomes = run(folder)
    assert not [one for one in outcomes.values() if isinstance(one, StateBroken)]
    assert state() == _UNDISTURBED["state"]


def test_a_return_that_brings_a_fault_is_left_out_named_and_told_and_the_others_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, culprit = identity_rows.write_identity, SCHOOLS[6]

    def faulty(batch: identity_rows.Batch) -> None:
        if any(one.row.school_id == culprit for one in batch.taken):
            raise DataError("Key (value)=(A123456789012) already exists")
        real(batch)

    with monkeypatch.context() as patched:
        patched.setattr(identity_rows, "write_identity", faulty)
        outcomes = run(folder)
    (fault,) = [one for one in outcomes.values() if isinstance(one, StateBroken)]
    assert outcomes["6.xml"] is fault
    noted = Audit.objects.get(deed="fail-return")
    assert "DataError at services/returns/load.py" not in noted.facts["fault"]
    assert noted.facts["fault"].startswith("An unforeseen fault: DataError at services/")
    assert "A123456789012" not in f"{noted.facts}{fault}"
    assert Return.objects.filter(state=Return.ACCEPTED).count() == len(SCHOOLS) - 2
    assert not Return.objects.filter(school_id=culprit).exists()
    run(folder)
    assert state() == _UNDISTURBED["state"]


def test_a_fault_in_the_reader_is_its_files_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = crew.read_and_prepare

    def faulty(data: bytes, name: str, at: Any, *, quickly: bool) -> Any:
        if name == "3.xml":
            raise KeyError("Sample")
        return real(data, name, at, quickly=quickly)

    with monkeypatch.context() as patched:
        patched.setattr(crew, "read_and_prepare", faulty)
        outcomes = run(folder)
    assert isinstance(outcomes["3.xml"], StateBroken)
    assert "Sample" not in str(outcomes["3.xml"])
    assert Audit.objects.filter(deed="fail-return").count() == 1
    assert Return.objects.filter(state=Return.ACCEPTED).count() == len(SCHOOLS) - 2


def test_a_database_that_is_gone_stops_the_load_and_the_next_start_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def close(self) -> None:
            """It is closed already."""

        def ensure_connection(self) -> None:
            raise OperationalError("gone")

    with monkeypatch.context() as patched:
        break_once(patched, STEPS["identity"], 2, "reported as failed")
        patched.setattr(load, "connection", Gone())
        with pytest.raises(DataError):
            run(folder)
    connection.close()
    run(folder)
    assert state() == _UNDISTURBED["state"]


@pytest.mark.parametrize("seed", range(2))
def test_the_command_killed_at_a_random_moment_and_started_again_ends_as_undisturbed(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    for _ in range(2):
        process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert state() == _UNDISTURBED["state"]


# The command with batches small enough that a few files make several; it says when its readers are warm.
PROGRAM = """
import sys
if __name__ == "__main__":
    from pathlib import Path
    from rollbook.services.platform.start import start_django
    start_django("operator")
    from rollbook.cli import ingest, loading
    from rollbook.services.returns import load
    load.BATCH_RETURNS = 2
    begin = loading.Progressing.begin
    def told(self):
        print("warm", flush=True)
        begin(self)
    loading.Progressing.begin = told
    ingest.app([sys.argv[1]])
"""


def test_a_reader_that_dies_takes_one_file_with_it(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "dies", "b", "c")]
    for file in files:
        file.write_text(file.name)
    with crew.crew(2) as hands:
        read = list(crew.in_order(hands, die_or_read, files, 4))
    assert [one if isinstance(one, str) else type(one) for one in read] == ["a", crew.ReaderDied, "b", "c"]


def test_a_load_shows_what_is_done_and_what_is_left(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rollbook.cli.main", "ingest", str(folder)],
        env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "11 returns, 44 pupils: 10 accepted, 1 refused, 0 left out by a fault, 0 received before" in done.stdout
