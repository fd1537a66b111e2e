"""The receipt of a load: what was found beside what the source publishes. Counts and lines, never a value of a row."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from rollbook.dataplane.collections.judging import Judgement, RepeatedLine, Standing, TotalLine
from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.collections.source import SourceTable
from rollbook.dataplane.collections.translate import Issue
from rollbook.records.models.collections import Load

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LoadReceipt:
    """What became of one file. `missing` counts empty values by column; `new_pupils` got a key by this load."""

    load_id: str
    collection: str
    title: str
    file: str
    received_at: datetime
    state: str
    rows: int
    pupils: int
    new_pupils: int
    dropped: tuple[str, ...]
    missing: Mapping[str, int]
    totals: tuple[TotalLine, ...]
    repeated: tuple[RepeatedLine, ...]
    issues: tuple[Issue, ...]
    supersedes: str | None

    @property
    def accepted(self) -> bool:
        """Whether the file was taken in."""
        return self.state != Load.REFUSED

    def report(self) -> dict[str, object]:
        """What is kept of it, as plain data."""
        data = asdict(self)
        return {key: data[key] for key in ("rows", "pupils", "missing", "totals", "repeated", "issues", "dropped")}

    def text(self) -> str:
        """The receipt in plain words."""
        lines = [f"{self.title} ({self.collection}), {self.file}: {self.state}."]
        if self.accepted:
            lines.append(f"{self.rows:,} rows of {self.pupils:,} pupils, {self.new_pupils:,} of them new.")
        if self.supersedes:
            lines.append("It replaces the file loaded before.")
        if self.dropped:
            lines.append(f"Dropped, not stored: {', '.join(self.dropped)}.")
        lines += [f"No value: {column}, {count:,} rows." for column, count in self.missing.items() if count]
        lines += ["Totals, published and found:", *(_total(one) for one in self.totals)] if self.totals else []
        lines += ["Keys on several rows:", *(_repeated(one) for one in self.repeated[:_SHOWN])] if self.repeated else []
        if len(self.repeated) > _SHOWN:
            lines.append(f"- and {len(self.repeated) - _SHOWN} more")
        for title, found in (("Mend these and load again", True), ("To know", False)):
            lines += _issues(title, [one for one in self.issues if one.refuses is found])
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What the public reads of the current load of a collection: counts, never a line or a value of a row.

    `totals` are rows of words: what, published, found, how it stands. `repeated`: how many keys stand on several rows.
    """

    received_at: datetime
    rows: int
    pupils: int
    dropped: tuple[str, ...]
    totals: tuple[tuple[str, str, str, str], ...]
    repeated: int


def current_report(code: str) -> LoadReport | None:
    """The report of the accepted load of a collection; None where there is none."""
    load = Load.objects.filter(collection_id=code, state=Load.ACCEPTED).first()
    if load is None:
        return None
    found = load.report
    totals = tuple(
        (
            one["name"],
            f"{one['published']:,.10g}",
            f"{one['found']:,.10g}",
            ". ".join(filter(None, (one["standing"], one["why"]))),
        )
        for one in found["totals"]
    )
    repeated = sum(one["standing"] != Standing.GONE for one in found["repeated"])
    return LoadReport(load.received_at, found["rows"], found["pupils"], tuple(found["dropped"]), totals, repeated)


def receipt_of(
    row: Load, mapping: CollectionMapping, source: SourceTable, judged: Judgement, issues: tuple[Issue, ...],
    missing: Mapping[str, int], *, pupils: int, new: int,
) -> LoadReceipt:  # fmt: skip
    """The receipt of a load that was just judged."""
    return LoadReceipt(
        load_id=str(row.pk), collection=mapping.code, title=mapping.title, file=row.file_name,
        received_at=row.received_at, state=row.state, rows=source.rows, pupils=pupils, new_pupils=new,
        dropped=mapping.drop, missing=dict(missing), totals=judged.totals, repeated=judged.repeated, issues=issues,
        supersedes=str(row.supersedes_id) if row.supersedes_id else None,
    )  # fmt: skip


def _total(one: TotalLine) -> str:
    why = f". {one.why}" if one.standing is Standing.KNOWN else ""
    return f"- {one.name}: {one.published:,.10g}, {one.found:,.10g}: {one.standing}{why}"


def _repeated(one: RepeatedLine) -> str:
    if one.standing is Standing.GONE:
        return f"- {one.standing}"
    differ = f"the rows differ in {', '.join(one.differ)}" if one.differ else "the rows are the same"
    return f"- lines {', '.join(map(str, one.lines[:_SHOWN]))}: {differ}: {one.standing}"


def _issues(title: str, found: list[Issue]) -> list[str]:
    if not found:
        return []
    lines = [f"{title} ({len(found)}):"]
    lines += [f"- {_where(one)}: {one.message}. {one.mend} ({one.code})" for one in found[:_SHOWN]]
    return lines + ([f"- and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])


def _where(one: Issue) -> str:
    return f"line {one.line}, {one.field}" if one.line else one.field
