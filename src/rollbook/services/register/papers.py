"""Agreements, assessments, notices and rules as the public reads them: every version, with its dates and standing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from rollbook.records.models.governance import Agreement, Assessment, Publication
from rollbook.services.platform import clock
from rollbook.services.platform.words import power_law, purpose_name
from rollbook.services.projects.papers import Clause

KINDS: Mapping[str, str] = {
    "agreement": "Agreements",
    "assessment": "Impact assessments",
    "notice": "Notices",
    "rules": "Rules",
    "review": "Reviews",
}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One version of a paper. `standing` is in force, not begun, ended, superseded or overdue for review."""

    reference: str
    kind: str
    title: str
    starts: date
    review_by: date | None
    standing: str
    index: int | None


@dataclass(frozen=True, slots=True)
class PaperPage:
    """One paper whole. What only an agreement has is empty for others; `digest` is the document's hash in the log."""

    line: PaperLine
    text: str
    digest: str
    made_at: datetime
    items: tuple[str, ...]
    purposes: tuple[str, ...]
    supersedes: str
    superseded_by: str
    organisation: str
    power: str
    law: str
    cited_law: str
    ends: date | None
    clauses: tuple[Clause, ...]


def papers(kind: str) -> tuple[PaperLine, ...]:
    """Every version of every paper of a kind, latest first."""
    rows = _rows().filter(kind=kind).order_by("-made_at", "-id")
    return tuple(_line(row) for row in rows)


def paper_page(reference: str) -> PaperPage | None:
    """One paper, or None where there is no such reference."""
    row = _rows().filter(reference=reference).first()
    return None if row is None else _page(row)


def agreements_of(number: str) -> tuple[PaperLine, ...]:
    """The agreements with the organisation of that number, latest first."""
    rows = _rows().filter(agreement__organisation__company_number=number).order_by("-made_at", "-id")
    return tuple(_line(row) for row in rows)


def assessments_covering(purpose: str, items: frozenset[str]) -> tuple[PaperLine, ...]:
    """The assessments that cover this purpose and at least one of these items, latest first."""
    found = Assessment.objects.select_related("publication__submission").order_by("-publication__made_at", "-id")
    rows = (row for row in found if purpose in row.purposes and items & set(row.items))
    return tuple(_line(row.publication) for row in rows)


def standing(row: Publication, ends: date | None) -> str:
    """How a paper stands today."""
    today = clock.today()
    if row.starts > today:
        return "not begun"
    if Publication.objects.filter(supersedes=row, starts__lte=today).exists():
        return "superseded"
    if ends is not None and ends < today:
        return "ended"
    return "overdue for review" if row.review_by is not None and row.review_by < today else "in force"


def _rows() -> QuerySet[Publication]:
    return Publication.objects.select_related("submission", "agreement__organisation", "assessment", "supersedes")


def _line(row: Publication) -> PaperLine:
    agreement = _agreement(row)
    return PaperLine(
        reference=row.reference,
        kind=row.kind,
        title=row.title,
        starts=row.starts,
        review_by=row.review_by,
        standing=standing(row, agreement.ends if agreement else None),
        index=row.submission.index,
    )


def _page(row: Publication) -> PaperPage:
    agreement = _agreement(row)
    scope = agreement or Assessment.objects.filter(publication=row).first()
    later = Publication.objects.filter(supersedes=row).first()
    return PaperPage(
        line=_line(row),
        text=row.body,
        digest=row.document,
        made_at=row.made_at,
        items=tuple(row.items),
        purposes=tuple(purpose_name(code) for code in (scope.purposes if scope else ())),
        supersedes=row.supersedes.reference if row.supersedes else "",
        superseded_by=later.reference if later else "",
        organisation=agreement.organisation.name if agreement else "",
        power=agreement.power if agreement else "",
        law=power_law(agreement.power) if agreement else "",
        cited_law=agreement.cited_law if agreement else "",
        ends=agreement.ends if agreement else None,
        clauses=tuple(Clause(**clause) for clause in agreement.clauses) if agreement else (),
    )


def _agreement(row: Publication) -> Agreement | None:
    return getattr(row, "agreement", None)
