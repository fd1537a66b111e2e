"""Sending the notices that wait in the outbox folder, by SMTP where a server is set; until then they stay there.

A notice says that something has moved on, and where to sign in: no name, no reference, no data. Deeds only leave a file
(`rollbook.services.accounts.messages`); the job process sends it once the deed stands, so that no failing mail can
lose or hold up a deed. A file goes only once a server has taken it: one that is down keeps all of them for the next
time, and one notice may come twice where the machine stops in between.
"""

import fcntl
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final

from django.conf import settings

from rollbook.services.platform import clock
from rollbook.services.platform.config import Smtp

log = logging.getLogger("rollbook.jobs")

TIMEOUT_SECONDS: Final = 20.0
REFUSED: Final = "refused"


def outbox() -> Path:
    """The folder in which notices wait."""
    folder: Path = settings.ROLLBOOK.data / "outbox"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def send_waiting() -> int:
    """Send what waits, oldest first; gives how many were sent. A server that is down or unsafe leaves all as it is."""
    smtp: Smtp | None = settings.ROLLBOOK.smtp
    if smtp is None:
        return 0
    with _alone():
        return _send_all(smtp)


@contextmanager
def _alone() -> Iterator[None]:
    """Job and upkeep do not send the same notice twice: whoever comes second sends what is left."""
    with (outbox() / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _send_all(smtp: Smtp) -> int:
    waiting = sorted(outbox().glob("*.eml"))
    if not waiting:
        return 0
    sent = 0
    try:
        with _session(smtp) as session:
            for file in waiting:
                sent += _send(session, file, smtp.sender)
    except (OSError, smtplib.SMTPException) as fault:
        # Its words could quote an address.
        log.warning("post: %s; %d notices wait", type(fault).__name__, len(list(outbox().glob("*.eml"))))
    return sent


@contextmanager
def _session(smtp: Smtp) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if smtp.security == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        session = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
    with session:
        if smtp.security == "starttls":
            # Raises where the server does not offer it: nothing is ever sent in the clear instead.
            session.starttls(context=context)
        if smtp.user:
            password = smtp.password_file.read_text().strip() if smtp.password_file else ""
            session.login(smtp.user, password)
        yield session


def _send(session: smtplib.SMTP, file: Path, sender: str) -> bool:
    """Send one notice. One that the server refuses for good is put aside, so that it holds up no other."""
    try:
        session.send_message(_message(file, sender))
    except smtplib.SMTPRecipientsRefused as refused:
        if all(code >= 500 for code, _ in refused.recipients.values()):
            (outbox() / REFUSED).mkdir(mode=0o700, exist_ok=True)
            file.rename(outbox() / REFUSED / file.name)
        return False
    file.unlink()
    return True


def _message(file: Path, sender: str) -> EmailMessage:
    stored = message_from_bytes(file.read_bytes(), policy=policy.default)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, stored["To"], stored["Subject"]
    message["Date"], message["Message-ID"] = format_datetime(clock.now()), make_msgid(domain=sender.partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(stored.get_content())
    return message
