"""Set-bearing entries of the log in plain words, as a verdict shows them.

The words are data (`WORDS`), so that the verifier in the browser says the same ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollbook.tlog.history import History
from rollbook.tlog.labels import SMALLEST_SET, smallest_n

WORDS: Final[Mapping[str, str]] = {
    "in": "This pupil's record WAS in it.",
    "out": "This pupil's record was not in it.",
    "sealed": "Sealed: nobody is told, member or not, until it is revealed.",
    "missing": "NO ANSWER: the bundle says nothing about this use.",
    "overtaken": "NO ANSWER: the bundle says sealed, but the use has been revealed since. Download the bundle again.",
    "safe-setting": "data opened in a safe setting to {name}{purpose}; items: {items}{late}",
    "file": "a file given to {name}{purpose}; items: {items}{late}",
    "purpose": " for {purpose} (“{title}”) under {basis}",
    "late": ", logged late ({reason})",
    "lookups": "look-ups by {name} on {day}",
    "account": "an account",
    "sealed-use": "a sealed use under {basis}, to be revealed by {until}",
    "revealed": "revealed: given to {name} for {purpose}; items: {items}",
    "at-most": "{what}, at most {size} pupils{corrected}",
    "between": "{what}, between {smallest} and {size} pupils{corrected}",
    "corrected": " (corrected by entry {entries})",
}


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


def corrections(history: History) -> Mapping[int, list[int]]:
    """The corrections of each corrected entry, by index: found once, since a log can hold many of both."""
    found: dict[int, list[int]] = {}
    for entry in history.entries:
        if entry.type == "correction" and entry.body is not None:
            found.setdefault(entry.body["of"], []).append(entry.index)
    return found


def describe(
    history: History, index: int, word: str, *, missing: bool, corrected: Mapping[int, list[int]]
) -> EntryWords:
    """What the entry is and what the bundle says of it; `corrected` from `corrections`."""
    fields = history.body(index)
    answer = WORDS["overtaken" if missing and word == "sealed" else word]
    size = fields["set"]["size_padded"]
    by = corrected.get(index)
    facts = {
        "what": _what(history, index, fields),
        "corrected": WORDS["corrected"].format(entries=", ".join(map(str, by))) if by else "",
        "size": f"{size:,}",
        "smallest": f"{smallest_n(size):,}",
    }
    what = WORDS["at-most" if size == SMALLEST_SET else "between"].format(**facts)
    return EntryWords(index, str(fields["at"]), word, not missing, what, answer)


def _what(history: History, index: int, fields: Mapping[str, Any]) -> str:
    match fields["type"]:
        case "disclosure":
            late = WORDS["late"].format(reason=fields["late"]["reason"]) if "late" in fields else ""
            name, purpose = fields["recipient"]["name"], _purpose(history, fields)
            return WORDS[fields["mode"]].format(name=name, purpose=purpose, items=_list(fields), late=late)
        case "lookup-batch":
            account = _target(history, fields, "lookup-account")
            name = account["holder"]["name"] if account else WORDS["account"]
            return WORDS["lookups"].format(name=name, day=fields["day"])
        case _:
            return _sealed(history, index, fields)


def _sealed(history: History, index: int, fields: Mapping[str, Any]) -> str:
    seal = history.seals.get(index)
    until = seal.reveal_by if seal else fields["reveal_by"]
    if seal is None or seal.revealed_at is None:
        return WORDS["sealed-use"].format(basis=fields["basis"], until=until)
    shown = history.body(seal.revealed_at)["body"]
    return WORDS["revealed"].format(name=shown["recipient"]["name"], purpose=shown["purpose"], items=_list(shown))


def _purpose(history: History, fields: Mapping[str, Any]) -> str:
    decision = _target(history, fields, "decision")
    request = _target(history, decision, "request") if decision else None
    if request is None:
        return ""
    return WORDS["purpose"].format(purpose=request["purpose"], title=request["title"], basis=fields["basis"])


def _target(history: History, fields: Mapping[str, Any], type_: str) -> Mapping[str, Any] | None:
    """What `of` points at; None in a log at fault, or of the future, where that is not there or of another type."""
    index = fields.get("of", len(history.entries))
    entry = history.entries[index] if index < len(history.entries) else None
    return entry.body if entry and entry.verifiable and entry.type == type_ else None


def _list(fields: Mapping[str, Any]) -> str:
    return ", ".join(fields["items"])
