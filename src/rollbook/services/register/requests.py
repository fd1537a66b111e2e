"""Requests as the public reads them: all, in every state, for ever. Accounts and addresses are not here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Prefetch, QuerySet

from rollbook.kernel.refusals import Reason
from rollbook.policy.classes import read_class
from rollbook.policy.register_fields import NOT_STATED, REGISTER_FIELDS
from rollbook.policy.states import RequestState
from rollbook.records.models.accounts import Accreditation, Training
from rollbook.records.models.governance import Decision, Request
from rollbook.records.models.studies import Project
from rollbook.services.catalogue.items import item_facts
from rollbook.services.catalogue.mapped_items import item_name
from rollbook.services.outputs.releases import ReleasedTable, released_tables
from rollbook.services.platform import clock
from rollbook.services.platform.words import class_words, power_law, purpose_name
from rollbook.services.projects.gating import gate_for_request, team_of
from rollbook.services.projects.samples import words
from rollbook.services.register.papers import PaperLine, agreements_of, assessments_covering
from rollbook.services.register.uses import UseLine, uses_of


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request in a list. `overdue`: its approval has expired and its project is not closed. `index`: in the log."""

    reference: str
    organisation: str
    number: str
    sector: str
    title: str
    kind: str
    purpose: str
    purpose_name: str
    power: str
    law: str
    state: str
    overdue: bool
    made_at: datetime
    decided_at: datetime | None
    expires: date | None
    index: int | None


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision with its reasons, and the request it is about. `role` is who decided; never a name."""

    request: str
    result: str
    role: str
    reasons: str
    expires: date | None
    made_at: datetime
    index: int | None


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One of the 29 fields of the register."""

    number: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item asked for, with its class."""

    code: str
    name: str
    risk: str


@dataclass(frozen=True, slots=True)
class AccreditationLine:
    """From when until when somebody of the team may work with de-identified data. The person is not named."""

    scheme: str
    kind: str
    starts: date
    expires: date


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """A course somebody of the team passed, and until when that counts. The person is not named."""

    course: str
    passed_on: date
    expires: date


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Everything about one request. `lacking` is what the gate would refuse today, with how to mend it."""

    line: RequestLine
    lay_summary: str
    public_benefit: str
    items: tuple[ItemLine, ...]
    collections: tuple[str, ...]
    sample: str
    sample_why: str
    fields: tuple[FieldLine, ...]
    decisions: tuple[DecisionLine, ...]
    agreements: tuple[PaperLine, ...]
    assessments: tuple[PaperLine, ...]
    accreditations: tuple[AccreditationLine, ...]
    trainings: tuple[TrainingLine, ...]
    uses: tuple[UseLine, ...]
    releases: tuple[ReleasedTable, ...]
    lacking: tuple[Reason, ...]
    amends: str
    project: str


def requests(state: str = "", words: str = "") -> tuple[RequestLine, ...]:
    """Requests, latest first: all, or those in one state, or whose title or organisation has these words."""
    rows = _rows().order_by("-made_at", "-id")
    if state in frozenset(RequestState):
        rows = rows.filter(state=state)
    lines = tuple(_line(row) for row in rows)
    wanted = words.casefold().split()
    return tuple(
        line for line in lines if all(word in f"{line.title} {line.organisation}".casefold() for word in wanted)
    )


def decisions() -> tuple[DecisionLine, ...]:
    """Every decision on every request, latest first."""
    rows = Decision.objects.select_related("request", "submission").order_by("-made_at", "-id")
    return tuple(_decision(row) for row in rows)


def states() -> tuple[str, ...]:
    """The states a list can be narrowed to."""
    return tuple(RequestState)


def requests_of(account_id: int) -> tuple[RequestLine, ...]:
    """The requests one account made, latest first: for that account's own page."""
    return tuple(_line(row) for row in _rows().filter(requester_id=account_id).order_by("-made_at", "-id"))


def request_page(reference: str) -> RequestPage | None:
    """One request, or None where there is no such reference."""
    row = _rows().filter(reference=reference).first()
    return None if row is None else _page(row)


def _rows() -> QuerySet[Request]:
    return Request.objects.select_related("organisation", "submission", "amends").prefetch_related(
        Prefetch("decisions", Decision.objects.select_related("submission").order_by("made_at", "id"))
    )


