"""The list of records never joined: after an adoption, for a child under protection, or found to be two people.

Every way of joining asks it: matching by former number, linking, and the deed of two custodians. It names a pair, or
one record that is joined with none. A record on it stays what it is; its own current number still leads to it.
"""

from rollbook.dataplane.people.apart import KeptApart
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.policy.states import DoubleState
from rollbook.records.models.doubles import DoNotLink, Double
from rollbook.records.models.identity import Person
from rollbook.services.accounts.letters import pupil_with
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import root_of, roots
from rollbook.services.platform.people_zone import people_zone

WHY = {"adoption": "Adoption", "protection": "Protection of the child", "different-people": "They are different people"}


def kept_apart() -> KeptApart:
    """The list as it stands now; called inside the people zone."""
    above = roots()
    rows = [
        (person, other)
        for person, other in DoNotLink.objects.filter(lifted_at=None).values_list("person_id", "other_id")
    ]
    # A key and the one that stands for it are both named, so that no reader asks by the wrong one.
    sealed = {key for person, other in rows if other is None for key in (person, above.get(person, person))}
    pairs = {
        frozenset({one, another})
        for person, other in rows
        if other is not None
        for one in (person, above.get(person, person))
        for another in (other, above.get(other, other))
    }
    return KeptApart(frozenset(sealed), frozenset(pairs))


def keep_apart(*, by: Actor, upn: str, why: str, other_upn: str = "") -> None:
    """Put a record on the list: never joined with the other one, or with none when no other is named.

    Records joined before are parted at once.

    Raises:
        InputRefused: `why` is no reason for it. UseRefused: a number is nobody's, or both are one record.
    """
    account = require_session(by, Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)
    if why not in WHY:
        raise InputRefused(Reason("why", "Choose why these are kept apart", where="why"))
    with people_zone():
        person = pupil_with(upn).person
        other = pupil_with(other_upn).person if other_upn.strip() else None
        if other is not None and other.pk == person.pk:
            mend = "Both numbers stand in one record; the data protection officer decides what becomes of it."
            raise UseRefused(Reason("one-record", "These are two numbers of one record", where="other_upn", mend=mend))
        row = DoNotLink.objects.create(
            person=person, other=other, why=why, recorded_by_id=account, recorded_at=clock.now()
        )
        parted = _part(person, other, account)
        audit(by, "keep-apart", f"do-not-link:{row.pk}", why=why, any_other=other is None, parted=parted)


def lift(*, by: Actor, entry: int, why: str) -> None:
    """Take an entry off the list that was made by mistake; it stays on record."""
    account = require_session(by, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        changed = DoNotLink.objects.filter(pk=entry, lifted_at=None).update(lifted_by_id=account, lifted_at=clock.now())
        if not changed:
            raise UseRefused(Reason("no-entry", "There is no such entry on the list", mend="See the list."))
        audit(by, "lift-keep-apart", f"do-not-link:{entry}", why=why[:200])


def _part(person: Person, other: Person | None, account: int) -> int:
    """Take the pointer away between these; gives how many were parted."""
    if other is None:
        keys = {person.pk, *Person.objects.filter(superseded_by=person).values_list("pk", flat=True)}
        joined = Person.objects.filter(pk__in=keys, superseded_by__isnull=False)
    elif root_of(person.pk) == root_of(other.pk):
        joined = Person.objects.filter(pk__in={person.pk, other.pk}, superseded_by__isnull=False)
    else:
        return 0
    parted = list(joined.values_list("pk", flat=True))
    Person.objects.filter(pk__in=parted).update(superseded_by=None)
    pairs = Double.objects.filter(state=DoubleState.JOINED)
    (pairs.filter(person_id__in=parted) | pairs.filter(other_id__in=parted)).update(
        state=DoubleState.APART, decided_by_id=account, decided_at=clock.now(), why="kept-apart"
    )
    return len(parted)
