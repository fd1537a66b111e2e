"""Which waiting submissions go into the log next, and as what bytes: steps 2 and 3 of writing the log.

A submission that the rules refuse is set aside with its reasons and blocks nothing. One that points at a submission
without a place yet waits: numbers are given when a deed begins and seen when it commits, so a lower one can turn up
late.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused, Reason, StateBroken
from rollbook.services.log.documents import digests_of
from rollbook.services.log.state import Waiting, places_of, unpublished_documents
from rollbook.tlog.audit import judge, judge_body
from rollbook.tlog.checkpoint import FUTURE_SECONDS
from rollbook.tlog.entries import LONGEST_ENTRY, SET_BEARING, VERSION
from rollbook.tlog.history import History
from rollbook.tlog.reading import format_at

LARGEST: Final = 1000
GENESIS: Final = "genesis"


@dataclass(slots=True)
class Batch:
    """What one pass appends: entries in order, and the submissions that no place can be given to.

    `places` has the index of every submission placed here and None for every one refused here; `known` those of
    earlier submissions that are pointed at; `last` is the number of the last submission looked at.
    """

    raws: list[bytes] = field(default_factory=list)
    places: dict[int, int | None] = field(default_factory=dict)
    known: dict[int, int | None] = field(default_factory=dict)
    refused: dict[int, tuple[Reason, ...]] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    last: int = 0

    def refuse(self, submission: int, reason: Reason) -> None:
        """Set a submission aside."""
        self.refused[submission] = (reason,)
        self.places[submission] = None

    def documents(self) -> Mapping[str, bytes]:
        """The documents its entries are the first to name, by hex digest."""
        return unpublished_documents(self.digests)


def take(
    history: History, pages: Iterable[Sequence[Waiting]], now: datetime, places: Mapping[int, int | None]
) -> Batch:
    """Choose, complete and judge submissions; `history` is grown by those that go in.

    `places` are places that the database does not know yet.

    Raises:
        StateBroken: code `clock`, where the log's last entry is from the future of this machine's clock.
    """
    latest = format_at(int(now.timestamp()) + FUTURE_SECONDS)
    if history.last_at > latest:
        mend = "Set the clock of the machine right; entries would carry a time that verifiers refuse."
        raise StateBroken(Reason("clock", "The log's last entry is later than this machine's clock", mend=mend))
    at = max(format_at(int(now.timestamp())), history.last_at)
    batch = Batch(known=dict(places))
    for page in pages:
        targets = {target for submission in page for target in submission.refs.values()}
        batch.known |= places_of(targets - {submission.id for submission in page} - batch.known.keys())
        for submission in page:
            if history.entries or submission.entry["type"] == GENESIS:
                _place(batch, history, submission, at, latest)
            batch.last = submission.id
            if len(batch.raws) == LARGEST:
                return batch
    return batch


def _place(batch: Batch, history: History, submission: Waiting, at: str, latest: str) -> None:
    pointers = _pointers(batch, submission)
    if pointers is None:
        return
    if None in pointers.values():
        message = "The entry points at one that was itself refused"
        batch.refuse(submission.id, Reason("log-rule", message, where=submission.entry_id))
        return
    body = {**submission.entry, **pointers, "v": VERSION, "at": at}
    try:
        raw = canonical.write(body)
    except InputRefused as refused:
        batch.refuse(submission.id, refused.reasons[0])
        return
    judged = judge_body(history, body, latest)
    if len(raw) > LONGEST_ENTRY:
        judged = judge(history, raw, latest)
    reason = Reason("log-rule", str(judged.fault)) if judged.fault else _own_rule(history, body)
    if reason is not None:
        batch.refuse(submission.id, reason)
        return
    batch.places[submission.id] = judged.entry.index
    batch.raws.append(raw)
    batch.digests |= digests_of(body)
    history.add(judged.entry)


def _pointers(batch: Batch, submission: Waiting) -> dict[str, int | None] | None:
    """The index for each pointer, None in it for a refused target; None as a whole while a target still waits."""
    if not submission.refs:
        return {}
    pointers = {}
    for name, target in submission.refs.items():
        found = batch.places if target in batch.places else batch.known
        if target not in found:
            return None
        pointers[name] = found[target]
    return pointers


def _own_rule(history: History, body: Mapping[str, Any]) -> Reason | None:
    """Rollbook has a VRF key for every month, so a set whose month has none would be proved under the wrong one."""
    if body["type"] not in SET_BEARING:
        return None
    key = history.key_of(body["set"]["epoch"])
    if key is not None and key.epoch_from == body["set"]["epoch"]:
        return None
    return Reason("month-key", "The month of the set has no VRF key of its own in the log", where=body["id"])
