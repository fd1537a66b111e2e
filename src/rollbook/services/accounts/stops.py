"""The safeguarding stop: a named officer ends an adult's access at once.

From the next page on that adult is a stranger: same pages, same words, same path through the code. Nothing is sent to
them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.identity import Access, Bundle, Letter, Responsibility
from rollbook.rights.ages import next_review
from rollbook.rights.authority import Standing
from rollbook.rights.bases import BASES, EVIDENCE_WORDS, basis_of
from rollbook.rights.reasons import STOP_REASONS, WORDS, Why
from rollbook.services.accounts.access_rows import born_of, name_of, standing_of, with_pupil
from rollbook.services.accounts.letters import pupil_with
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone


@dataclass(frozen=True, slots=True)
class Held:
    """One recorded responsibility as officers see it."""

    handle: str
    adult: str
    basis: str
    evidence: str
    starts: date
    ends: date | None
    standing: str
    account: str
    why: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class OtherChild:
    """Another child the same adult may act for: the handle of that responsibility, and the pupil's name."""

    handle: str
    pupil: str


@dataclass(frozen=True, slots=True)
class PupilFile:
    """The adults recorded for one pupil, and when somebody must look at them again."""

    name: str
    next_review: date | None
    adults: tuple[Held, ...]


def pupil_file(by: Actor, upn: str) -> PupilFile:
    """Who may act for the pupil with this UPN. Looking is a deed of its own and leaves an audit row."""
    require_session(by, Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        identifier = pupil_with(upn)
        person = identifier.person
        rows = list(with_pupil(Responsibility.objects.filter(person_id__in=keys_of(person.pk))).order_by("pk"))
        held = tuple(_held(row) for row in rows)
        pupil = with_pupil(type(person).objects.filter(pk=person.pk), "pk").get()
        born = born_of(pupil)
        audit(by, "open-pupil-file", f"identifier:{identifier.pk}", adults=len(held))
    return PupilFile(name_of(pupil), next_review(born, clock.today()) if born else None, held)


def one_responsibility(by: Actor, handle: str) -> Held:
    """One recorded responsibility, for the page that acts on it.

    Raises:
        UseRefused: code `no-such-responsibility`.
    """
    require_session(by, Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        row = with_pupil(Responsibility.objects.filter(handle=handle)).first()
        if row is None:
            raise _unknown()
        return _held(row)


def other_children(by: Actor, handle: str) -> tuple[OtherChild, ...]:
    """The other children the adult behind `handle` may act for today.

    A stop is for one child. Brothers and sisters often live at one address, so an officer who stops an adult for one of
    them must see the others. The same adult is the same account, or the same name at the same address.
    """
    require_session(by, Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        held = _find(handle)
        same = Responsibility.objects.filter(adult_name__iexact=held.adult_name, address__iexact=held.address)
        if held.account_id is not None:
            same = same | Responsibility.objects.filter(account_id=held.account_id)
        rows = with_pupil(same.exclude(person_id__in=keys_of(held.person_id))).order_by("pk")
        found = tuple(
            OtherChild(row.handle, name_of(row)) for row in rows if standing_of(row, born_of(row)) is Standing.ACTIVE
        )
        if found:
            audit(by, "see-other-children", f"responsibility:{held.pk}", found=len(found))
    return found


def stop(*, by: Actor, responsibility: str, why: str) -> None:
    """Stop everything this adult may do for this child, at once.

    Raises:
        InputRefused: `why` is not a reason for a stop.
        UseRefused: with code `no-such-responsibility`, or `stopped` when it is already.
    """
    account_id = require_session(by, Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)
    if why not in STOP_REASONS:
        raise InputRefused(Reason("why", "Choose a reason for the stop", where="why"))
    now = clock.now()
    with people_zone():
        held = _find(responsibility)
        if held.stopped_at is not None:
            raise UseRefused(Reason("stopped", "This is stopped already"))
        # The same adult may stand under two grounds; a stop that left one open would be none.
        of_child = Responsibility.objects.filter(person_id__in=keys_of(held.person_id))
        same = of_child.filter(adult_name__iexact=held.adult_name)
        if held.account_id is not None:
            same = same | of_child.filter(account_id=held.account_id)
        ids = [held.pk, *same.values_list("pk", flat=True)]
        Responsibility.objects.filter(pk__in=ids).update(stopped_at=now, stopped_by_id=account_id, why=why)
        _end_access(ids, now)
        audit(by, "stop-responsibility", f"responsibility:{held.pk}", why=why)


def lift_stop(*, by: Actor, responsibility: str) -> None:
    """Take a stop back. Access stays ended: the adult asks anew with a new letter."""
    require_session(by, Role.DATA_PROTECTION_OFFICER)
    with people_zone():
        held = _find(responsibility)
        if held.stopped_at is None:
            raise UseRefused(Reason("not-stopped", "There is no stop to take back"))
        held.stopped_at, held.stopped_by, held.why = None, None, Why.REACTIVATED.value
        held.save(update_fields=["stopped_at", "stopped_by", "why"])
        audit(by, "lift-stop", f"responsibility:{held.pk}")


def _end_access(ids: list[int], now: datetime) -> None:
    ended = Access.objects.filter(responsibility__in=ids).exclude(state=Access.ENDED)
    for access in ended:
        Bundle.objects.filter(account_id=access.account_id, person_id=access.person_id).delete()
    ended.update(state=Access.ENDED, ended_at=now, end_reason=Why.SAFEGUARDING.value)
    Letter.objects.filter(responsibility__in=ids, used_at=None).update(expires_at=now)


def _find(handle: str) -> Responsibility:
    held = Responsibility.objects.filter(handle=handle).first()
    if held is None:
        raise _unknown()
    return held


def _unknown() -> UseRefused:
    mend = "Go back to the pupil's page."
    return UseRefused(Reason("no-such-responsibility", "There is no such record", mend=mend))


def _held(row: Responsibility) -> Held:
    accesses = Access.objects.filter(responsibility=row).exclude(state=Access.ENDED)
    states = {Access.ASKED: "asked, not let in yet", Access.CONFIRMED: "let in"}
    account = next((states[access.state] for access in accesses.order_by("-asked_at")), "none")
    return Held(
        row.handle, row.adult_name, BASES[basis_of(row.basis)].words, EVIDENCE_WORDS.get(row.evidence, row.evidence),
        row.starts, row.ends, standing_of(row, born_of(row)).value, account, WORDS[Why(row.why)],
        row.stopped_at is not None,
    )  # fmt: skip
