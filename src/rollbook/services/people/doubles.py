"""The custodians' queue of pairs that may be one person, and the do-not-link list, as pages show them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, IntegerField, Value, When

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.roles import Role
from rollbook.policy.states import DoubleState
from rollbook.policy.uses import MatchOutcome
from rollbook.records.models.doubles import DoNotLink, Double
from rollbook.records.models.identity import Identifier, Sighting
from rollbook.services.people.do_not_link import WHY, kept_apart
from rollbook.services.people.merging import TOLD
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import is_one_of
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone

# The surest first.
_ORDER = (TOLD, MatchOutcome.MATCH, MatchOutcome.MANY, MatchOutcome.POTENTIAL, MatchOutcome.LOW_CONFIDENCE)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pair in the list: nobody is named there."""

    handle: str
    outcome: str
    state: str
    found_at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records, as the custodian compares them."""

    number: str
    name: str
    born: date | None
    sex: str
    postcode: str
    school: str
    received: date | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair with both records and what the asker may do."""

    handle: str
    outcome: str
    state: str
    evidence: tuple[str, ...]
    sides: tuple[Side, Side]
    may_propose: bool
    may_join: bool
    may_part: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the do-not-link list, for the officers who keep it."""

    number: int
    upn: str
    other_upn: str
    why: str
    recorded_at: datetime


def waiting_doubles(by: Actor) -> tuple[Waiting, ...]:
    """Pairs that nobody has decided, the surest first; of more than two hundred the first two hundred."""
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        listed = kept_apart()
        surest = Case(
            *(When(outcome=outcome, then=Value(place)) for place, outcome in enumerate(_ORDER)),
            default=Value(len(_ORDER)), output_field=IntegerField(),
        )  # fmt: skip
        rows = Double.objects.filter(state__in=(DoubleState.WAITING, DoubleState.PROPOSED)).order_by(surest, "pk")
        return tuple(
            Waiting(row.handle, row.outcome, row.state, row.found_at, tuple(row.evidence))
            for row in rows[:_SHOWN]
            if not listed.forbids(row.person_id, row.other_id)
        )


def one_double(by: Actor, pair: str) -> Pair:
    """One pair with both records. Looking leaves an audit row.

    Raises:
        AccessDenied: code `double`: there is none, or the list forbids it.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        row = Double.objects.filter(handle=pair).first()
        if row is None or kept_apart().forbids(row.person_id, row.other_id):
            raise AccessDenied(Reason("double", "There is no such pair", mend="See the list."))
        audit(by, "open-double", f"double:{row.pk}")
        return Pair(
            row.handle, row.outcome, row.state, tuple(row.evidence), (_side(row.person_id), _side(row.other_id)),
            may_propose=row.state in {DoubleState.WAITING, DoubleState.APART},
            may_join=row.state == DoubleState.PROPOSED and not is_one_of(account, {row.proposed_by_id}),
            may_part=row.state != DoubleState.APART,
        )  # fmt: skip


def kept_apart_list(by: Actor) -> tuple[Entry, ...]:
    """The do-not-link list as it stands, newest first."""
    require_session(by, Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        rows = DoNotLink.objects.filter(lifted_at=None).order_by("-pk")
        entries = tuple(
            Entry(row.pk, _number(row.person_id), _number(row.other_id), WHY[row.why], row.recorded_at) for row in rows
        )
        audit(by, "open-do-not-link", "list", entries=len(entries))
    return entries


def _side(person: int) -> Side:
    seen: Any = (
        Sighting.objects.filter(person_id__in=keys_of(person))
        .select_related("source__school")
        .order_by("-source__received_at", "-pk")
        .first()
    )
    if seen is None:
        return Side(_number(person), "", None, "", "", "", None)
    return Side(
        _number(person), f"{seen.forename} {seen.surname}", seen.date_of_birth, seen.sex, seen.postcode,
        seen.source.school.name, seen.source.received_at.date(),
    )  # fmt: skip


def _number(person: int | None) -> str:
    if person is None:
        return ""
    rows = Identifier.objects.filter(person_id=person, scheme="upn").order_by("standing", "pk")
    return rows.values_list("value", flat=True).first() or "no number"
