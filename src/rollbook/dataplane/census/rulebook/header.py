"""PT-001 to PT-006: the header names the right collection, day, authority and file."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from rollbook.dataplane.census.landed_forms import NotLanded
from rollbook.dataplane.census.ruling import Finding, ReturnView, Severity, rule
from rollbook.kernel.authorities import in_force
from rollbook.kernel.terms import census_day

_HEADER = NotLanded("The header is kept with the return, not among its rows.")
_EXPORT = "Choose the right collection in the school's system and export the return again."


@rule(
    "PT-001", Severity.ERROR, "Reference date is not the census date for this term",
    mend="Set the reference date to census day: the first Thursday of October, third of January or third of May.",
    source="CSCV", dfe_ref="CIN 100", fields=("ReferenceDate",),
    passes=("H/CollectionDetails/Term = SUM", "H/CollectionDetails/ReferenceDate = 2025-05-15"),
    fails=("H/CollectionDetails/ReferenceDate = 2025-01-17",),
    landed=_HEADER,
)  # fmt: skip
def reference_date(view: ReturnView) -> Iterator[Finding]:
    """The day itself decides; whether the year fits is PT-003."""
    day = view.header.reference_date
    if day is None or (view.term is not None and day != census_day(view.term, day.year)):
        yield view.header_at("reference_date")


@rule(
    "PT-002", Severity.ERROR, "Collection or term is not valid",
    mend=_EXPORT, source="LIIA", fields=("Collection", "Term"),
    passes=("H/CollectionDetails/Term = AUT",), fails=("H/CollectionDetails/Term = WIN",),
    landed=_HEADER,
)  # fmt: skip
def collection(view: ReturnView) -> Iterator[Finding]:
    """The numeric term codes of the published list are not used by any return Rollbook reads."""
    if view.header.collection != "SC":
        yield view.header_at("collection")
    if view.term is None:
        yield view.header_at("term")


@rule(
    "PT-003", Severity.ERROR, "Year does not match the term",
    mend="Set the year to the calendar year of census day.", source="LIIA", fields=("Year", "ReferenceDate"),
    passes=(), fails=("H/CollectionDetails/Year = 2024",),
    landed=_HEADER,
)  # fmt: skip
def year(view: ReturnView) -> Iterator[Finding]:
    """Compared with the reference date as sent."""
    day = view.header.reference_date
    if view.header.year is None or (day is not None and view.header.year != f"{day.year}"):
        yield view.header_at("year")


@rule(
    "PT-004", Severity.ERROR, "Local authority number is not valid on census day",
    mend="Give the number of the authority the school sits in; authorities that were merged have a new one.",
    source="LIIA, days of creation and abolition DOMAIN", fields=("LEA",),
    passes=("H/Source/LEA = 943",), fails=("H/Source/LEA = 909",),
    landed=_HEADER,
)  # fmt: skip
def authority(view: ReturnView) -> Iterator[Finding]:
    """909 was Cumbria until April 2023."""
    if view.day is not None and not in_force(view.header.lea or "", view.day):
        yield view.header_at("lea")


@rule(
    "PT-005", Severity.ERROR, "Source level must be S or L",
    mend=_EXPORT, source="LIIA", fields=("SourceLevel",),
    passes=("H/Source/SourceLevel = L",), fails=("H/Source/SourceLevel = X",),
    landed=_HEADER,
)  # fmt: skip
def source_level(view: ReturnView) -> Iterator[Finding]:
    """S for a school, L for a local authority."""
    if view.header.source_level not in ("S", "L"):
        yield view.header_at("source_level")


@rule(
    "PT-006", Severity.ERROR, "File date and time missing, unreadable or in the future",
    mend="Check the clock of the computer that makes the file and export the return again.",
    source="OWN", fields=("DateTime",),
    passes=("H/Source/DateTime = 2025-01-17T08:00:00",), fails=("H/Source/DateTime = 2999-01-01T00:00:00",),
    landed=_HEADER,
)  # fmt: skip
def file_moment(view: ReturnView) -> Iterator[Finding]:
    """The format has no zone; an hour is allowed for British summer time."""
    made = view.header.date_time
    if made is None or made.replace(tzinfo=UTC) - timedelta(hours=1) > view.context.now:
        yield view.header_at("date_time")


RULES = (reference_date, collection, year, authority, source_level, file_moment)