def _line(row: Request) -> RequestLine:
    decisions = list(row.decisions.all())
    latest = decisions[-1] if decisions else None
    return RequestLine(
        reference=row.reference,
        organisation=row.organisation.name,
        number=row.organisation.company_number,
        sector=row.organisation.sector,
        title=row.title,
        kind=row.kind,
        purpose=row.purpose,
        purpose_name=purpose_name(row.purpose),
        power=row.power,
        law=power_law(row.power),
        state=row.state,
        overdue=overdue(row, latest),
        made_at=row.made_at,
        decided_at=latest.made_at if latest else None,
        expires=latest.expires if latest else None,
        index=row.submission.index,
    )


def overdue(row: Request, latest: Decision | None) -> bool:
    """Whether the approval has expired while the project is still open (CASE-09)."""
    expired = latest is not None and latest.expires is not None and latest.expires < clock.today()
    return expired and Project.objects.filter(request=row, closed_at=None).exists()


def _page(row: Request) -> RequestPage:
    uses = uses_of(row.reference)
    tables = tuple(table for table in released_tables() if table.request == row.reference)
    project = Project.objects.filter(request=row).first()
    ended = row.state not in {RequestState.OPEN, RequestState.APPROVED, RequestState.LIVE}
    return RequestPage(
        line=_line(row),
        lay_summary=row.texts.get("lay_summary", NOT_STATED),
        public_benefit=row.texts.get("public_benefit", NOT_STATED),
        items=tuple(ItemLine(code, item_name(code), _risk(code)) for code in row.items),
        collections=tuple(row.collections),
        sample=words(row.sample),
        sample_why=row.sample.get("why", ""),
        fields=_fields(row, uses, tables),
        decisions=tuple(_decision(decision) for decision in row.decisions.all()),
        agreements=agreements_of(row.organisation.company_number),
        assessments=assessments_covering(row.purpose, frozenset(row.items)),
        accreditations=_accreditations(row),
        trainings=_trainings(row),
        uses=uses,
        releases=tables,
        lacking=() if ended else _unnamed(gate_for_request(reference=row.reference)),
        amends=row.amends.reference if row.amends else "",
        project=project.reference if project else "",
    )


def _accreditations(row: Request) -> tuple[AccreditationLine, ...]:
    periods = Accreditation.objects.filter(account__in=team_of(row)).order_by("-expires", "-id")
    return tuple(AccreditationLine(one.scheme, one.kind, one.starts, one.expires) for one in periods)


def _trainings(row: Request) -> tuple[TrainingLine, ...]:
    passed = Training.objects.filter(account__in=team_of(row)).order_by("-expires", "-id")
    return tuple(TrainingLine(one.course, one.passed_on, one.expires) for one in passed)


def _unnamed(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons without whose account a reason is about; one said of two people is said once."""
    shown = (replace(one, where="") if one.code.startswith("recipient-") else one for one in reasons)
    return tuple(dict.fromkeys(shown))


def _risk(code: str) -> str:
    (facts,) = item_facts([code])
    return class_words(str(read_class(facts.risk)))


def _decision(decision: Decision) -> DecisionLine:
    return DecisionLine(
        decision.request.reference,
        decision.result,
        decision.role,
        decision.reasons,
        decision.expires,
        decision.made_at,
        decision.submission.index,
    )


def _fields(row: Request, uses: Iterable[UseLine], tables: Iterable[ReleasedTable]) -> tuple[FieldLine, ...]:
    approvals = [one.made_at for one in row.decisions.all() if one.result == "approve"]
    released = "; ".join(f"{table.reference}: {table.title}" for table in tables)
    known = {
        1: row.reference,
        2: row.title,
        3: f"{', '.join(row.collections)}: {', '.join(item_name(code) for code in row.items)}",
        4: row.organisation.name,
        5: row.organisation.sector.replace("-", " "),
        13: f"{purpose_name(row.purpose)}; {row.kind}",
        18: str(approvals[-1].date()) if approvals else "Not approved.",
        19: "; ".join(class_words(mark) for mark in row.classes),
        20: f"{row.power}: {power_law(row.power)}",
        26: "; ".join(str(use.at.date()) for use in uses) or "Not used yet.",
    }
    texts = {field.number: row.texts.get(field.key) or NOT_STATED for field in REGISTER_FIELDS if field.key}
    texts[29] = f"{released}. {texts[29]}" if released else texts[29]
    return tuple(FieldLine(field.number, field.name, (known | texts)[field.number]) for field in REGISTER_FIELDS)
