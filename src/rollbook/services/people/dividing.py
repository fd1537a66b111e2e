"""Dividing a record that holds two children, and undoing that.

A number given to two children, or a wrong former number, puts two children's facts under one key. One custodian says
which sightings are the other child's and whose each adult is; another, signed in with a second factor, divides. The
key stays with one child for life; the other gets a new one. What is logged stays as it was said, and so do the study
rows: that they are another child's is recorded beside them (`services.people.divided`), and taking the record back
undoes it.

While it is unknown whose something is, it counts for both: objections, safeguarding stops, the do-not-link list. Who
sees a record is decided anew for every adult, and whom nobody decided about sees neither. The two are put on the
do-not-link list, so undoing begins with the data protection officer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rollbook.dataplane.people.keys import allocate
from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.policy.states import DIVISIONS, CaseState, DivisionState
from rollbook.records.models.divisions import Division, Reassignment
from rollbook.records.models.identity import GatewayCase, KeyBlock, Person, Responsibility, Sighting
from rollbook.services.accounts.letters import pupil_with
from rollbook.services.people import dividing_adults, dividing_numbers
from rollbook.services.people.dividing_adults import GOES, NEITHER, STAYS
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import is_one_of
from rollbook.services.platform.one_person import keys_of, root_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.work_locks import no_return_lands


def report_mixed(*, by: Actor, upn: str) -> str:
    """A custodian was told that the record under this number holds two children; gives the handle to decide on.

    Raises:
        UseRefused: the number is nobody's.
    """
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        person = root_of(pupil_with(upn).person.pk)
        found, new = Division.objects.get_or_create(
            person_id=person,
            state__in=(DivisionState.WAITING, DivisionState.PROPOSED),
            defaults={"state": DivisionState.WAITING, "told_at": clock.now()},
        )
        audit(by, "report-mixed-record", f"division:{found.pk}", new=new)
    return found.handle


def propose_division(*, by: Actor, division: str, goes: Sequence[int], adults: Mapping[str, str]) -> None:
    """Say which sightings are the other child's, and for each adult whose they are; another custodian decides.

    `adults`: by the handles that `divisions.one_division` gives, `stays`, `goes` or `neither`.

    Raises:
        InputRefused: no sighting goes, none stays, one is not of this record, or an adult is left out.
        UseRefused: the division is past this.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(division)
        _go_to(found, DivisionState.PROPOSED)
        found.goes, found.adults, found.proposed_by_id = sorted({*goes}), dict(adults), account
        _require_whole(found)
        found.save()
        audit(by, "propose-division", f"division:{found.pk}", sightings=len(found.goes))


def divide(*, by: Actor, division: str) -> None:
    """Divide the record as it was proposed.

    Raises:
        AccessDenied: code `second-person`. UseRefused: codes `state`, `landing`, `open-case`.
        InputRefused: the record has changed since it was proposed.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(division)
        if found.state != DivisionState.PROPOSED:
            # One whose undoing was proposed may become divided again too, but not by this deed.
            raise UseRefused(Reason("state", "Nobody proposed to divide this, or it was decided"))
        _go_to(found, DivisionState.DIVIDED)
        _require_second(account, found.proposed_by_id)
        keys = _require_whole(found)
        _require_still(keys)
        moved = list(Sighting.objects.filter(pk__in=found.goes).order_by("pk"))
        other = _new_person(moved)
        found.other = other
        found.decided_by_id, found.divided_at = account, clock.now()
        found.save()
        _reassign(found, moved, other)
        found.numbers = dividing_numbers.give(keys, other.pk)
        found.save()
        dividing_adults.part(found, keys, other, account)
        audit(by, "divide-record", f"division:{found.pk}", proposed_by=found.proposed_by_id or 0, sightings=len(moved))


def drop_division(*, by: Actor, division: str) -> None:
    """Say that the record holds one child after all."""
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(division)
        _go_to(found, DivisionState.DROPPED)
        found.save()
        audit(by, "drop-division", f"division:{found.pk}")


def propose_undoing(*, by: Actor, division: str) -> None:
    """Say that the two are one child after all; another custodian decides.

    Raises:
        UseRefused: as `undo`.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(division)
        _go_to(found, DivisionState.UNDOING)
        _require_joinable(found)
        found.undo_proposed_by_id = account
        found.save()
        audit(by, "propose-undoing", f"division:{found.pk}")


