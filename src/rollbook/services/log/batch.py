"""Which waiting submissions go into the log next, and as what bytes: steps 2 and 3 of writing the log.

A submission that the rules refuse is set aside with its reasons and blocks nothing. One that points at a submission
without a place yet waits: numbers are given when a deed begins and seen when it commits, so a lower one can turn up
late.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused, Reason, StateBroken
from rollbook.records.models.log import LogSubmission
from rollbook.services.log.documents import digests_of
from rollbook.services.log.state import places_of, unpublished_documents
from rollbook.tlog.audit import judge
from rollbook.tlog.checkpoint import FUTURE_SECONDS
from rollbook.tlog.entries import SET_BEARING, VERSION
from rollbook.tlog.history import History
from rollbook.tlog.reading import format_at

LARGEST: Final = 1000
GENESIS: Final = "genesis"


@dataclass(slots=True)
class Batch:
    """What one pass appends: entries in order, and the submissions that no place can be given to."""

    raws: list[bytes] = field(default_factory=list)
    placed: dict[int, int] = field(default_factory=dict)
    refused: dict[int, tuple[Reason, ...]] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)

    def documents(self) -> Mapping[str, bytes]:
        """The documents its entries are the first to name, by hex digest."""
        return unpublished_documents(self.digests)


def take(history: History, submissions: Iterable[LogSubmission], now: datetime) -> Batch:
    """Choose, complete and judge submissions; `history` is grown by those that go in.

    Raises:
        StateBroken: code `clock`, where the log's last entry is from the future of this machine's clock.
    """
    latest = format_at(int(now.timestamp()) + FUTURE_SECONDS)
    if history.last_at > latest:
        mend = "Set the clock of the machine right; entries would carry a time that verifiers refuse."
        raise StateBroken(Reason("clock", "The log's last entry is later than this machine's clock", mend=mend))
    at = max(format_at(int(now.timestamp())), history.last_at)
    batch = Batch()
    for submission in submissions:
        if len(batch.raws) == LARGEST:
            break
        if history.entries or submission.entry["type"] == GENESIS:
            _place(batch, history, submission, at, latest)
    return batch


def _place(batch: Batch, history: History, submission: LogSubmission, at: str, latest: str) -> None:
    pointers = _pointers(batch, submission)
    if pointers is None:
        return
    if None in pointers.values():
        message = "The entry points at one that was itself refused"
        batch.refused[submission.id] = (Reason("log-rule", message, where=submission.entry_id),)
        return
    body = {**submission.entry, **pointers, "v": VERSION, "at": at}
    try:
        raw = canonical.dumps(body)
    except InputRefused as refused:
        batch.refused[submission.id] = refused.reasons
        return
    judged = judge(history, raw, latest)
    reason = Reason("log-rule", str(judged.fault)) if judged.fault else _own_rule(history, body)
    if reason is not None:
        batch.refused[submission.id] = (reason,)
        return
    batch.placed[submission.id] = judged.entry.index
    batch.raws.append(raw)
    batch.digests |= digests_of(body)
    history.add(judged.entry)


def _pointers(batch: Batch, submission: LogSubmission) -> dict[str, int | None] | None:
    """The index for each pointer, None in it for a refused target; None as a whole while a target still waits."""
    if not submission.refs:
        return {}
    known: dict[int, int | None] = {**dict.fromkeys(batch.refused), **batch.placed}
    elsewhere = [target for target in submission.refs.values() if target not in known]
    known |= places_of(elsewhere) if elsewhere else {}
    if any(target not in known for target in submission.refs.values()):
        return None
    return {name: known[target] for name, target in submission.refs.items()}


def _own_rule(history: History, body: Mapping[str, Any]) -> Reason | None:
    """Rollbook has a VRF key for every month, so a set whose month has none would be proved under the wrong one."""
    if body["type"] not in SET_BEARING:
        return None
    key = history.key_of(body["set"]["epoch"])
    if key is not None and key.epoch_from == body["set"]["epoch"]:
        return None
    return Reason("month-key", "The month of the set has no VRF key of its own in the log", where=body["id"])
