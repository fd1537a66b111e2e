"""Which duties the log itself shows to be overdue on a day: anyone can see them, and nobody needs to report them.

Source: the specification of the log, sections 14 and 15.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rollbook.tlog.history import History

# Outcomes of a use in which nothing was given or opened, so that there is nothing to destroy.
_NOTHING_GIVEN = frozenset({"not-released", "not-collected"})


@dataclass(frozen=True, slots=True)
class Overdue:
    """A duty about entry `index` that was due on the day `due`. `code` says which."""

    code: str
    index: int
    due: str
    message: str


@dataclass(frozen=True, slots=True)
class SealCounts:
    """How many seals stand, how many of them past their day, how many were ever extended, how many were told."""

    in_force: int
    overdue: int
    extended: int
    revealed: int


def overdue(history: History, today: str) -> tuple[Overdue, ...]:
    """Every duty overdue on `today` (`YYYY-MM-DD`), the longest overdue first."""
    found = [*_reveals(history, today), *_endings(history, today), *_reviews(history, today)]
    return tuple(sorted(found, key=lambda one: (one.due, one.index)))


def seals(history: History, today: str) -> SealCounts:
    """The counts of seals as everyone may know them."""
    standing = [seal for seal in history.seals.values() if seal.revealed_at is None]
    extended = {entry.body["of"] for entry in history.entries if entry.body and entry.type == "seal-extend"}
    return SealCounts(
        in_force=len(standing),
        overdue=sum(seal.reveal_by < today for seal in standing),
        extended=len(extended),
        revealed=len(history.seals) - len(standing),
    )


def _reveals(history: History, today: str) -> Iterator[Overdue]:
    for index, seal in history.seals.items():
        if seal.revealed_at is None and seal.reveal_by < today:
            yield Overdue("reveal-overdue", index, seal.reveal_by, "A sealed case should have been told by now")


def _endings(history: History, today: str) -> Iterator[Overdue]:
    """A use whose approval has ended needs a certificate that the data, or the extract, is no more."""
    sound = [(entry.index, entry.type, entry.body) for entry in history.entries if entry.index not in history.faulty]
    closed = {body["of"] for _, type_, body in sound if body is not None and _closes(type_, body)}
    for index, type_, body in sound:
        if body is None or type_ != "disclosure" or "of" not in body or index in closed:
            continue
        expires = str((history.entries[body["of"]].body or {}).get("expires", today))
        if expires < today:
            message = "The approval of a use has ended, and nothing says that the data is gone"
            yield Overdue("destruction-overdue", index, expires, message)


def _closes(type_: str, body: Mapping[str, object]) -> bool:
    return type_ == "destroyed" or (type_ == "outcome" and body["result"] in _NOTHING_GIVEN)


def _reviews(history: History, today: str) -> Iterator[Overdue]:
    entries = [(entry.index, entry.body) for entry in history.entries if entry.body and entry.type == "publication"]
    replaced = {body["supersedes"] for _, body in entries if "supersedes" in body and body["from"] <= today}
    for index, body in entries:
        if index not in replaced and body.get("review_by", today) < today:
            yield Overdue("review-overdue", index, body["review_by"], "A published paper should have been reviewed")
