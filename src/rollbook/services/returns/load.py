"""A national load: a folder of returns, read and judged by processes of a crew, taken in by this one in batches.

It may be stopped at any moment and started again: what was received is known by its bytes and skipped. A refused file
is judged anew, since what stood against it may have changed.

A fault that nobody foresaw does not stop a load. Its batch is taken again return by return; the one that brings the
fault is left out, noted in the audit by the fault's kind and place, and told at the end. Only a fault of the ground the
load stands on (the database is gone, the disk is full) ends it: every return would meet that one.
"""

import errno
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection, transaction

from rollbook.kernel.refusals import RollbookError
from rollbook.policy.roles import Role
from rollbook.records.models.collections import Return
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.faults import unforeseen
from rollbook.services.returns import ingest
from rollbook.services.returns.crew import UNDER_WAY, Crew, ReaderDied, Unread, crew, in_order, prepare_file
from rollbook.services.returns.prepared import Prepared
from rollbook.services.returns.receipts import Receipt

WORKERS = 2
# A batch waits in memory and holds the lock while it is taken in; while one is taken in, the next is read.
BATCH_RETURNS, BATCH_PUPILS = 100, 10_000
# A large load goes on in larger batches, which cost less for each pupil; a small one must not end in a single one.
MOST_PUPILS = 30_000
MANY_FILES = 40  # of so many, reading them as one file is read would take longer than loading compiled code
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
Outcome = Receipt | RollbookError


def files_of(folder: Path) -> list[Path]:
    """The returns in a folder, in the order they are taken."""
    return sorted(folder.glob("*.xml"))


def readers(workers: int = WORKERS, files: int = 0) -> AbstractContextManager[Crew]:
    """The crew for `load` of so many files, told which were received already."""
    held = Return.objects.filter(state__in=(Return.ACCEPTED, Return.SUPERSEDED))
    return crew(workers, list(held.values_list("file_sha256", flat=True)), quickly=files >= MANY_FILES)


def load(
    *, by: Actor, files: list[Path], pool: Crew, workers: int = WORKERS
) -> Iterator[tuple[Path, Outcome | None, int]]:
    """Take in files; gives what became of each as soon as that stands, in order, and how many pupils it holds.

    No outcome: it was received before.
    """
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    batch: list[tuple[Path, Prepared | Unread]] = []
    pupils = taken = 0
    for path, found in zip(files, in_order(pool, prepare_file, files, workers * UNDER_WAY), strict=True):
        one = _unread(found, path) if isinstance(found, ReaderDied) else found
        batch.append((path, one))
        pupils += _pupils(one)
        if len(batch) >= BATCH_RETURNS or pupils >= max(BATCH_PUPILS, min(MOST_PUPILS, taken // 2)):
            yield from _taken(by, batch)
            batch, pupils, taken = [], 0, taken + pupils
    yield from _taken(by, batch)


def _unread(died: ReaderDied, path: Path) -> Unread:
    return Unread(unforeseen(died, path.name).reasons, fault=True)


def _pupils(found: Prepared | Unread) -> int:
    return found.pupils if isinstance(found, Prepared) else 0


def _taken(by: Actor, batch: Sequence[tuple[Path, Prepared | Unread]]) -> list[tuple[Path, Outcome | None, int]]:
    outcomes = iter(_take_in(by, [found for _, found in batch if isinstance(found, Prepared)]))
    taken: list[tuple[Path, Outcome | None, int]] = []
    for path, found in batch:
        outcome: Outcome | None = next(outcomes) if isinstance(found, Prepared) else found.refusal
        if isinstance(found, Unread) and found.fault and isinstance(outcome, RollbookError):
            _note(by, "unread", outcome)
        taken.append((path, outcome, _pupils(found)))
    return taken


def _take_in(by: Actor, batch: Sequence[Prepared]) -> Sequence[Outcome]:
    since = clock.now()
    try:
        return ingest.take_in(by=by, batch=batch)
    except Exception as fault:
        _mend_ground(fault)
    told: set[str] = set()
    return [_alone(by, one, since, told) for one in batch]


def _alone(by: Actor, one: Prepared, since: datetime, told: set[str]) -> Outcome:
    """Take in one return of a batch that failed; it may stand already, for a commit can be done and reported failed."""
    try:
        standing = ingest.receipt_since(one.sha256, since)
        if standing is not None and standing.return_id not in told:
            told.add(standing.return_id)
            return standing
        return ingest.take_in(by=by, batch=[one])[0]
    except Exception as fault:
        _mend_ground(fault)
        refusal = fault if isinstance(fault, RollbookError) else unforeseen(fault, one.name)
        _note(by, one.sha256, refusal)
        return refusal


def _mend_ground(fault: Exception) -> None:
    """Make the connection usable again; raises when the fault is one of the ground itself."""
    if isinstance(fault, OSError) and fault.errno in _FULL:
        raise fault
    try:
        connection.close()
        connection.ensure_connection()
    except (OperationalError, InterfaceError):
        raise fault from None


def _note(by: Actor, target: str, refusal: RollbookError) -> None:
    with transaction.atomic():
        audit(by, "fail-return", target, fault=refusal.reasons[0].message)
