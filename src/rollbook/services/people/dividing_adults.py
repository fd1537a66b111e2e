"""Whose the adults, accounts, choices and notices of a record are when it is divided.

Nobody sees a record because nobody decided. Each adult was placed by name: whoever stays keeps their access, whoever
goes has it anew with the other child, the rest see neither and start again with a letter. What protects counts for
both: a safeguarding stop, the do-not-link list, an objection. For `services.people.dividing` only, in its transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rollbook.policy.states import DoubleState
from rollbook.records.models.collections import Collection
from rollbook.records.models.divisions import Division
from rollbook.records.models.doubles import DoNotLink, Double
from rollbook.records.models.identity import (
    Access,
    Bundle,
    Choice,
    Letter,
    NoticeGiven,
    Person,
    Responsibility,
    Sighting,
    new_handle,
)
from rollbook.rights.reasons import Why
from rollbook.services.accounts.messages import tell
from rollbook.services.platform import clock

STAYS, GOES, NEITHER = "stays", "goes", "neither"
DIFFERENT = "different-people"
SUBJECT = "A record you can see was divided"
BODY = (
    "This record also held facts of another child, by a mistake with a number. "
    "On this day the two were divided. From now on you see the record of one child only. "
    "Its list of uses says which were made before. "
    "If something is missing or not this child's, tell the school or the data protection officer."
)


@dataclass(frozen=True, slots=True)
class Placed:
    """Somebody whose child must be named: an adult with a recorded right, or a pupil's own account."""

    handle: str
    name: str


def to_decide(keys: Sequence[int]) -> tuple[Placed, ...]:
    """Everybody who could see the record or be let in; who is stopped sees neither and is not asked about."""
    held = Responsibility.objects.filter(person_id__in=keys, stopped_at=None).exclude(why=Why.CHANGE_IN_RELATIONSHIP)
    pupils = Access.objects.filter(person_id__in=keys, responsibility=None).exclude(state=Access.ENDED)
    return (
        *(Placed(one.handle, one.adult_name) for one in held.order_by("pk")),
        *(Placed(one.handle, "The pupil’s own account") for one in pupils.order_by("pk")),
    )


def part(division: Division, keys: Sequence[int], other: Person, account: int) -> None:
    """Place everybody as the division says; `other` is the new person, `account` whoever divides."""
    _carry_protection(division, keys, other, account)
    for held in Responsibility.objects.filter(person_id__in=keys, handle__in=division.adults):
        _place(division, held)
    for own in Access.objects.filter(person_id__in=keys, responsibility=None, handle__in=division.adults):
        _place_access(own, division.adults[own.handle], division, None)
    # A code on paper was given for whoever the record was.
    now = clock.now()
    Letter.objects.filter(pupil_id__in=keys, used_at=None, expires_at__gt=now).update(expires_at=now)
    Bundle.objects.filter(person_id__in=keys).delete()
    _carry_objections(division, keys)
    _carry_notices(division, keys)


def _place(division: Division, held: Responsibility) -> None:
    whose, now = division.adults[held.handle], clock.now()
    accesses = list(Access.objects.filter(responsibility=held).exclude(state=Access.ENDED))
    anew = _again(held, person=division.other) if whose == GOES else None
    for one in accesses:
        _place_access(one, whose, division, anew)
    if whose != STAYS:
        Letter.objects.filter(responsibility=held, used_at=None, expires_at__gt=now).update(expires_at=now)
        held.ends, held.why = min(now.date(), held.ends or now.date()), Why.CHANGE_IN_RELATIONSHIP.value
        held.save(update_fields=["ends", "why"])


def _place_access(one: Access, whose: str, division: Division, anew: Responsibility | None) -> None:
    kept = one.handle
    if whose == GOES:
        kept = _again(one, person=division.other, responsibility=anew).handle
    if whose != STAYS:
        Access.objects.filter(pk=one.pk).update(
            state=Access.ENDED, ended_at=clock.now(), end_reason=Why.CHANGE_IN_RELATIONSHIP.value
        )
    if whose != NEITHER and one.state == Access.CONFIRMED:
        tell(one.account, kind="record-divided", subject=SUBJECT, body=BODY, about=kept)


def _again(row: Any, **changes: Any) -> Any:
    """The same row anew, under a handle of its own, with these changes; the old one stays on record."""
    fields = {one.attname: getattr(row, one.attname) for one in row._meta.concrete_fields if not one.primary_key}
    for name, value in changes.items():
        fields[f"{name}_id"] = None if value is None else value.pk
    return type(row).objects.create(**fields | {"handle": new_handle()})


def _carry_protection(division: Division, keys: Sequence[int], other: Person, account: int) -> None:
    """What keeps either child safe keeps both safe, and the two are never joined again by themselves."""
    now = clock.now()
    for stopped in Responsibility.objects.filter(person_id__in=keys, stopped_at__isnull=False):
        _again(stopped, person=other)
    for entry in DoNotLink.objects.filter(person_id__in=keys, lifted_at=None):
        DoNotLink.objects.create(
            person=other, other_id=entry.other_id, why=entry.why, recorded_by_id=entry.recorded_by_id, recorded_at=now
        )
    for entry in DoNotLink.objects.filter(other_id__in=keys, lifted_at=None):
        DoNotLink.objects.create(
            person_id=entry.person_id, other=other, why=entry.why, recorded_by_id=entry.recorded_by_id, recorded_at=now
        )
    DoNotLink.objects.create(
        person_id=division.person_id, other=other, why=DIFFERENT, recorded_by_id=account, recorded_at=now
    )
    # What was proposed of the record as it was is proposed of it no longer.
    pairs = Double.objects.filter(state=DoubleState.PROPOSED)
    (pairs.filter(person_id__in=keys) | pairs.filter(other_id__in=keys)).update(
        state=DoubleState.WAITING, proposed_by=None
    )


def _carry_objections(division: Division, keys: Sequence[int]) -> None:
    """A standing objection leaves out both, until those who act for each child decide for that child."""
    for one in Choice.objects.filter(person_id__in=keys, withdrawn_at=None):
        went = Access.objects.filter(person=division.other, account_id=one.made_by_id).exclude(state=Access.ENDED)
        stayed = Access.objects.filter(person_id__in=keys, account_id=one.made_by_id).exclude(state=Access.ENDED)
        Choice.objects.get_or_create(
            person=division.other,
            kind=one.kind,
            withdrawn_at=None,
            defaults={"made_by_id": one.made_by_id, "made_at": one.made_at, "carried": not went.exists()},
        )
        if not stayed.exists():
            Choice.objects.filter(pk=one.pk).update(carried=True)


def _carry_notices(division: Division, keys: Sequence[int]) -> None:
    seen = Sighting.objects.filter(person=division.other).values("source__collection_id")
    notices = Collection.objects.filter(code__in=seen).values("notice_id")
    NoticeGiven.objects.bulk_create(
        [
            NoticeGiven(person=division.other, publication_id=one.publication_id, given_on=one.given_on, how=one.how)
            for one in NoticeGiven.objects.filter(person_id__in=keys, publication_id__in=notices)
        ],
        ignore_conflicts=True,
    )
