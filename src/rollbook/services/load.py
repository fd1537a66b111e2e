"""A national load: a folder of returns, read and judged by processes of a crew, taken in by this one in batches.

It may be stopped at any moment and started again: what was received is known by its bytes and skipped. A refused file
is judged anew, since what stood against it may have changed.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from rollbook.kernel.refusals import InputRefused
from rollbook.policy.roles import Role
from rollbook.records.models.collections import Return
from rollbook.services import ingest
from rollbook.services.actors import Actor, require_role
from rollbook.services.crew import UNDER_WAY, Unread, crew, in_order, prepare_file
from rollbook.services.ingest import Outcome
from rollbook.services.prepared import Prepared

WORKERS = 2
# A batch waits in memory and holds the lock while it is taken in.
BATCH_RETURNS, BATCH_PUPILS = 100, 10_000


def files_of(folder: Path) -> list[Path]:
    """The returns in a folder, in the order they are taken."""
    return sorted(folder.glob("*.xml"))


def readers(workers: int = WORKERS) -> AbstractContextManager[ProcessPoolExecutor]:
    """The crew for `load`, told which files were received already."""
    held = Return.objects.filter(state__in=(Return.ACCEPTED, Return.SUPERSEDED))
    return crew(workers, list(held.values_list("file_sha256", flat=True)))


def load(
    *, by: Actor, files: list[Path], pool: ProcessPoolExecutor, workers: int = WORKERS
) -> Iterator[tuple[Path, Outcome | None]]:
    """Take in files; gives what became of each as soon as that stands, in order. None: it was received before."""
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    batch: list[tuple[Path, Prepared | Unread]] = []
    pupils = 0
    for path, found in zip(files, in_order(pool, prepare_file, files, workers * UNDER_WAY), strict=True):
        batch.append((path, found))
        pupils += found.pupils if isinstance(found, Prepared) else 0
        if len(batch) >= BATCH_RETURNS or pupils >= BATCH_PUPILS:
            yield from _taken(by, batch)
            batch, pupils = [], 0
    yield from _taken(by, batch)


def _taken(by: Actor, batch: list[tuple[Path, Prepared | Unread]]) -> list[tuple[Path, Outcome | None]]:
    read = [found for _, found in batch if isinstance(found, Prepared)]
    outcomes = iter(ingest.take_in(by=by, batch=read))
    return [
        (
            path,
            next(outcomes) if isinstance(found, Prepared) else InputRefused(found.reasons) if found.reasons else None,
        )
        for path, found in batch
    ]
