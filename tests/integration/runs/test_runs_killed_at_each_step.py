"""A run killed at any step is completed or undone at the next start, and the log stays one that every auditor
accepts.
"""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from rollbook.records.models.studies import Output, Run
from rollbook.services.log import reader
from rollbook.services.outputs import run_outcome
from rollbook.services.studies import run_inside, runs
from rollbook.services.uses import populations
from tests import run_ground as ground
from tests.integration.log.log_story import read_as_client
from tests.kills import killed_at

BEFORE_THE_ENTRY = [
    (runs, "draw"),
    (runs, "make_set"),
    (populations, "keep"),
    (runs, "submit"),
    (runs, "audit"),
]
BETWEEN = [(runs, "published"), (populations, "read")]
WHILE_OPEN = [
    (run_inside, "extract"),
    (run_inside, "run_study"),
    (run_inside, "read_person_table"),
    (run_inside, "count"),
    (run_outcome, "_end"),
    (run_outcome, "audit"),
]


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def study(log: ground.Writer) -> int:
    return ground.study(ground.project(log))


def after_death(study: int, place: Any, step: str, *, done: bool) -> Run:
    """The run after it was killed at a step and the job process started anew."""
    number = ground.run(study)
    with killed_at(place, step, done=done):
        runs.execute(number)
    runs.recover()
    return Run.objects.get(id=number)


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done-but-unacknowledged"])
@pytest.mark.django_db
def test_a_death_before_the_data_is_open_costs_nothing(study: int, done: bool) -> None:
    for place, step in [*BEFORE_THE_ENTRY, *BETWEEN]:
        run = after_death(study, place, step, done=done)
        assert (run.state, run.outputs.count()) == (Run.DONE, 1), step
        # One entry whatever happened, and it is about the set that was really used.
        (entry,) = [one for one in reader.entries("disclosure") if one.id == f"run-{run.id}"]
        assert entry.fields["did"] == run.did, step
        assert len(populations.read(run.population_file, run.epoch)) == ground.PUPILS
    assert read_as_client().faults == ()


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done-but-unacknowledged"])
@pytest.mark.django_db
def test_a_death_while_the_data_is_open_ends_the_run_with_nothing_out(
    study: int, log: ground.Writer, done: bool
) -> None:
    for place, step in WHILE_OPEN:
        run = after_death(study, place, step, done=done)
        assert (run.state, run.outputs.count()) == (Run.FAILED, 0), step
        assert [reason["code"] for reason in run.reasons] == ["interrupted"], step
        assert list(settings.ROLLBOOK.scratch.glob("extracts/*")) == [], step
    log.write()
    read_as_client()
    assert [one.fields["result"] for one in reader.entries("outcome")] == ["interrupted"] * len(WHILE_OPEN)


@pytest.mark.django_db
def test_a_death_right_after_the_end_changes_nothing(study: int) -> None:
    run = after_death(study, run_outcome, "finish", done=True)
    assert (run.state, run.outputs.count()) == (Run.DONE, 1)


@pytest.mark.django_db
def test_files_that_no_run_names_are_cleared_away(study: int) -> None:
    number = ground.run(study)
    with killed_at(populations, "keep", done=True):
        runs.execute(number)
    assert len(list(populations.folder().iterdir())) == 1
    runs.recover()
    (left,) = populations.folder().iterdir()
    assert left.name == Run.objects.get(id=number).population_file


FOR_EVER = ground.study_by("(SELECT count(*) FROM range(1000000000000) t(n) WHERE n % 7 = 3)::VARCHAR")
CHILD = """
from rollbook.services.platform.start import start_django
start_django("owner")
from rollbook.services.studies import runs
runs.execute(int(__import__("sys").argv[1]), wait_s=30)
"""


@pytest.mark.django_db(transaction=True)
def test_a_job_process_that_is_really_killed_leaves_an_extract_and_the_next_start_removes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    number = ground.run(ground.study(ground.project(log), FOR_EVER))
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(number)], start_new_session=True)
    try:
        extracts = settings.ROLLBOOK.scratch / "extracts"
        deadline = time.monotonic() + 30
        while not list(extracts.glob("run-*/extract/pupil.parquet")):
            assert child.poll() is None
            assert time.monotonic() < deadline
            log.write()
            time.sleep(0.1)
        assert Run.objects.get(id=number).state == Run.RUNNING
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert list(extracts.glob("run-*")) != []

    # Its locks went with its connection.
    connection.close()
    runs.recover()
    run = Run.objects.get(id=number)
    assert (run.state, run.reasons[0]["code"]) == (Run.FAILED, "interrupted")
    assert list(extracts.iterdir()) == []
    assert not Output.objects.exists()
