"""Set-bearing entries of the log in plain words, as a verdict shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollbook.tlog.history import History
from rollbook.tlog.labels import SMALLEST_SET, smallest_n

_ANSWERS = {
    "in": "This pupil's record WAS in it.",
    "out": "This pupil's record was not in it.",
    "sealed": "Sealed: nobody is told, member or not, until it is revealed.",
    "missing": "NO ANSWER: the bundle says nothing about this use.",
}
_OVERTAKEN = "NO ANSWER: the bundle says sealed, but the use has been revealed since. Download the bundle again."


@dataclass(frozen=True, slots=True)
class EntryWords:
    """One use of the month.

    `word` is in, out, sealed or missing; `answered` is false where a valid answer is still owed.
    """

    index: int
    at: str
    word: str
    answered: bool
    what: str
    answer: str


def describe(history: History, index: int, word: str, missing: bool) -> EntryWords:
    """What the entry is and what the bundle says of it."""
    fields = history.body(index)
    answer = _OVERTAKEN if missing and word == "sealed" else _ANSWERS[word]
    what = f"{_what(history, index, fields)}, {_size(fields)}{_corrected(history, index)}"
    return EntryWords(index, str(fields["at"]), word, not missing, what, answer)


def _what(history: History, index: int, fields: Mapping[str, Any]) -> str:
    match fields["type"]:
        case "disclosure":
            opened = "data opened in a safe setting to" if fields["mode"] == "safe-setting" else "a file given to"
            late = f", logged late ({fields['late']['reason']})" if "late" in fields else ""
            return f"{opened} {fields['recipient']['name']}{_purpose(history, fields)}; items: {_list(fields)}{late}"
        case "lookup-batch":
            holder = history.body(fields["of"])["holder"]["name"] if _readable(history, fields) else "an account"
            return f"look-ups by {holder} on {fields['day']}"
        case _:
            return _sealed(history, index, fields)


def _sealed(history: History, index: int, fields: Mapping[str, Any]) -> str:
    seal = history.seals.get(index)
    until = seal.reveal_by if seal else fields["reveal_by"]
    if seal is None or seal.revealed_at is None:
        return f"a sealed use under {fields['basis']}, to be revealed by {until}"
    shown = history.body(seal.revealed_at)["body"]
    return f"revealed: given to {shown['recipient']['name']} for {shown['purpose']}; items: {_list(shown)}"


def _purpose(history: History, fields: Mapping[str, Any]) -> str:
    if "of" not in fields or not _readable(history, fields):
        return ""
    request = history.body(history.body(fields["of"])["of"])
    return f" for {request['purpose']} (“{request['title']}”) under {fields['basis']}"


def _readable(history: History, fields: Mapping[str, Any]) -> bool:
    """Whether what the entry points at, and what that points at, are known to this client."""
    target = history.entries[fields["of"]]
    return target.verifiable and target.body is not None


def _list(fields: Mapping[str, Any]) -> str:
    return ", ".join(fields["items"])


def _size(fields: Mapping[str, Any]) -> str:
    size = fields["set"]["size_padded"]
    return f"at most {size:,} pupils" if size == SMALLEST_SET else f"between {smallest_n(size):,} and {size:,} pupils"


def _corrected(history: History, index: int) -> str:
    found = [
        entry.index
        for entry in history.entries
        if entry.type == "correction" and entry.body is not None and entry.body["of"] == index
    ]
    return f" (corrected by entry {', '.join(map(str, found))})" if found else ""
