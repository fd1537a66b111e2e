"""The files that left by exception, and every leave that was asked for: the one door between them and the public.

Each says that it is exceptional, why it was made, whose decisions let it out, and that no audit covers it.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from rollbook.policy.revoking import GROUNDS
from rollbook.records.models.exceptions import FileDecision, FileException
from rollbook.records.models.studies import Output, Release
from rollbook.sdc.by_hand import NOT_COVERED
from rollbook.services.outputs.outputs import APPROVE, standing
from rollbook.services.platform import clock


@dataclass(frozen=True, slots=True)
class ReleasedFile:
    """A file that left. `reason` is why a table could not serve, `leave` the panel's exception, `decided_by` the roles
    of those who let it out, `warnings` what a machine said of it. One that was revoked has no text and no files.
    """

    reference: str
    title: str
    project: str
    request: str
    leave: str
    file: str
    reason: str
    not_covered: str
    warnings: tuple[str, ...]
    decided_by: tuple[str, ...]
    sha256: str
    text: str
    record: str
    manifest: str
    digest: str
    released_at: datetime
    index: int
    run: int
    revoked_at: datetime | None = None
    revoke_ground: str = ""
    revoke_reason: str = ""
    revoke_index: int | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """An exception that was asked for, with the panel's latest decision: `standing` says how it stands today."""

    reference: str
    project: str
    file: str
    reason: str
    asked_at: datetime
    standing: str
    reasons: str
    expires: date | None
    decided_at: datetime | None
    index: int | None


def released_files() -> tuple[ReleasedFile, ...]:
    """Every file that left, newest first."""
    rows = (
        Release.objects.filter(output__kind=Output.FILE)
        .exclude(released_at=None)
        .select_related(
            "submission", "revoke_submission", "output__run__submission", "output__run__study__project__request"
        )
    )
    return tuple(_file(row) for row in rows.order_by("-released_at", "-id"))


def leaves() -> tuple[Leave, ...]:
    """Every exception that was asked for, refused ones too, newest first."""
    rows = FileException.objects.select_related("project").order_by("-id")
    return tuple(_leave(row) for row in rows)


def _leave(row: FileException) -> Leave:
    latest = row.decisions.select_related("submission").order_by("made_at", "id").last()
    return Leave(
        reference=row.reference,
        project=row.project.reference,
        file=f"{row.name}.{row.format}",
        reason=row.reason,
        asked_at=row.asked_at,
        standing=_standing(latest),
        reasons=latest.reasons if latest else "",
        expires=latest.expires if latest else None,
        decided_at=latest.made_at if latest else None,
        index=latest.submission.index if latest else None,
    )


def _standing(latest: FileDecision | None) -> str:
    if latest is None:
        return "not decided"
    if latest.result == FileDecision.REFUSE:
        return "not allowed"
    return "ended" if latest.expires and clock.today() > latest.expires else "allowed"


def _file(row: Release) -> ReleasedFile:
    output = row.output
    study, gone = output.run.study, row.revoked_at is not None
    if row.released_at is None or row.submission.index is None or output.run.submission is None:
        raise ValueError("a released file has its entries in the log")
    approved = [one for one in standing(output.turns.latest("number")) if one.verdict == APPROVE]
    asked = FileException.objects.get(project=study.project, name=study.file["name"], format=study.file["format"])
    return ReleasedFile(
        reference=output.reference,
        title=output.title,
        project=study.project.reference,
        request=study.project.request.reference,
        leave=asked.reference,
        file=f"{study.file['name']}.{study.file['format']}",
        reason=study.file["reason"],
        not_covered=NOT_COVERED,
        warnings=() if gone else tuple(one["message"] for one in output.rules["warnings"]),
        decided_by=tuple(one.checker.role for one in approved),
        sha256=hashlib.sha256(row.file.encode()).hexdigest(),
        text="" if gone else row.file,
        record="" if gone else row.record,
        manifest="" if gone else row.manifest,
        digest=study.digest,
        released_at=row.released_at,
        index=row.submission.index,
        run=output.run.submission.index or 0,
        revoked_at=row.revoked_at,
        revoke_ground=GROUNDS[row.revoke_ground].words if gone else "",
        revoke_reason=row.revoke_reason if gone else "",
        revoke_index=row.revoke_submission.index if row.revoke_submission else None,
    )
