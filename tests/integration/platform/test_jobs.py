"""Jobs stand or fall with the deed that hands them in, and the job process does them as its own role."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app

from rollbook.kernel.refusals import InputRefused, Reason, StateBroken
from rollbook.services.platform import jobs
from rollbook.services.work import tasks


def waiting() -> list[tuple[str, dict[str, int]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_job_is_there_once_the_deed_is_done() -> None:
    with transaction.atomic():
        jobs.defer("run_study", run_id=7)
    assert waiting() == [("run_study", {"run_id": 7})]


@pytest.mark.django_db(transaction=True)
def test_a_deed_undone_leaves_no_job() -> None:
    class UndoneError(Exception):
        pass

    def deed() -> None:
        with transaction.atomic():
            jobs.defer("run_study", run_id=7)
            raise UndoneError

    with pytest.raises(UndoneError):
        deed()
    assert waiting() == []


@pytest.mark.parametrize(
    ("job", "arguments"), [("no_such", {}), ("run_study", {}), ("run_study", {"run_id": 1, "person": 2})]
)
def test_a_job_nobody_does_is_refused_when_it_is_handed_in(job: str, arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no job"):
        jobs.defer(job, **arguments)


def test_every_job_has_its_work_and_every_work_its_job() -> None:
    assert set(jobs.JOBS) == set(tasks.WORK)
    assert set(jobs.JOBS) <= set(app.tasks)


@pytest.mark.parametrize("job", list(tasks.WORK))
def test_every_work_exists_and_takes_the_arguments(job: str) -> None:
    import inspect

    signature = inspect.signature(tasks.work_of(job))
    signature.bind(*[1 for _ in jobs.JOBS[job]])


def run_worker() -> None:
    """What waits is done, in a thread of its own: a browser of other tests may run an event loop in this one."""

    def work() -> None:
        tasks.run_worker(wait=False)
        connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_what_waits_and_a_refusal_ends_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def work(run_id: int) -> None:
        done.append(run_id)
        raise InputRefused(Reason("refused", "Not this one"))

    monkeypatch.setattr(tasks, "work_of", lambda job: work)
    monkeypatch.setattr(tasks, "finish_what_was_left", lambda: None)
    jobs.defer("run_study", run_id=7)
    run_worker()
    assert done == [7]
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_a_broken_state_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(run_id: int) -> None:
        raise StateBroken(Reason("broken", "Not now"))

    monkeypatch.setattr(tasks, "work_of", lambda job: work)
    monkeypatch.setattr(tasks, "finish_what_was_left", lambda: None)
    jobs.defer("run_study", run_id=7)
    run_worker()
    assert waiting() == [("run_study", {"run_id": 7})]