def undo(*, by: Actor, division: str) -> None:
    """Give every sighting and number back to whose it was; the new key points to the old one from now on.

    Raises:
        AccessDenied: code `second-person`. UseRefused: codes `state`, `do-not-link`, `stopped`, `landing`, `open-case`.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(division)
        _go_to(found, DivisionState.UNDONE)
        _require_second(account, found.undo_proposed_by_id)
        other = _require_joinable(found)
        _require_still([*keys_of(found.person_id), *keys_of(other)])
        for one in found.reassignments.filter(sighting__person_id=other):
            Sighting.objects.filter(pk=one.sighting_id).update(person_id=one.was_id)
        dividing_numbers.give_back(found)
        root = root_of(found.person_id)
        joined = Person.objects.filter(pk=other) | Person.objects.filter(superseded_by=other)
        joined.update(superseded_by=root)
        found.undone_by_id, found.undone_at = account, clock.now()
        found.save()
        audit(by, "undo-division", f"division:{found.pk}", proposed_by=found.undo_proposed_by_id or 0)


def leave_divided(*, by: Actor, division: str) -> None:
    """Say that the division stands, after somebody proposed to undo it."""
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(division)
        if found.state != DivisionState.UNDOING:
            raise UseRefused(Reason("state", "Nobody proposed to undo this"))
        _go_to(found, DivisionState.DIVIDED)
        found.undo_proposed_by = None
        found.save()
        audit(by, "leave-divided", f"division:{found.pk}")


def _require_whole(division: Division) -> tuple[int, ...]:
    """Every key of the record, once what is proposed fits the record as it stands now."""
    keys = keys_of(division.person_id)
    held = set(Sighting.objects.filter(person_id__in=keys).values_list("pk", flat=True))
    goes, adults = {*division.goes}, dividing_adults.to_decide(keys)
    wrong = (
        (not goes, "goes", "Choose what is the other child's"),
        (goes >= held > set(), "goes", "Something must stay with the key"),
        (not goes <= held, "goes", "A sighting is not of this record, or no longer"),
        ({*division.adults} != {one.handle for one in adults}, "adults", "Say of every adult whose they are"),
        (not {*division.adults.values()} <= {STAYS, GOES, NEITHER}, "adults", "Say of every adult whose they are"),
    )
    reasons = [
        Reason("division", message, where, "Look at the record again.") for broken, where, message in wrong if broken
    ]
    if reasons:
        raise InputRefused(reasons)
    return keys


def _require_still(keys: Sequence[int]) -> None:
    """Refuse while something else is being decided by the record as it stands."""
    if not no_return_lands():
        mend = "Try again in a minute."
        raise UseRefused(Reason("landing", "A return is being taken in", mend=mend))
    open_cases = GatewayCase.objects.filter(person_id__in=keys, state__in=(CaseState.MATCHED, CaseState.CONFIRMED))
    if open_cases.exists():
        mend = "Finish it, or refuse it, first: its answer would be about two children."
        raise UseRefused(Reason("open-case", "A case about this record is being answered", mend=mend))


def _require_joinable(division: Division) -> int:
    """The new key, which may point to the old one again."""
    other = division.other_id
    families = [keys_of(key) for key in (division.person_id, other or 0)]
    if other is None or root_of(other) != other:
        mend = "Part them first."
        raise UseRefused(Reason("joined-already", "The other record was joined with somebody else's", mend=mend))
    listed = kept_apart()
    if any(listed.forbids(one, other) for one in families[0] for other in families[1]):
        mend = "The data protection officer knows why, and nobody else needs to."
        raise UseRefused(Reason("do-not-link", "These records are never joined", mend=mend))
    if Responsibility.objects.filter(person_id__in=[*families[0], *families[1]], stopped_at__isnull=False).exists():
        mend = "The data protection officer looks at the stop first: joining must not open a way round it."
        raise UseRefused(Reason("stopped", "A safeguarding stop lies on one of the records", mend=mend))
    return other


def _new_person(moved: Sequence[Sighting]) -> Person:
    """The other child, with the next key of their birth year and the first return that saw them."""
    born = next((one.date_of_birth for one in reversed(moved) if one.date_of_birth), None)
    blocks = {block.birth_year: block.next_place for block in KeyBlock.objects.select_for_update()}
    given = allocate([born], blocks)
    for year, place in given.next_places.items():
        KeyBlock.objects.update_or_create(birth_year=year, defaults={"next_place": place})
    return Person.objects.create(key=given.keys[0], first_return_id=moved[0].source_id)


def _reassign(division: Division, moved: Sequence[Sighting], other: Person) -> None:
    # A sighting that was divided off before keeps the key its study rows bear.
    stored: dict[Any, Any] = dict(
        Reassignment.objects.filter(sighting__in=moved).values_list("sighting_id", "stored_id")
    )
    Reassignment.objects.bulk_create(
        Reassignment(division=division, sighting=one, was_id=one.person_id, stored_id=stored.get(one.pk, one.person_id))
        for one in moved
    )
    Sighting.objects.filter(pk__in=[one.pk for one in moved]).update(person=other)


def _require_second(account: int, first: int | None) -> None:
    if is_one_of(account, {first}):
        raise AccessDenied(Reason("second-person", "Somebody else decides on what you proposed"))


def _locked(division: str) -> Division:
    found = Division.objects.select_for_update().filter(handle=division).first()
    if found is None:
        raise AccessDenied(Reason("division", "There is no such record to divide", mend="See the list."))
    # Nobody else changes what belongs to either person meanwhile: the other's record may be divided in its turn. The
    # keys themselves stay: rows of others that point to them need not wait, and two divisions not for one another.
    keys = [*keys_of(found.person_id), *(keys_of(found.other_id) if found.other_id else ())]
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    return found


def _go_to(division: Division, state: DivisionState) -> None:
    if reason := DIVISIONS.refuses(division.state, state):
        raise UseRefused(reason)
    division.state = state
