"""Published volumes: how many requests, decisions, uses and releases there were, month by month and power by power.

No number here is typed. Every one is counted twice, from the index of entries and from the files of the log that
anyone can download, and where the two differ nothing is published (CASE-06). What is shown cites the head of the log
it was counted from.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import Reason, StateBroken, UseRefused
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import LogSubmission
from rollbook.services.log import reader
from rollbook.services.log.history import published_log
from rollbook.services.log.reader import PublishedEntry
from rollbook.services.people_zone import people_zone
from rollbook.services.register.sizes import Interval, interval
from rollbook.services.register.uses import REVOKES, Seals, seals, uses_in
from rollbook.services.register.words import power_code

# What is counted, in the order of the page: type of entry and, for decisions, the result.
KINDS: Mapping[str, str] = {
    "request": "Requests made",
    "decision-approve": "Requests approved",
    "decision-refuse": "Requests refused",
    "decision-withdraw": "Requests withdrawn",
    "disclosure": "Study runs inside",
    "output": "Tables released",
    "revoked": "Tables revoked",
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


@dataclass(frozen=True, slots=True)
class Volumes:
    """All volumes with the head of the log they were counted from, and the seals as they stand today."""

    rows: tuple[Volume, ...]
    seals: Seals
    size: int
    root: str


def volumes() -> Volumes | None:
    """The volumes to publish, or None before the log begins.

    Raises:
        StateBroken: code `figures-differ`, where index, files and cases do not give the same numbers.
        VerificationFailed: the files of the log do not verify.
    """
    head = reader.head()
    if head is None:
        return None
    log = published_log()
    # The index of entries may lag behind the files for a moment: both are counted up to where both are.
    entries = reader.entries()[: log.size]
    rows, root = count(entries), b64(log.checkpoint.body.root)
    try:
        refuse_wrong(rows, _count_files(len(entries), root))
    except UseRefused as refused:
        raise StateBroken(refused.reasons) from refused
    _compare_cases(entries)
    return Volumes(rows, seals(uses_in(entries)), log.size, root)


def refuse_wrong(claimed: Iterable[Volume], counted: Iterable[Volume]) -> None:
    """Refuse to publish figures that are not those counted from the log; every difference is named.

    Raises:
        UseRefused: code `figures-differ`.
    """
    ours, theirs = _figures(claimed), _figures(counted)
    wrong = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    if wrong:
        mend = "Publish what the log says; the old figure stays where it is and is superseded."
        raise UseRefused(
            Reason("figures-differ", "This figure is not the one counted from the log", key, mend) for key in wrong
        )


def count(entries: Sequence[PublishedEntry]) -> tuple[Volume, ...]:
    """Count entries by month, kind and power, in that order."""
    powers = dict(_powers(entries))
    numbers: Counter[tuple[str, str, str]] = Counter()
    people: dict[tuple[str, str, str], Interval] = {}
    for entry in entries:
        kind = _kind(entry)
        if kind in KINDS:
            key = f"{entry.at:%Y-%m}", kind, powers[entry.index]
            numbers[key] += 1
            if "set" in entry.fields:
                people[key] = people.get(key, Interval(0, 0)) + interval(entry.fields["set"]["size_padded"])
    rows = (Volume(month, kind, KINDS[kind], power, n, people.get((month, kind, power)))
            for (month, kind, power), n in numbers.items())  # fmt: skip
    order = list(KINDS)
    return tuple(sorted(rows, key=lambda row: (row.month, order.index(row.kind), row.power)))


def _kind(entry: PublishedEntry) -> str:
    if entry.type == "decision":
        return f"decision-{entry.fields['result']}"
    return "revoked" if entry.type == "correction" and entry.fields["change"] == REVOKES else entry.type


@lru_cache(maxsize=4)
def _count_files(first: int, root: str) -> tuple[Volume, ...]:
    """The same counts from the first entries in the files, kept as long as the signed `root` stays the same."""
    raws = published_log().raws[:first]
    return count([_entry(index, raw) for index, raw in enumerate(raws)])


def _entry(index: int, raw: bytes) -> PublishedEntry:
    fields = canonical.loads(raw)
    return PublishedEntry(index, fields["id"], fields["type"], datetime.fromisoformat(fields["at"]), fields)


def _powers(entries: Sequence[PublishedEntry]) -> Iterator[tuple[int, str]]:
    """The power of each entry: its own, or that of what it points at; a dash where none is named."""
    known: dict[int, str] = {}
    for entry in entries:
        basis = entry.fields.get("basis")
        known[entry.index] = power_code(basis) if basis else known.get(entry.fields.get("of", -1), "–")
        yield entry.index, known[entry.index]


def _figures(rows: Iterable[Volume]) -> dict[str, Volume]:
    return {f"{row.month}, {row.name}, {row.power}": replace(row, name="") for row in rows}


def _compare_cases(entries: Sequence[PublishedEntry]) -> None:
    """Every case that was handed in and written stands in the log, and the log has no other sealed entry."""
    logged = {entry.id for entry in entries if entry.type == "sealed"}
    with people_zone():
        numbers = list(
            GatewayCase.objects.exclude(submission=None).order_by("id").values_list("submission_id", flat=True)
        )
    rows = LogSubmission.objects.filter(id__in=numbers, state=LogSubmission.APPENDED, index__lt=len(entries))
    if set(rows.values_list("entry_id", flat=True)) != logged:
        mend = "Find the case without an entry, or the entry without a case, before anything is published."
        raise StateBroken(Reason("figures-differ", "Gateway cases and sealed entries do not match", mend=mend))
