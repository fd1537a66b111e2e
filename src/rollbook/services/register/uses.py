"""Every use of records, as the public log has it: runs of studies, and sealed cases, of which only that is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rollbook.services import clock
from rollbook.services.log import reader
from rollbook.services.log.reader import PublishedEntry
from rollbook.services.register.sizes import Interval, interval
from rollbook.services.register.words import power_code, power_law


@dataclass(frozen=True, slots=True)
class UseLine:
    """One use. `request` is empty for a sealed case; `reveal_by` and `revealed` are for sealed cases only."""

    index: int
    at: datetime
    kind: str
    organisation: str
    request: str
    power: str
    law: str
    items: tuple[str, ...]
    people: Interval
    late: bool
    reveal_by: date | None = None
    revealed: bool = False

    @property
    def sealed(self) -> bool:
        """Whether the public may not know yet who and why."""
        return self.reveal_by is not None and not self.revealed


@dataclass(frozen=True, slots=True)
class Seals:
    """How many sealed cases there are: still sealed, of which past their day; extended; revealed."""

    in_force: int
    overdue: int
    extended: int
    revealed: int


def uses() -> tuple[UseLine, ...]:
    """Every use, latest first."""
    return uses_in(reader.entries("request", "decision", "disclosure", "sealed", "seal-extend", "reveal"))


def uses_of(reference: str) -> tuple[UseLine, ...]:
    """The uses under one request, latest first."""
    return tuple(use for use in uses() if use.request == reference)


def uses_in(entries: tuple[PublishedEntry, ...]) -> tuple[UseLine, ...]:
    """The uses among these entries, latest first."""
    by_index = {entry.index: entry for entry in entries}
    dates = dict(reveal_dates(entries))
    reveals = {entry.fields["of"]: entry for entry in entries if entry.type == "reveal"}
    lines = [_disclosure(entry, by_index) for entry in entries if entry.type == "disclosure"]
    lines += [
        _sealed(entry, dates[entry.index], reveals.get(entry.index)) for entry in entries if entry.type == "sealed"
    ]
    return tuple(sorted(lines, key=lambda line: -line.index))


def reveal_dates(entries: tuple[PublishedEntry, ...]) -> Iterator[tuple[int, date]]:
    """The day of reveal in force for each sealed entry: its own, or that of its latest extension."""
    for entry in entries:
        if entry.type == "sealed":
            yield entry.index, date.fromisoformat(entry.fields["reveal_by"])
        elif entry.type == "seal-extend":
            yield entry.fields["of"], date.fromisoformat(entry.fields["reveal_by"])


def seals(lines: tuple[UseLine, ...]) -> Seals:
    """Counts of sealed cases today."""
    sealed = [line for line in lines if line.reveal_by is not None]
    today = clock.today()
    return Seals(
        in_force=sum(line.sealed for line in sealed),
        overdue=sum(line.sealed and line.reveal_by is not None and line.reveal_by < today for line in sealed),
        extended=len({entry.fields["of"] for entry in reader.entries("seal-extend")}),
        revealed=sum(line.revealed for line in sealed),
    )


def _disclosure(entry: PublishedEntry, by_index: Mapping[int, PublishedEntry]) -> UseLine:
    fields = entry.fields
    decision = by_index.get(fields.get("of", -1))
    request = by_index.get(decision.fields["of"]) if decision else None
    return UseLine(
        index=entry.index,
        at=entry.at,
        kind="study run inside" if fields["mode"] == "safe-setting" else "file handed over",
        organisation=fields["recipient"]["name"],
        request=request.id if request else "",
        power=power_code(fields["basis"]),
        law=power_law(fields["basis"]),
        items=tuple(fields["items"]),
        people=interval(fields["set"]["size_padded"]),
        late="late" in fields,
    )


def _sealed(entry: PublishedEntry, reveal_by: date, reveal: PublishedEntry | None) -> UseLine:
    body = reveal.fields["body"] if reveal else {}
    return UseLine(
        index=entry.index,
        at=entry.at,
        kind="gateway case",
        organisation=body["recipient"]["name"] if body else "",
        request="",
        power=power_code(entry.fields["basis"]),
        law=power_law(entry.fields["basis"]),
        items=tuple(body["items"]) if body else (),
        people=interval(entry.fields["set"]["size_padded"]),
        late=False,
        reveal_by=reveal_by,
        revealed=bool(body),
    )
