"""Messages to accounts: read after signing in (`services.accounts.inbox`). What goes out says only that there is one.

Left to others: sending what waits in the outbox folder, which a job does at once (`rollbook.services.accounts.post`).
A folder that cannot be written loses the notice and nothing else: the deed stands, and whoever it is for finds it when
they sign in.
"""

import logging
import secrets

from django.conf import settings
from django.db import DatabaseError, transaction

from rollbook.records.models.accounts import Account
from rollbook.records.models.control import Message
from rollbook.services.accounts.post import outbox
from rollbook.services.platform import clock, jobs

log = logging.getLogger("rollbook.jobs")

NOTICE = "Subject: You have a message\nTo: {to}\n\nSign in to read it: {url}/record/messages/\n"
# Not a word of which output or what became of it: a post box is not a safe setting.
WORK_NOTICE = "Subject: An output has moved on\nTo: {to}\n\nSign in to see it: {url}/casework/\n"


def tell(account: Account, *, kind: str, subject: str, body: str, about: str = "") -> None:
    """Leave a message for `account` in the caller's transaction; `about` is that account's own handle of a record."""
    Message.objects.create(account=account, kind=kind, subject=subject, body=body, about=about, made_at=clock.now())
    transaction.on_commit(lambda: _write_notice(account.email))


def notify(account: Account) -> None:
    """Tell somebody who works here, once the caller's transaction stands, that something of theirs has moved on."""
    transaction.on_commit(lambda: _write_notice(account.email, WORK_NOTICE))


def _write_notice(email: str, words: str = NOTICE) -> None:
    name = f"{clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    try:
        # Under its name only once it is whole, for the sender takes whatever bears that name.
        unfinished = outbox() / f"{name}.part"
        unfinished.write_text(words.format(to=email, url=settings.ROLLBOOK.public_url))
        unfinished.rename(unfinished.with_suffix(".eml"))
        if settings.ROLLBOOK.smtp is not None:
            # At once; what is left, because a server or this process was down, goes by the upkeep.
            jobs.defer_once("send_notices")
    except (OSError, DatabaseError) as fault:
        log.error("a notice was not written or not handed on: %s", type(fault).__name__)
