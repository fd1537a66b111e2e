"""What an account of the portal finds among its messages."""

from dataclasses import dataclass
from datetime import datetime

from rollbook.records.models.control import Message
from rollbook.rights.bases import Deed
from rollbook.services.accounts.access import PORTAL_ROLES
from rollbook.services.accounts.access_rows import confirmed_of, name_of, passing
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.people_zone import people_zone


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """One message as its reader sees it; `record` is the name of the record it is about."""

    subject: str
    body: str
    record: str
    handle: str
    made_at: datetime
    is_new: bool


def messages_for(by: Actor) -> tuple[InboxMessage, ...]:
    """The asker's messages, newest first; reading marks them as read.

    A message about a record that is no longer the asker's to see is not shown, as if it had never come.
    """
    account_id = require_session(by, *PORTAL_ROLES)
    with people_zone():
        names = {one.handle: name_of(one) for one in passing(confirmed_of(account_id), Deed.SEE)}
        rows = list(Message.objects.filter(account_id=account_id, about__in=["", *names]).order_by("-made_at", "-pk"))
        found = tuple(
            InboxMessage(one.subject, one.body, names.get(one.about, ""), one.about, one.made_at, one.read_at is None)
            for one in rows
        )
        Message.objects.filter(pk__in=[one.pk for one in rows], read_at=None).update(read_at=clock.now())
    return found


def new_messages(by: Actor) -> int:
    """How many messages the asker has not read."""
    account_id = require_session(by, *PORTAL_ROLES)
    with people_zone():
        handles = [one.handle for one in passing(confirmed_of(account_id), Deed.SEE)]
        return Message.objects.filter(account_id=account_id, about__in=["", *handles], read_at=None).count()
