"""The writer's rows in PostgreSQL: the one record of what may be signed, the lock, and the answers to submitters."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Max

from rollbook.kernel.encoding import HASH_BYTES, b64, unb64
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.records.models.log import LogDocument, LogEntry, LogState, LogSubmission
from rollbook.services.log.documents import digests_of
from rollbook.services.log.folder import State
from rollbook.tlog.tree import Frontier

NOTHING: Final = State(0, Frontier().root())
_WRITER_LOCK = 7206012


@contextmanager
def writer_lock() -> Iterator[None]:
    """Wait until this process is the only writer. PostgreSQL frees the lock when a process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (_WRITER_LOCK,))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", (_WRITER_LOCK,))


def read_state() -> State | None:
    """The recorded state, or None where no log was begun."""
    row = LogState.objects.filter(id=1).first()
    return None if row is None else State(row.size, unb64(row.root, HASH_BYTES))


def swap_state(old: State, new: State) -> None:
    """Set the state from `old` to `new`, durably, or change nothing (step 5).

    Raises:
        StateBroken: code `another-writer`, where the state is no longer `old`.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = on")
        if old == NOTHING:
            LogState.objects.get_or_create(id=1, defaults={"size": old.size, "root": b64(old.root)})
        row = LogState.objects.filter(id=1, size=old.size, root=b64(old.root))
        swapped = row.update(size=new.size, root=b64(new.root))
    if swapped != 1 or read_state() != new:
        mend = "Find the second log writer and stop it, then start this one again."
        raise StateBroken(Reason("another-writer", "The log was written by another process", mend=mend))


def waiting() -> Iterator[LogSubmission]:
    """Submissions without a place, in the order they were handed in."""
    return LogSubmission.objects.filter(state=LogSubmission.WAITING).order_by("id").iterator(chunk_size=1000)


def places_of(submissions: Sequence[int]) -> Mapping[int, int | None]:
    """The index of each submission that has one; None for one that was refused."""
    rows = LogSubmission.objects.filter(id__in=submissions).exclude(state=LogSubmission.WAITING)
    return dict(rows.values_list("id", "index"))


def unpublished_documents(digests: set[str]) -> Mapping[str, bytes]:
    """The bytes of the named documents that are not served yet, by hex digest."""
    rows = LogDocument.objects.filter(digest__in=digests, published=False, body__isnull=False)
    return {digest: bytes(body) for digest, body in rows.values_list("digest", "body") if body is not None}


def answer(first: int, raws: Sequence[bytes]) -> None:
    """Tell submitters the index of each published entry from `first` on, and index the entries for pages (step 10)."""
    bodies = [json.loads(raw) for raw in raws]
    with transaction.atomic():
        LogEntry.objects.bulk_create((_row(first + n, body) for n, body in enumerate(bodies)), ignore_conflicts=True)
        indexes = {body["id"]: first + n for n, body in enumerate(bodies)}
        rows = list(LogSubmission.objects.filter(entry_id__in=indexes, state=LogSubmission.WAITING).order_by("id"))
        for row in rows:
            row.state, row.index = LogSubmission.APPENDED, indexes[row.entry_id]
        LogSubmission.objects.bulk_update(rows, ["state", "index"], batch_size=500)
        named = {digest for body in bodies for digest in digests_of(body)}
        LogDocument.objects.filter(digest__in=named, published=False).update(published=True)


def refuse_other_contents(bodies: Iterable[Mapping[str, Any]]) -> None:
    """Refuse waiting submissions whose id stands in a restored log with other contents: they are not those entries."""
    logged = {body["id"]: body for body in bodies}
    reason = Reason("entry-id", "An entry with this id and other contents stands in the restored log")
    rows = LogSubmission.objects.filter(entry_id__in=logged, state=LogSubmission.WAITING)
    refuse({row.id: (reason,) for row in rows if not _is_of(row, logged[row.entry_id])})


def without_submission(ids: Sequence[str]) -> tuple[str, ...]:
    """Those of the entry ids that no submission of this database has, in the order given."""
    known = set(LogSubmission.objects.filter(entry_id__in=ids).values_list("entry_id", flat=True))
    return tuple(one for one in ids if one not in known)


def _is_of(row: LogSubmission, body: Mapping[str, Any]) -> bool:
    given = row.refs.keys() | {"v", "at"}
    return bool(row.entry == {name: value for name, value in body.items() if name not in given})


def answered() -> int:
    """How many entries, from the first on, have been answered and indexed.

    0 where the index has a gap and is made anew.
    """
    seen = LogEntry.objects.aggregate(count=Count("index"), last=Max("index"))
    return int(seen["count"]) if seen["last"] is None or seen["last"] + 1 == seen["count"] else 0


def refuse(refused: Mapping[int, Sequence[Reason]]) -> None:
    """Mark submissions that the rules do not allow, with the reasons; the log's health shows them."""
    with transaction.atomic():
        for number, reasons in refused.items():
            row = LogSubmission.objects.filter(id=number, state=LogSubmission.WAITING)
            row.update(state=LogSubmission.REFUSED, reasons=[asdict(reason) for reason in reasons])


def _row(index: int, body: Mapping[str, Any]) -> LogEntry:
    at = datetime.fromisoformat(body["at"])
    return LogEntry(index=index, type=body["type"], entry_id=body["id"], at=at, body=dict(body))
