"""A school sends a return by its page: the file is kept sealed, read by the job process, submitted by a second deed.

The web process never reads what is in the file. It seals the bytes as they come and stores them;
`services.returns.upload_check` and `services.returns.upload_take` do the rest in the job process. A file that is not
submitted is destroyed when another replaces it, when the school says so, or after `KEPT`.
"""

import hashlib
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.states import UPLOADS
from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.accounts.schooling import school_of
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.actors import Actor, Role, require_session, system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone

# A return of 5,000 pupils, the largest school of England, has under 20 MB.
MAX_UPLOAD: Final = 32 * 1024 * 1024
KEPT: Final = timedelta(days=14)
_LONGEST_NAME: Final = 100


def upload_return(*, by: Actor, name: str, data: bytes) -> str:
    """Keep a file to be checked; gives its handle. The school's earlier file that was not submitted is destroyed.

    Raises:
        InputRefused: codes `upload-empty`, `upload-too-large`.
        UseRefused: code `upload-at-work`: the school's last file is being taken in at this moment.
    """
    account, school = _school_of(by)
    _refuse_size(data)
    now = clock.now()
    with people_zone():
        _one_upload_at_a_time(school)
        _replace_earlier(by, school)
        row = Upload.objects.create(
            school_id=school, uploaded_by_id=account, uploaded_at=now, expires_at=now + KEPT, name=shown(name),
            size=len(data), file_sha256=hashlib.sha256(data).hexdigest(), epoch=f"{now:%Y-%m}",
        )  # fmt: skip
        row.content = open_keys(settings.ROLLBOOK).seal(row.epoch, data, sealed_name(row.pk))
        row.save(update_fields=["content"])
        jobs.defer("check_upload", upload_id=row.pk)
        audit(by, "upload-return", f"upload:{row.pk}", school=school, bytes=len(data))
    return row.handle


def submit_upload(*, by: Actor, handle: str) -> None:
    """Hand a checked file to the authority; a second time changes nothing.

    Raises:
        UseRefused: codes `state`, `upload-errors`, `queries-unexplained`.
    """
    with people_zone():
        row = own_upload(by, handle, lock=True)
        if row.state in (Upload.SUBMITTED, Upload.RECEIVED):
            return
        _refuse_step(row, Upload.SUBMITTED)
        _refuse_unfinished(row)
        row.state, row.submitted_at = Upload.SUBMITTED, clock.now()
        row.save(update_fields=["state", "submitted_at"])
        jobs.defer("take_upload", upload_id=row.pk)
        audit(by, "submit-upload", f"upload:{row.pk}", school=row.school_id)


def discard_upload(*, by: Actor, handle: str) -> None:
    """Destroy a file that was not submitted; a second time changes nothing.

    Raises:
        UseRefused: code `state`: it was submitted.
    """
    with people_zone():
        row = own_upload(by, handle, lock=True)
        if row.state == Upload.REPLACED:
            return
        _refuse_step(row, Upload.REPLACED)
        destroy(row, Upload.REPLACED)
        forget_explanations()
        audit(by, "discard-upload", f"upload:{row.pk}", school=row.school_id)


def own_upload(by: Actor, handle: str, *, lock: bool = False) -> Upload:
    """One upload of the asker's own school; called inside the people zone.

    Raises:
        AccessDenied: code `no-upload`, alike for another school's and for none.
    """
    _, school = _school_of(by)
    rows: QuerySet[Upload] = Upload.objects.filter(handle=handle, school_id=school)
    row = (rows.select_for_update() if lock else rows).first()
    if row is None:
        raise AccessDenied(Reason("no-upload", "Your school has no such file"))
    return row


def forget_expired() -> int:
    """Destroy files that nobody submitted in time, and what is left of those that came to nothing; gives how many."""
    with people_zone():
        late = Upload.objects.filter(expires_at__lte=clock.now()).select_for_update().order_by("pk")
        waiting = list(late.filter(state__in=(Upload.WAITING, Upload.CHECKED)))
        for row in waiting:
            destroy(row, Upload.EXPIRED)
            row.queries.all().delete()
            audit(system(), "expire-upload", f"upload:{row.pk}", school=row.school_id)
        late.filter(state__in=(Upload.REFUSED, Upload.REPLACED)).delete()
        forget_explanations()
    return len(waiting)


def destroy(row: Upload, state: str) -> None:
    """Remove a file and what was found in it. Queries stay for the next file, which takes over what still holds."""
    row.state, row.content, row.findings, row.name = state, None, {}, ""
    row.save(update_fields=["state", "content", "findings", "name"])
    row.queries.update(upn_end="")


def forget_explanations() -> None:
    """Remove explanations that no finding has any more; called inside the people zone."""
    Explanation.objects.filter(queries=None).delete()


def sealed_name(upload_id: int) -> str:
    """What the sealed bytes are bound to, so that one file cannot be put in another's place."""
    return f"upload-{upload_id}"


def shown(name: str) -> str:
    """A file's name as it may be shown: its last part, without characters that do not print."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one if one.isprintable() else "?" for one in last)[:_LONGEST_NAME]


def _school_of(by: Actor) -> tuple[int, str]:
    account = require_session(by, Role.SCHOOL_DATA_MANAGER)
    return account, school_of(account)


def _refuse_size(data: bytes) -> None:
    if not data:
        raise InputRefused(Reason("upload-empty", "The file is empty", "file", "Choose the file with the return."))
    if len(data) > MAX_UPLOAD:
        most = MAX_UPLOAD // 1024 // 1024
        mend = f"Send the file of one school, at most {most} MB. If it is right, ask the data team to load it."
        raise InputRefused(Reason("upload-too-large", f"The file is larger than {most} MB", "file", mend))


def _one_upload_at_a_time(school: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"upload:{school}"])


def _replace_earlier(by: Actor, school: str) -> None:
    for row in Upload.objects.select_for_update().filter(school_id=school, state__in=Upload.AT_WORK):
        if row.state == Upload.SUBMITTED:
            mend = "Wait until its receipt is there, then send the new file."
            raise UseRefused(Reason("upload-at-work", "Your last file is being taken in", "file", mend))
        destroy(row, Upload.REPLACED)
        audit(by, "replace-upload", f"upload:{row.pk}", school=school)
    Upload.objects.filter(school_id=school, state=Upload.EXPIRED).delete()


def _refuse_step(row: Upload, wanted: str) -> None:
    reason = UPLOADS.refuses(row.state, wanted)
    if reason is not None:
        raise UseRefused(reason)


def _refuse_unfinished(row: Upload) -> None:
    if row.findings["counts"]["error"]:
        mend = "Mend the errors in the school's system and send the new file."
        raise UseRefused(Reason("upload-errors", "This file has errors, and would be refused whole", mend=mend))
    if unexplained(row).exists():
        mend = "Explain each query, or mend it and send the new file."
        raise UseRefused(Reason("queries-unexplained", "Some queries have no explanation", mend=mend))


def unexplained(row: Upload) -> QuerySet[Query]:
    """Queries of an upload without an explanation that counts."""
    return row.queries.exclude(explanation__state__in=(Explanation.GIVEN, Explanation.ACCEPTED))
