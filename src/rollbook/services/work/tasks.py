"""What the job process does. Each job calls one function of the room that owns the work and is safe to run twice.

A job that is refused has recorded why beside its run, case or bundle. What nobody foresaw is tried again, and so is
what waits for the log: nothing is opened and nothing leaves before its entry is public.
"""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.db import close_old_connections
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rollbook.kernel.refusals import RollbookError, StateBroken
from rollbook.services.platform.jobs import JOBS
from rollbook.services.work import upkeep

log = logging.getLogger("rollbook.jobs")

# Where each job's work stands, by name: the rooms hand in jobs themselves, and would otherwise import in a ring.
WORK = {
    "run_study": "rollbook.services.studies.runs:execute",
    "release_output": "rollbook.services.outputs.releases:release",
    "make_bundle": "rollbook.services.portal.bundles:fill",
    "seal_case": "rollbook.services.gateway.gateway:seal",
    "open_project": "rollbook.services.projects.projects:open_approved",
    "check_upload": "rollbook.services.returns.upload_check:check_upload",
    "take_upload": "rollbook.services.returns.upload_take:take_upload",
    "send_notices": "rollbook.services.accounts.post:send_waiting",
}
# What completes or undoes the work of a process that died; each is safe at any time.
RECOVERY = (
    "rollbook.services.studies.runs:recover",
    "rollbook.services.outputs.releases:recover",
    "rollbook.services.gateway.gateway:recover",
    "rollbook.services.returns.upload_take:recover",
)
RETRY = RetryStrategy(max_attempts=20, linear_wait=5)
_SECONDS_FOR_THE_LOG = 10.0


def work_of(job: str) -> Callable[..., Any]:
    """The function that does a job."""
    return _named(WORK[job])


def _named(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def perform(job: str, **arguments: int) -> None:
    """Do one job now."""
    close_old_connections()
    try:
        work_of(job)(*[arguments[name] for name in JOBS[job]])
    except StateBroken:
        raise
    except RollbookError as refusal:
        # Reasons carry no value of a record, so they may stand in the process's log.
        log.warning("%s refused: %s", job, refusal)


def finish_what_was_left() -> None:
    """At the start of the job process: bring to an end what a dead one left. What still waits for the log waits on."""
    _named("rollbook.services.returns.ingest:recover")()
    for place in RECOVERY:
        try:
            _named(place)(wait_s=_SECONDS_FOR_THE_LOG)
        except RollbookError as refusal:
            log.warning("%s: %s", place, refusal)


def _register(job: str) -> None:
    @app.task(name=job, queue="deeds", retry=RETRY)
    def task(**arguments: int) -> None:
        perform(job, **arguments)


for _job in JOBS:
    _register(_job)


def run_worker(*, wait: bool = True) -> None:
    """Work through the queue: for ever, or until it is empty when `wait` is False. Stops cleanly at SIGTERM."""
    finish_what_was_left()
    # An app of the worker's own: jobs handed in by a running job still go through Django's transaction.
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    stop = upkeep.start() if wait else None
    try:
        app.with_connector(connector).run_worker(
            queues=["deeds"],
            wait=wait,
            install_signal_handlers=wait,
            delete_jobs="successful",
            fetch_job_polling_interval=1.0,
        )
    finally:
        if stop is not None:
            stop.set()
