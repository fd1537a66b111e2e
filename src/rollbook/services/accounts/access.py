"""The one door to a person's record: every read of the portal passes `allowed`, which gives a person key to services
only.

Whoever may not pass gets one answer, by one path, with the same query: for a handle that does not exist, another
account's handle, an access that was never confirmed, one that ended, and one under a safeguarding stop. So nobody
learns which it was.
"""

from dataclasses import dataclass

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.records.models.identity import Access
from rollbook.rights.bases import Deed
from rollbook.services.accounts.access_rows import confirmed_of, name_of, passes, passing, ready
from rollbook.services.accounts.arrivals import welcome
from rollbook.services.accounts.codes import account_number
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone

PORTAL_ROLES = (Role.PARENT, Role.PUPIL)


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """One record the asker may see: its handle for addresses, the name to show, whether it is the asker's own."""

    handle: str
    name: str
    own: bool


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Somebody who may see a record, and how that was confirmed."""

    name: str
    how: str


HOW = {
    "school-in-person": "A member of school staff checked who they are, face to face",
    "existing-account": "Another person who can see the record let them in",
}


def no_record() -> AccessDenied:
    """The one refusal of the portal. Its page is the page for an address that does not exist."""
    return AccessDenied(Reason("no-record", "There is no such page"))


def allowed(by: Actor, handle: str, deed: Deed = Deed.SEE) -> int:
    """The person key behind `handle`, for other services; it never goes further up.

    Raises:
        AccessDenied: with code `no-record`, whatever the ground.
    """
    return int(pass_door(by, handle, deed).person_id)


def pass_door(by: Actor, handle: str, deed: Deed = Deed.SEE) -> Access:
    """As `allowed`, but the whole row: for services that also need the name or the responsibility."""
    account_id = require_session(by, *PORTAL_ROLES)
    with people_zone():
        found = ready(Access.objects.filter(handle=handle, account_id=account_id, state=Access.CONFIRMED)).first()
        if found is None or not passes(found, deed):
            raise no_record()
        welcome(by, found)
        return found


def may(by: Actor, handle: str, deed: Deed) -> bool:
    """Whether the asker may do `deed` with the record behind `handle`; for a page that shows or hides a button."""
    try:
        pass_door(by, handle, deed)
    except AccessDenied:
        return False
    return True


def asker(by: Actor) -> int:
    """The number of the asker's account, for rows that are the account's own."""
    return require_session(by, *PORTAL_ROLES)


def open_record(by: Actor, handle: str) -> OpenRecord:
    """The record behind `handle`, for the head of a page."""
    found = pass_door(by, handle)
    return OpenRecord(found.handle, name_of(found), found.responsibility_id is None)


def open_records(by: Actor) -> tuple[OpenRecord, ...]:
    """Every record the asker may see, their own first.

    It is empty alike for a stranger and for somebody who was stopped.
    """
    account_id = require_session(by, *PORTAL_ROLES)
    with people_zone():
        found = passing(confirmed_of(account_id))
        for one in found:
            welcome(by, one)
        rows = [OpenRecord(one.handle, name_of(one), one.responsibility_id is None) for one in found]
    return tuple(sorted(rows, key=lambda row: (not row.own, row.name)))


def own_number(by: Actor) -> str:
    """The number to show at the school's desk. Every account of the portal has one, whatever it may see."""
    return account_number(require_session(by, *PORTAL_ROLES))


def onlookers(by: Actor, handle: str) -> tuple[Onlooker, ...]:
    """The adults who may see the record, the asker included. A pupil's own account is nobody else's business."""
    person_key = allowed(by, handle)
    with people_zone():
        rows = Access.objects.filter(
            person_id__in=keys_of(person_key), state=Access.CONFIRMED, responsibility__isnull=False
        )
        found = [(one.responsibility, one.how) for one in passing(ready(rows))]
    return tuple(Onlooker(held.adult_name, HOW[how]) for held, how in found if held is not None)
