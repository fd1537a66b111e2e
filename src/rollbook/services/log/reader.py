"""Reading the published log for pages, deeds and gates.

Its head, single entries, whether it is well, and where an entry ended up.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Min

from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import Reason, StateBroken, UseRefused
from rollbook.records.models.log import LogEntry, LogSubmission
from rollbook.services.log.folder import log_folder
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.log.receipts import verify_published
from rollbook.services.log.state import NOTHING, read_state
from rollbook.services.log.trust import policy_of
from rollbook.services.platform import clock
from rollbook.tlog.checkpoint import Checkpoint, read_body, verify_checkpoint

POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Head:
    """The published state of the log.

    `warning` is the sentence that goes with every verdict; `note` the checkpoint's text.
    """

    origin: str
    size: int
    root: str
    signed_at: datetime
    warning: str
    note: str


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """A submission that the rules of the log did not allow: a fault of the deed that made it."""

    id: str
    type: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the log keeps up: how many entries wait, since when the oldest, and which were refused."""

    waiting: int
    oldest: datetime | None
    refused: tuple[RefusedEntry, ...]


def require_own_database() -> None:
    """Refuse when the database is older than the log that is served; before anything is removed that it does not name.

    A database put back from an old copy, or one of another installation, does not name what came after it. What a
    start would then wipe as left over are returns and populations that the log has committed to.

    Raises:
        StateBroken: code `log-restored`.
    """
    note = log_folder(settings.ROLLBOOK).checkpoint()
    if note is None:
        return
    served, recorded = read_body(note), read_state() or NOTHING
    if (served.size, served.root) != (recorded.size, recorded.root) and served.size >= recorded.size:
        message = "The served log is larger than the record of what was signed"
        mend = "Put back the database that belongs to this data folder; nothing is removed until then."
        raise StateBroken(Reason("log-restored", message, mend=mend))


def head() -> Head | None:
    """The published checkpoint, verified under this installation's own policy; None before the first.

    Raises:
        VerificationFailed: what is served is not a checkpoint of this log.
    """
    checkpoint = _checkpoint()
    if checkpoint is None:
        return None
    body, signed_at = checkpoint.body, datetime.fromtimestamp(checkpoint.time, clock.now().tzinfo)
    return Head(body.origin, body.size, b64(body.root), signed_at, checkpoint.warning, checkpoint.note.decode())


def entry(index: int) -> PublishedEntry | None:
    """One published entry, or None where the log has none at this index."""
    row = LogEntry.objects.filter(index=index).first()
    return None if row is None else _shown(row)


def entries(*types: str) -> tuple[PublishedEntry, ...]:
    """All published entries in order, or those of the given types."""
    rows = LogEntry.objects.filter(type__in=types) if types else LogEntry.objects.all()
    return tuple(_shown(row) for row in rows.order_by("index"))


def index_of(submission_id: int) -> int | None:
    """The index of a submission's entry once it is public, or None while it waits, be it for witnesses.

    Raises:
        UseRefused: code `log-refused`, with the reasons, where the log's rules do not allow the entry.
    """
    row = LogSubmission.objects.get(id=submission_id)
    if row.state in LogSubmission.WITHOUT_PLACE:
        raise UseRefused([Reason(**reason) for reason in row.reasons])
    return row.index if row.index is not None and row.index < _witnessed_size() else None


def wait_for(submission_id: int, timeout_s: float = 30) -> int:
    """Wait until an entry is public, check it as anyone would from the served files, and give its index.

    Call it outside the transaction that submitted, which the writer cannot see before it commits.

    Raises:
        UseRefused: the log's rules do not allow the entry.
        StateBroken: code `log-wait`, where it is not public in time. Nothing may leave then.
        VerificationFailed: the served files do not prove the entry.
    """
    until = time.monotonic() + timeout_s
    while (index := index_of(submission_id)) is None:
        if time.monotonic() > until:
            mend = "Start the log writer (`rollbook log write`); nothing leaves before the entry is public."
            raise StateBroken(Reason("log-wait", "The entry did not become public in time", mend=mend))
        time.sleep(POLL_SECONDS)
    verify_published(index)
    return index


def health() -> Health:
    """What an operator, and the public page of duties, must see about the log."""
    waiting = LogSubmission.objects.filter(state=LogSubmission.WAITING)
    refused = LogSubmission.objects.filter(state=LogSubmission.REFUSED).order_by("id")
    return Health(
        waiting=waiting.count(),
        oldest=waiting.aggregate(oldest=Min("made_at"))["oldest"],
        refused=tuple(
            RefusedEntry(row.entry_id, row.entry["type"], tuple(reason["message"] for reason in row.reasons))
            for row in refused
        ),
    )


def _witnessed_size() -> int:
    """How many entries the served checkpoint covers; entries may be shown that too few witnesses have seen yet."""
    note = log_folder(settings.ROLLBOOK).checkpoint()
    return 0 if note is None else read_body(note).size


def _checkpoint() -> Checkpoint | None:
    config = settings.ROLLBOOK
    note = log_folder(config).checkpoint()
    if note is None:
        return None
    return verify_checkpoint(note, policy_of(config), int(clock.now().timestamp()), fresh=False)


def _shown(row: LogEntry) -> PublishedEntry:
    return PublishedEntry(row.index, row.entry_id, row.type, row.at, row.body)
