"""Messages to accounts: read after signing in (`rollbook.services.inbox`). What goes out says only that there is one.

Left to others: sending. The embedded default writes each notice to the outbox folder and says so.
"""

import secrets

from django.conf import settings
from django.db import transaction

from rollbook.records.models.accounts import Account
from rollbook.records.models.control import Message
from rollbook.services import clock

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
    folder = settings.ROLLBOOK.data / "outbox"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.eml"
    (folder / name).write_text(words.format(to=email, url=settings.ROLLBOOK.public_url))
