"""Hands work to the job process, in the deed's own transaction: if the deed is undone, the job was never asked for.

What the jobs do stands in `rollbook.services.work.tasks`, which only the job process loads.
"""

from collections.abc import Mapping
from contextlib import suppress

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

# Every job by name, with the arguments it takes. `tasks` must register exactly these; a test compares.
JOBS: Mapping[str, tuple[str, ...]] = {
    "run_study": ("run_id",),
    "release_output": ("output_id",),
    "make_bundle": ("bundle_id",),
    "seal_case": ("case_id",),
    "open_project": ("request_id",),
    "check_upload": ("upload_id",),
    "take_upload": ("upload_id",),
    "send_notices": (),
}


def defer(job: str, **arguments: int) -> None:
    """Ask for a job once the present transaction is committed. Arguments are record numbers, never a person's data.

    Raises:
        ValueError: no job has this name or these arguments.
    """
    if job not in JOBS or set(JOBS[job]) != set(arguments):
        raise ValueError(f"no job {job} with arguments {sorted(arguments)}")
    app.configure_task(job, queue="deeds").defer(**arguments)


def defer_once(job: str) -> None:
    """Ask for a job without arguments, unless one like it waits already: it will do the work of both."""
    if JOBS.get(job) != ():
        raise ValueError(f"no job {job} without arguments")
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(job, queue="deeds", queueing_lock=job).defer()
