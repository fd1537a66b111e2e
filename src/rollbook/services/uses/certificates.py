"""Certificates that data is no more: one for each use, in the log, in place of somebody's word.

What was opened inside is removed when its run ends, and its pseudonyms end with the project's key: closing a project
certifies both. A file that left (a feed, a copy of before) is certified by whoever had it; the operator records that.
"""

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Project, Run
from rollbook.services.log.asking import require_allowed, submission_at
from rollbook.services.log.documents import text_document
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit

METHODS: Final[Mapping[str, str]] = {
    "erased": "Every copy was erased",
    "media-destroyed": "The media were destroyed",
    "key-destroyed": "The key of every copy was destroyed",
}
INSIDE: Final = "extract-removed"


def certify(*, by: Actor, index: int, on: date, method: str, certificate: str) -> str:
    """Record that the data of the use `index` was destroyed; gives the id of the new entry.

    Raises:
        AccessDenied: code `role`. UseRefused: code `entry-unknown`.
        InputRefused: code `method`, `day`, `certificate`, or `log-rule` where the entry is no use or still sealed.
    """
    require_role(by, Role.OPERATOR)
    wrong = []
    if method not in METHODS:
        wrong.append(Reason("method", "This is no way to destroy data", method[:64], f"Use: {', '.join(METHODS)}."))
    if on > clock.today():
        wrong.append(Reason("day", "The day is in the future", str(on)))
    if not certificate.strip():
        wrong.append(Reason("certificate", "The certificate has no text", mend="Give the text that was signed."))
    if wrong:
        raise InputRefused(wrong)
    use, name = submission_at(index), f"destroyed-{secrets.token_hex(8)}"
    entry, document = _entry(name, on, method, certificate)
    require_allowed(entry, of=index)
    with transaction.atomic():
        submit(entry, refs={"of": use.id}, documents=[document])
        audit(by, "certify-destruction", name, entry=index, method=method)
    return name


def close_runs(project: Project) -> int:
    """One certificate for each run whose data was opened; called inside the deed that closes the project."""
    runs = Run.objects.filter(study__project=project).exclude(submission__state__in=LogSubmission.WITHOUT_PLACE)
    opened = [(run, run.submission_id) for run in runs.order_by("id") if run.submission_id is not None]
    for run, submission in opened:
        ended = (run.ended_at or clock.now()).date()
        text = (
            f"The extract of {project.reference} was removed on {ended}, when the run ended. "
            f"The key of the project's pseudonyms was destroyed on {clock.today()}."
        )
        entry, document = _entry(f"run-{run.id}-destroyed", clock.today(), INSIDE, text)
        submit(entry, refs={"of": submission}, documents=[document])
    return len(opened)


def _entry(name: str, on: date, method: str, text: str) -> tuple[dict[str, Any], bytes]:
    digest, document = text_document(text)
    return {"type": "destroyed", "id": name, "on": str(on), "method": method, "certificate_text": digest}, document
