"""Entries of the log, each in one plain sentence, so that the log can be read by somebody who has never seen one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rollbook.kernel import canonical
from rollbook.kernel.encoding import unb64
from rollbook.policy.revoking import REVOKES
from rollbook.services.log import reader
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.platform.sizes import interval
from rollbook.services.platform.words import RESULTS, power_code
from rollbook.services.uses.corrections import REASONS

Fields = Mapping[str, Any]
Sentence = Callable[[Fields], str]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry. `sentence` says what it means; `target` is the index it points at, if any."""

    index: int
    at: datetime
    type: str
    id: str
    sentence: str
    target: int | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry whole: its line, and its exact bytes as text, of which the log's tree holds the hash."""

    line: EntryLine
    text: str
    later: tuple[EntryLine, ...]
    corrections: tuple["CorrectedField", ...]


@dataclass(frozen=True, slots=True)
class CorrectedField:
    """One field that a later entry corrects: what stood first, what holds instead, when and why."""

    index: int
    at: datetime
    field: str
    first: str
    now: str
    reason: str


def _people(fields: Fields) -> str:
    return f"the records of {interval(fields['set']['size_padded'])} pupils"


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


MODES: Mapping[str, str] = {"safe-setting": ", inside; no copy leaves", "file": "; a file leaves"}
SENTENCES: Mapping[str, Sentence] = {
    "genesis": lambda entry: f"The log begins, kept by {entry['operator']}.",
    "policy": lambda entry: f"The rules for trusting the log, from {_day(entry['from'])}.",
    "vrf-key": lambda entry: f"The public key with which sets are made from {entry['epoch_from']}.",
    "request": lambda entry: f"{entry['org']['name']} asks: {entry['title']}.",
    "decision": lambda entry: f"{RESULTS[entry['result']]} (decided by: {entry['by'].replace('-', ' ')}).",
    "disclosure": lambda entry: f"{entry['recipient']['name']} uses {_people(entry)}{MODES.get(entry['mode'], '')}.",
    "lookup-account": lambda entry: f"{entry['holder']['name']} may look up records from {_day(entry['opens'])}.",
    "lookup-close": lambda entry: f"An account for looking up records is closed on {_day(entry['on'])}.",
    "lookup-batch": lambda entry: f"On {_day(entry['day'])} an account looked up {_people(entry)}.",
    "sealed": lambda entry: (
        f"A case under {power_code(entry['basis'])} that may not be told yet. "
        f"It must be told by {_day(entry['reveal_by'])}."
    ),
    "seal-extend": lambda entry: f"A sealed case stays sealed until {_day(entry['reveal_by'])}.",
    "reveal": lambda entry: f"A sealed case is told: {entry['body']['recipient']['name']}.",
    "correction": lambda entry: (
        f"{'A release is revoked' if entry['change'] == REVOKES else 'A correction'}; "
        f"reason: {entry['reason'].replace('-', ' ')}."
    ),
    "output": lambda entry: f"Released: {entry['title']}.",
    "destroyed": lambda entry: f"Data destroyed on {_day(entry['on'])}.",
    "outcome": lambda entry: f"What came of a use: {entry['result'].replace('-', ' ')}.",
    "totals": lambda entry: f"Exact numbers for {_day(entry['from'])} to {_day(entry['to'])}.",
    "intake": lambda entry: (
        f"On {_day(entry['day'])}, {entry['returns']} returns of {entry['collection']}: {entry['accepted']} accepted, "
        f"{entry['refused']} refused."
    ),
    "publication": lambda entry: f"Published ({entry['kind']}): {entry['title']}.",
    "monitor-report": lambda entry: f"{entry['monitor']} reports on this log: {entry['result'].replace('-', ' ')}.",
}
_POINTERS = ("of", "amends", "supersedes")


def latest(count: int) -> tuple[EntryLine, ...]:
    """The last entries of the log, latest first."""
    return tuple(_line(entry) for entry in reversed(reader.entries()[-count:]))


def entry_page(index: int) -> EntryPage | None:
    """One entry with the later ones that point at it, or None where the log has none of this index."""
    entry = reader.entry(index)
    if entry is None:
        return None
    later = [one for one in reader.entries() if one.index > index and _target(one) == index]
    corrections = [one for one in later if one.type == "correction"]
    corrected = [_corrected(entry, one, field) for one in corrections for field in one.fields["change"]]
    text = canonical.dumps(dict(entry.fields)).decode()
    return EntryPage(_line(entry), text, tuple(map(_line, later)), tuple(corrected))


def policy_document() -> str:
    """The hex digest under which the latest policy file is served; empty before there is one."""
    policies = reader.entries("policy")
    return unb64(policies[-1].fields["policy"]).hex() if policies else ""


def _corrected(entry: PublishedEntry, correction: PublishedEntry, field: str) -> CorrectedField:
    reason = REASONS.get(correction.fields["reason"], correction.fields["reason"])
    first, now = entry.fields.get(field, ""), correction.fields["change"][field]
    return CorrectedField(correction.index, correction.at, field, _plain(first), _plain(now), reason)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else canonical.dumps({"v": value}).decode()[5:-1]


def _line(entry: PublishedEntry) -> EntryLine:
    say = SENTENCES.get(entry.type)
    sentence = say(entry.fields) if say else "This entry cannot be read by this version of Rollbook."
    return EntryLine(entry.index, entry.at, entry.type, entry.id, sentence, _target(entry))


def _target(entry: PublishedEntry) -> int | None:
    return next((entry.fields[name] for name in _POINTERS if name in entry.fields), None)
