"""What the people of the gateway see: the officer their own cases, and custodians those that wait for one of them.

An officer reads one of a few words about a case and never why it was refused. A custodian sees who is asked about and
the evidence as codes, and only while the case is open.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.purposes import PURPOSES
from rollbook.policy.roles import Role
from rollbook.policy.states import CaseState
from rollbook.records.models.accounts import Account
from rollbook.records.models.governance import Agreement, Publication
from rollbook.records.models.identity import GatewayCase
from rollbook.services.catalogue.mapped_items import item_name
from rollbook.services.gateway.gateway_seal import KEEP_ANSWER
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.holders import is_one_of
from rollbook.services.platform.people_zone import people_zone


class Standing(StrEnum):
    """What an officer is told of a case. `nothing` is one word for every no."""

    WAITING = "waiting"
    NOTHING = "nothing"
    READY = "ready"
    WIPED = "wiped"
    COLLECTED = "collected"


@dataclass(frozen=True, slots=True)
class Terms:
    """An agreement an officer can ask under today: its purposes and items as (code, name)."""

    reference: str
    title: str
    purposes: tuple[tuple[str, str], ...]
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One of the officer's own cases. Who it is about is not shown again."""

    reference: str
    agreement: str
    asked_at: datetime
    items: tuple[str, ...]
    standing: Standing
    collected_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeskCase:
    """A case as custodians see it. `evidence` and `outcome` are codes; the last two say what this custodian may do."""

    reference: str
    agreement: str
    purpose: str
    items: tuple[str, ...]
    asked_at: datetime
    state: str
    surname: str
    forename: str
    born: date
    postcode: str
    outcome: str
    evidence: tuple[str, ...]
    may_match: bool
    may_confirm: bool


def terms_for(by: Actor) -> tuple[Terms, ...]:
    """The agreements in force today of the signed-in officer's organisation."""
    officer = Account.objects.get(id=require_session(by, Role.POLICE_OFFICER))
    today = clock.today()
    replaced = Publication.objects.filter(supersedes__isnull=False, starts__lte=today).values("supersedes")
    rows = Agreement.objects.select_related("publication").filter(
        organisation=officer.organisation_id, starts__lte=today, ends__gte=today, review_by__gte=today
    )
    return tuple(_terms(row) for row in rows.exclude(publication__in=replaced).order_by("id"))


def _terms(row: Agreement) -> Terms:
    return Terms(
        reference=row.publication.reference,
        title=row.publication.title,
        purposes=tuple((code, PURPOSES[code].name) for code in row.purposes),
        items=tuple((code, item_name(code)) for code in row.items),
    )


def cases_of(by: Actor) -> tuple[CaseLine, ...]:
    """The signed-in officer's own cases, newest first."""
    account = require_session(by, Role.POLICE_OFFICER)
    with people_zone():
        rows = list(_cases().filter(asked_by=account).order_by("-id"))
    return tuple(
        CaseLine(
            reference=row.reference,
            agreement=row.agreement.publication.reference,
            asked_at=row.asked_at,
            items=_names(row),
            standing=_standing(row),
            collected_at=row.collected_at,
        )
        for row in rows
    )


def _standing(row: GatewayCase) -> Standing:
    if row.collected_at is not None:
        return Standing.COLLECTED
    if row.told_at is None:
        return Standing.WAITING
    if row.state != CaseState.DISCLOSED:
        return Standing.NOTHING
    kept = row.answer is not None and row.told_at >= clock.now() - KEEP_ANSWER
    return Standing.READY if kept else Standing.WIPED


def desk(by: Actor) -> tuple[DeskCase, ...]:
    """The cases that wait for a custodian, oldest first."""
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        rows = list(_cases().filter(_open()).order_by("id"))
    return tuple(_desk_case(row, account) for row in rows)


def desk_case(*, by: Actor, reference: str) -> DeskCase:
    """One case that waits for a custodian.

    Raises:
        AccessDenied: code `case`, when it waits for nobody any more or does not exist.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        row = _cases().filter(_open(), reference=reference).first()
    if row is None:
        raise AccessDenied(Reason("case", "There is no such case for you", mend="See the list of cases."))
    return _desk_case(row, account)


def _desk_case(row: GatewayCase, account: int) -> DeskCase:
    about = row.asked_about or {}
    return DeskCase(
        reference=row.reference,
        agreement=row.agreement.publication.reference,
        purpose=PURPOSES[row.purpose].name,
        items=_names(row),
        asked_at=row.asked_at,
        state=row.state,
        surname=about["surname"],
        forename=about["forename"],
        born=date.fromisoformat(about["born"]),
        postcode=about["postcode"],
        outcome=row.outcome,
        evidence=tuple(row.evidence.get("codes", [])),
        may_match=row.state == CaseState.ASKED,
        may_confirm=row.state == CaseState.MATCHED and not is_one_of(account, {row.matched_by_id, row.asked_by_id}),
    )


def _cases() -> QuerySet[GatewayCase]:
    return GatewayCase.objects.select_related("agreement__publication")


def _open() -> Q:
    return Q(state__in=(CaseState.ASKED, CaseState.MATCHED))


def _names(row: GatewayCase) -> tuple[str, ...]:
    return tuple(item_name(item) for item in row.items)
