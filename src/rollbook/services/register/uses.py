"""Every use of records, as the public log has it: runs of studies, and sealed cases, of which only that is told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from rollbook.policy.revoking import REVOKES
from rollbook.records.models.studies import Run
from rollbook.services.log import reader
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.platform import clock
from rollbook.services.platform.sizes import Interval, interval
from rollbook.services.platform.words import power_code, power_law

_RUN = "run-"
_RUN_NAME = re.compile(r"run-[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class UseLine:
    """One use. `request` is empty for a sealed case; `reveal_by` and `revealed` are for sealed cases only.

    For a run of a study: `run` is its name in the log, `study` the digest of the version that ran, `commit` where it
    was shown to stand in one, `result` what came
    of it (empty while that is open), `started` and `ended` its times.
    """

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
    run: str = ""
    study: str = ""
    commit: str = ""
    result: str = ""
    started: datetime | None = None
    ended: datetime | None = None

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
    """Every use, latest first; runs of studies with their times and the version that ran."""
    lines = uses_in(
        reader.entries(
            "request", "decision", "disclosure", "sealed", "seal-extend", "reveal", "outcome", "output", "correction"
        )
    )
    wanted = [int(line.run.removeprefix(_RUN)) for line in lines if line.run]
    kept = {f"{_RUN}{run.id}": run for run in Run.objects.filter(id__in=wanted).select_related("study")}
    return tuple(_with_facts(line, kept[line.run]) if line.run in kept else line for line in lines)


def _with_facts(line: UseLine, run: Run) -> UseLine:
    return replace(line, study=run.study.digest, commit=run.study.commit, started=run.started_at, ended=run.ended_at)


def uses_of(reference: str) -> tuple[UseLine, ...]:
    """The uses under one request, latest first."""
    return tuple(use for use in uses() if use.request == reference)


def uses_in(entries: tuple[PublishedEntry, ...]) -> tuple[UseLine, ...]:
    """The uses among these entries, latest first."""
    by_index = {entry.index: entry for entry in entries}
    dates = dict(reveal_dates(entries))
    reveals = {entry.fields["of"]: entry for entry in entries if entry.type == "reveal"}
    results = dict(_results(entries))
    lines = [
        _disclosure(entry, by_index, results.get(entry.index, "")) for entry in entries if entry.type == "disclosure"
    ]
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


def _results(entries: tuple[PublishedEntry, ...]) -> Iterator[tuple[int, str]]:
    """What came of each use: the word of its outcome, or that a table was released, or revoked later."""
    tables: dict[int, int] = {}
    for entry in entries:
        if entry.type == "outcome":
            yield entry.fields["of"], entry.fields["result"]
        elif entry.type == "output":
            tables[entry.index] = entry.fields["of"]
            yield entry.fields["of"], "released"
        elif entry.fields.get("of") in tables and entry.fields.get("change") == REVOKES:
            yield tables[entry.fields["of"]], "revoked"


def _disclosure(entry: PublishedEntry, by_index: Mapping[int, PublishedEntry], result: str) -> UseLine:
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
        run=entry.id if _RUN_NAME.fullmatch(entry.id) else "",
        result=result,
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
