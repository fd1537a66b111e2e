"""What the job process does. Each job calls one function of the room that owns the work and is safe to run twice.

A job that is refused has recorded why beside its run, case or bundle; only what nobody foresaw is tried again.
"""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rollbook.kernel.refusals import RollbookError
from rollbook.services.jobs import JOBS

log = logging.getLogger("rollbook.jobs")

# Where each job's work stands, by name: the rooms hand in jobs themselves, and would otherwise import in a ring.
WORK = {
    "run_study": "rollbook.services.runs:execute",
    "release_output": "rollbook.services.releases:release",
    "make_bundle": "rollbook.services.bundles:fill",
    "seal_case": "rollbook.services.gateway:seal",
    "match_case": "rollbook.services.gateway:find",
}
RETRY = RetryStrategy(max_attempts=3, exponential_wait=2)


def work_of(job: str) -> Callable[..., Any]:
    """The function that does a job."""
    module, _, name = WORK[job].partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def perform(job: str, **arguments: int) -> None:
    """Do one job now."""
    close_old_connections()
    try:
        work_of(job)(*[arguments[name] for name in JOBS[job]])
    except RollbookError as refusal:
        # Reasons carry no value of a record, so they may stand in the process's log.
        log.warning("%s refused: %s", job, refusal)


def _register(job: str) -> None:
    @app.task(name=job, queue="deeds", retry=RETRY)
    def task(**arguments: int) -> None:
        perform(job, **arguments)


for _job in JOBS:
    _register(_job)


def run_worker(*, wait: bool = True) -> None:
    """Work through the queue: for ever, or until it is empty when `wait` is False. Stops cleanly at SIGTERM."""
    # An app of the worker's own: jobs handed in by a running job still go through Django's transaction.
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    app.with_connector(connector).run_worker(
        queues=["deeds"],
        wait=wait,
        install_signal_handlers=wait,
        delete_jobs="successful",
        fetch_job_polling_interval=1.0,
    )
