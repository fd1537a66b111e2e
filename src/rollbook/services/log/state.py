"""The writer's rows in PostgreSQL: the one record of what may be signed, the lock, and the answers to submitters."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final, NamedTuple

import psycopg
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, root FROM records_logstate WHERE id = 1")
        row = cursor.fetchone()
    return None if row is None else State(row[0], unb64(row[1], HASH_BYTES))


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


_PLACES: Final = """
    SELECT id, index FROM records_logsubmission WHERE id = ANY(%s) AND state <> 'waiting'
"""
# A full outbox is new to the planner, which would then read all of it and sort, for every page.
_IN_INDEX_ORDER: Final = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
_WAITING: Final = """
    SELECT id, entry_id, entry::text, refs::text FROM records_logsubmission
    WHERE state = 'waiting' AND id > %s ORDER BY id LIMIT %s
"""


class Waiting(NamedTuple):
    """A submission without a place, as the outbox has it."""

    id: int
    entry_id: str
    entry: dict[str, Any]
    refs: dict[str, int]


def waiting(after: int = 0, page: int = 1000) -> Iterator[list[Waiting]]:
    """Submissions without a place and with a number above `after`, as they were handed in, a page at a time."""
    while found := _page(after, page):
        yield found
        after = found[-1].id


def _page(after: int, size: int) -> list[Waiting]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IN_INDEX_ORDER)
        cursor.execute(_WAITING, [after, size])
        rows = cursor.fetchall()
    return [Waiting(row[0], row[1], json.loads(row[2]), json.loads(row[3]) if row[3] != "{}" else {}) for row in rows]


def places_of(submissions: Collection[int]) -> dict[int, int | None]:
    """The index of each submission that has one; None for one that was refused."""
    if not submissions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [list(submissions)])
        return dict(cursor.fetchall())


def unpublished_documents(digests: set[str]) -> Mapping[str, bytes]:
    """The bytes of the named documents that are not served yet, by hex digest."""
    rows = LogDocument.objects.filter(digest__in=digests, published=False, body__isnull=False)
    return {digest: bytes(body) for digest, body in rows.values_list("digest", "body") if body is not None}


# PostgreSQL takes the entries apart itself: a row object for each would cost more than signing them.
_INDEX_ENTRIES: Final = """
    INSERT INTO records_logentry (index, type, entry_id, at, body)
    SELECT %s::bigint + place - 1, body ->> 'type', body ->> 'id', (body ->> 'at')::timestamptz, body
    FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS entries (body, place)
    ON CONFLICT DO NOTHING
"""
_TELL_SUBMITTERS: Final = """
    UPDATE records_logsubmission AS submission SET state = 'appended', index = %s::bigint + place - 1
    FROM jsonb_array_elements_text(%s::jsonb) WITH ORDINALITY AS entries (entry_id, place)
    WHERE submission.entry_id = entries.entry_id AND submission.state = 'waiting'
"""


def answer(first: int, raws: Sequence[bytes], bodies: Sequence[Mapping[str, Any]]) -> None:
    """Tell submitters the index of each published entry from `first` on, and index the entries for pages (step 10).

    The files are the record and `answered` finds what is missing, so this need not wait for the disk.
    """
    with transaction.atomic():
        connection.ensure_connection()
        # The driver's own cursor sends so long a text beside the statement, and need not quote it.
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute(_INDEX_ENTRIES, [first, f"[{b','.join(raws).decode()}]"])
            cursor.execute(_TELL_SUBMITTERS, [first, json.dumps([body["id"] for body in bodies])])
        named = {digest for body in bodies for digest in digests_of(body)}
        if named:
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
