"""Collections as the public reads them: what is asked for, by which notice and assessment, and who has been told."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from rollbook.records.models.collections import Collection, Load, Return
from rollbook.services.catalogue.mapped_items import mapping_of
from rollbook.services.collections.collections import told_counts
from rollbook.services.collections.load_receipts import LoadReport, current_report


@dataclass(frozen=True, slots=True)
class CollectionLine:
    """One collection with its counts of returns; `told` and `not_told` count people on its current files.

    `unnamed`: how many records its current load has, where it means its pupils by numbers that lead to nobody; those
    people can neither be told nor look themselves up. `report` is that of the current load, None for a census.
    """

    code: str
    name: str
    reference_date: date
    notice: str
    assessment: str
    items: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    accepted: int
    superseded: int
    refused: int
    told: int
    not_told: int
    unnamed: int | None
    report: LoadReport | None


def collections() -> tuple[CollectionLine, ...]:
    """Every collection, latest first."""
    rows = Collection.objects.select_related("notice", "assessment__publication").order_by("-reference_date", "code")
    return tuple(_line(row) for row in rows)


def collection(code: str) -> CollectionLine | None:
    """One collection, or None where there is no such code."""
    row = Collection.objects.select_related("notice", "assessment__publication").filter(code=code).first()
    return None if row is None else _line(row)


def _line(row: Collection) -> CollectionLine:
    counts = Counter(Return.objects.filter(collection=row).order_by().values_list("state", flat=True))
    counts.update(Load.objects.filter(collection=row).order_by().values_list("state", flat=True))
    told, report = told_counts(row.code), current_report(row.code)
    return CollectionLine(
        code=row.code,
        name=row.name,
        reference_date=row.reference_date,
        notice=row.notice.reference,
        assessment=row.assessment.publication.reference,
        items=tuple(row.items),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        accepted=counts[Return.ACCEPTED],
        superseded=counts[Return.SUPERSEDED],
        refused=counts[Return.REFUSED],
        told=told.told,
        not_told=told.not_told,
        unnamed=_unnamed(row.code, report),
        report=report,
    )


def _unnamed(code: str, report: LoadReport | None) -> int | None:
    mapping = mapping_of(code)
    if mapping is None or mapping.named_pupils:
        return None
    return 0 if report is None else report.pupils
