"""Correcting an entry: a new entry says which field was wrong, what it is, and why. The old one stays as it is.

A set, its manifest and whatever else a use rests on cannot be corrected; the log's rules refuse it (L13).
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.log.asking import require_allowed, submission_at
from rollbook.services.log.documents import text_document
from rollbook.services.log.outbox import submit
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit

REASONS: Final[Mapping[str, str]] = {
    "figure-wrong": "A figure was wrong",
    "name-wrong": "A name or title was wrong",
    "items-wrong": "The items or classes were wrong",
    "law-wrong": "The law that was named was wrong",
    "wording": "The wording was unclear",
}


def correct(*, by: Actor, index: int, change: Mapping[str, Any], reason: str, note: str = "") -> str:
    """Hand in a correction of the published entry `index`; gives the id of the new entry.

    Raises:
        AccessDenied: code `role`. UseRefused: code `entry-unknown`.
        InputRefused: code `reason`, or `log-rule` where the field is locked or the entry would be malformed.
    """
    require_role(by, Role.OPERATOR)
    if reason not in REASONS:
        mend = f"Use: {', '.join(REASONS)}."
        raise InputRefused(Reason("reason", "This is no reason for a correction", reason[:64], mend))
    wrong = submission_at(index)
    entry: dict[str, Any] = {
        "type": "correction", "id": f"correction-{secrets.token_hex(8)}", "reason": reason, "change": dict(change),
    }  # fmt: skip
    documents = []
    if note:
        entry["note_text"], document = text_document(note)
        documents.append(document)
    require_allowed(entry, of=index)
    with transaction.atomic():
        submit(entry, refs={"of": wrong.id}, documents=documents)
        audit(by, "correct-entry", entry["id"], entry=index, reason=reason)
    return str(entry["id"])
