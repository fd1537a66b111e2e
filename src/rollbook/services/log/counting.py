"""Counting the log: how many requests, decisions, uses and releases, month by month and power by power.

Pure: entries in, numbers out. The authority counts so before it publishes, and a monitor counts again what it was
published. Needs no Django.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rollbook.policy.exceptions import RULE_SET, log_code
from rollbook.policy.revoking import REVOKES
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.platform.sizes import Interval, interval
from rollbook.services.platform.words import power_code

# What is counted, in the order of the page: type of entry and, for decisions, the result.
KINDS: Mapping[str, str] = {
    "request": "Requests made",
    "decision-approve": "Requests approved",
    "decision-refuse": "Requests refused",
    "decision-withdraw": "Requests withdrawn",
    "disclosure": "Study runs inside",
    "output": "Tables released",
    "revoked": "Tables revoked",
    "file": "Files released by exception",
    "file-revoked": "Files by exception, revoked",
    "sealed": "Gateway cases, sealed",
    "reveal": "Gateway cases told",
}


@dataclass(frozen=True, slots=True)
class Volume:
    """How many of one kind in one month under one power; `people` adds up the intervals of their sets."""

    month: str
    kind: str
    name: str
    power: str
    count: int
    people: Interval | None


def count(entries: Sequence[PublishedEntry]) -> tuple[Volume, ...]:
    """Count entries by month, kind and power, in that order."""
    powers = dict(_powers(entries))
    files = {entry.index for entry in entries if _is_file(entry)}
    numbers: Counter[tuple[str, str, str]] = Counter()
    people: dict[tuple[str, str, str], Interval] = {}
    for entry in entries:
        kind = _kind(entry, files)
        if kind in KINDS:
            key = f"{entry.at:%Y-%m}", kind, powers[entry.index]
            numbers[key] += 1
            if "set" in entry.fields:
                people[key] = people.get(key, Interval(0, 0)) + interval(entry.fields["set"]["size_padded"])
    rows = (Volume(month, kind, KINDS[kind], power, n, people.get((month, kind, power)))
            for (month, kind, power), n in numbers.items())  # fmt: skip
    order = list(KINDS)
    return tuple(sorted(rows, key=lambda row: (row.month, order.index(row.kind), row.power)))


def _kind(entry: PublishedEntry, files: Container[int]) -> str:
    if entry.type == "decision":
        return f"decision-{entry.fields['result']}"
    if entry.type == "correction" and entry.fields["change"] == REVOKES:
        return "file-revoked" if entry.fields.get("of") in files else "revoked"
    return "file" if entry.index in files else entry.type


def _is_file(entry: PublishedEntry) -> bool:
    return entry.type == "output" and entry.fields.get("rules") == log_code(RULE_SET)


def differences(claimed: Iterable[Volume], counted: Iterable[Volume]) -> list[str]:
    """The figures that are claimed otherwise than counted, or not at all; each as month, kind and power."""
    ours, theirs = _figures(claimed), _figures(counted)
    return sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))


def _powers(entries: Sequence[PublishedEntry]) -> Iterator[tuple[int, str]]:
    """The power of each entry: its own, or that of what it points at; a dash where none is named."""
    known: dict[int, str] = {}
    for entry in entries:
        basis = entry.fields.get("basis")
        known[entry.index] = power_code(basis) if basis else known.get(entry.fields.get("of", -1), "–")
        yield entry.index, known[entry.index]


def _figures(rows: Iterable[Volume]) -> dict[str, Volume]:
    return {f"{row.month}, {row.name}, {row.power}": replace(row, name="") for row in rows}
