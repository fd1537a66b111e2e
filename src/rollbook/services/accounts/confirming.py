"""Letting an account in: face to face at the school, or by someone who may already see the record.

Both need the number that only somebody signed in to the waiting account can read. So a clerk who ticks the wrong
line, or is shown a genuine passport for an account that someone else started, lets nobody in.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.records.models.identity import Access
from rollbook.rights.bases import BASES, IDENTITY_CHECKS, Deed, basis_of
from rollbook.rights.reasons import Why
from rollbook.services.accounts.access import pass_door
from rollbook.services.accounts.access_rows import name_of, passes, ready, school_of_pupil
from rollbook.services.accounts.codes import same_number
from rollbook.services.accounts.schooling import school_of
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone

IN_PERSON, BY_ACCOUNT = "school-in-person", "existing-account"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account that asks to be let in: who it says it is, on which ground, since when. No child is named."""

    handle: str
    name: str
    ground: str
    own_record: bool
    asked_at: datetime


def waiting_at_school(by: Actor) -> tuple[Waiting, ...]:
    """Who asks to be let in and belongs to a pupil of the asker's own school."""
    account_id = require_session(by, Role.SCHOOL_DATA_MANAGER)
    with people_zone():
        mine = school_of(account_id)
        rows = [row for row in ready(Access.objects.filter(state=Access.ASKED)) if school_of_pupil(row) == mine]
        return tuple(_waiting(row) for row in rows if passes(row, Deed.SEE))


def confirm_in_person(*, by: Actor, access: str, account_number: str, evidence: str) -> None:
    """Let the account in, having seen its holder and their proof of who they are.

    Raises:
        InputRefused: no proof was chosen.
        UseRefused: with code `nobody-waiting`, or `number` when the number is not the one that account shows.
    """
    account_id = require_session(by, Role.SCHOOL_DATA_MANAGER)
    if evidence not in IDENTITY_CHECKS:
        mend = "Look at a proof of who they are, then choose which."
        raise InputRefused(Reason("evidence", "Say which proof you have seen", where="evidence", mend=mend))
    with people_zone():
        found = _at_my_school(account_id, access)
        _let_in(by, found, account_number, how=IN_PERSON, evidence=evidence)


def refuse_in_person(*, by: Actor, access: str) -> None:
    """Turn the account away: its holder did not prove who they are. A new letter lets them ask again."""
    account_id = require_session(by, Role.SCHOOL_DATA_MANAGER)
    with people_zone():
        found = _at_my_school(account_id, access)
        Access.objects.filter(pk=found.pk).update(
            state=Access.ENDED, ended_at=clock.now(), end_reason=Why.REFUSED_IDENTITY.value
        )
        audit(by, "refuse-access", f"access:{found.pk}", why=Why.REFUSED_IDENTITY.value)


def waiting_for_approval(by: Actor, handle: str) -> tuple[Waiting, ...]:
    """The adults who ask to see the record behind `handle`, for somebody with responsibility who sees it already."""
    with people_zone():
        own = _approver(by, handle)
        rows = ready(
            Access.objects.filter(
                person_id__in=keys_of(own.person_id), state=Access.ASKED, responsibility__isnull=False
            )
        )
        return tuple(_waiting(row) for row in rows if passes(row, Deed.SEE))


def approve(*, by: Actor, handle: str, access: str, account_number: str) -> None:
    """Let another adult with recorded responsibility for the same child in.

    Raises:
        AccessDenied: with code `no-record` when the asker may not decide about the record.
        UseRefused: with code `nobody-waiting` or `number`.
    """
    with people_zone():
        own = _approver(by, handle)
        rows = Access.objects.filter(person_id__in=keys_of(own.person_id), responsibility__isnull=False)
        _let_in(by, _waiting_row(rows, access), account_number, how=BY_ACCOUNT, evidence="")


def _approver(by: Actor, handle: str) -> Access:
    own = pass_door(by, handle, Deed.CHOOSE)
    if own.responsibility_id is None:
        raise AccessDenied(Reason("role", "Only an adult with responsibility can let another adult in"))
    return own


def _at_my_school(account_id: int, access: str) -> Access:
    return _waiting_row(Access.objects.all(), access, school_of(account_id))


def _waiting_row(rows: QuerySet[Access], access: str, school: str | None = None) -> Access:
    found = ready(rows.filter(handle=access, state=Access.ASKED)).first()
    elsewhere = found is not None and school is not None and school_of_pupil(found) != school
    if found is None or elsewhere or not passes(found, Deed.SEE):
        raise UseRefused(Reason("nobody-waiting", "Nobody waits under this name here", mend="Go back to the list."))
    return found


def _let_in(by: Actor, found: Access, number: str, *, how: str, evidence: str) -> None:
    if not same_number(number, found.account_id):
        mend = "Ask the person to sign in and read the number from their own account. Let nobody in without it."
        raise UseRefused(Reason("number", "This is not the number of that account", where="account_number", mend=mend))
    now = clock.now()
    changed = Access.objects.filter(pk=found.pk, state=Access.ASKED).update(
        state=Access.CONFIRMED, how=how, evidence=evidence, confirmed_by_id=by.account_id, confirmed_at=now
    )
    if not changed:
        raise UseRefused(Reason("nobody-waiting", "Nobody waits under this name here", mend="Go back to the list."))
    if found.responsibility is not None:
        found.responsibility.account_id = found.account_id
        found.responsibility.why = Why.ACTIVATED.value
        found.responsibility.save(update_fields=["account", "why"])
    audit(by, "confirm-access", f"access:{found.pk}", how=how, evidence=evidence)


def _waiting(row: Access) -> Waiting:
    held = row.responsibility
    if held is None:
        return Waiting(row.handle, name_of(row), "The pupil", True, row.asked_at)
    return Waiting(row.handle, held.adult_name, BASES[basis_of(held.basis)].words, False, row.asked_at)
