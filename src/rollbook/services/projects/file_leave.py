"""Leave for a file by exception: a project asks in public, the panel decides, and either is public and in the log.

Without leave in force no study that hands over a file is kept, runs, is checked or leaves: the gate asks. Leave is for
one file of one project, by name and format, and ends by itself.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from rollbook.dataplane.runs.file_form import LONGEST_REASON, read_file_form
from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.exceptions import FORMATS, latest_end
from rollbook.policy.roles import Role
from rollbook.policy.uses import FileFacts
from rollbook.records.models.accounts import Account
from rollbook.records.models.exceptions import FileDecision, FileException
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Output, Project
from rollbook.services.accounts.messages import notify
from rollbook.services.log.documents import plain_document
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import accounts_of, is_one_of
from rollbook.services.platform.references import next_reference
from rollbook.services.platform.stray import stray_data
from rollbook.services.projects.projects import closed_because, member_project

__all__ = ["FORMATS", "LONGEST_REASON", "ask_exception", "decide_exception", "leave_for", "leave_taken_back"]

LONGEST_REASONS: Final = 2000
RESULTS: Final = (FileDecision.ALLOW, FileDecision.REFUSE)
_WORDS: Final = {FileDecision.ALLOW: "Allowed", FileDecision.REFUSE: "Not allowed"}


def ask_exception(*, by: Actor, project_ref: str, name: str, format: str, reason: str) -> str:
    """Ask that a study of the project may hand over this file, in public; gives the reference.

    Raises:
        AccessDenied: code `not-member`. InputRefused: code `study-file`, or what texts may not hold. UseRefused: code
        `exception-asked`, or why the project is closed.
    """
    account = require_session(by, Role.RESEARCHER)
    text = reason.strip()
    row: dict[str, Any] = {"name": name, "format": format, "reason": text}
    # What a study must say of its file is asked of the request too; columns are the study's own matter.
    _, reasons = read_file_form(row | ({"columns": ["a"]} if format == "csv" else {}))
    if found := [*(_at_field(one) for one in reasons), *stray_data({"reason": text})]:
        raise InputRefused(found)
    project = member_project(by, project_ref)
    if closed := closed_because(project):
        raise UseRefused(closed)
    with transaction.atomic():
        reference = next_reference(FileException, "exception")
        if FileException.objects.filter(project=project, name=name, format=format).exists():
            mend = "Wait for the panel, or declare a file of another name."
            raise UseRefused(Reason("exception-asked", "This file was asked for before", f"{name}.{format}", mend))
        FileException.objects.create(
            reference=reference, project=project, asked_by_id=account, asked_at=clock.now(), **row
        )
        audit(by, "ask-exception", reference, project=project_ref)
        for member in Account.objects.filter(role=Role.PANEL_MEMBER, is_active=True):
            notify(member)
    return reference


def decide_exception(*, by: Actor, reference: str, result: str, reasons: str, expires: date | None = None) -> None:
    """The panel's decision, by a member who, by none of their accounts, belongs to who asked: `allow`, which needs a
    last day at most a year ahead, or `refuse`. The latest counts, so leave can be taken back.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `own-organisation`. InputRefused: with every reason.
    """
    member = Account.objects.get(id=require_session(by, Role.PANEL_MEMBER))
    text = reasons.strip()
    if found := _faults(result, text, expires):
        raise InputRefused(found)
    with transaction.atomic():
        asked = _locked(reference)
        body = asked.project.request.organisation
        mine = Account.objects.filter(id__in=accounts_of(member.id))
        if mine.filter(Q(organisation=body) | Q(id=asked.asked_by_id) | Q(projects=asked.project)).exists():
            mend = "Another member of the panel decides."
            raise AccessDenied(Reason("own-organisation", "Your own organisation asked for this", reference, mend))
        number = asked.decisions.count() + 1
        digest, document = plain_document(_document(asked, result, text, expires).encode())
        entry = {
            "type": "publication",
            "id": f"{reference}/decision-{number}",
            "kind": "exception",
            "title": f"{_WORDS[result]}: a file by exception, {asked.project.reference}"[:200],
            "document": digest,
            "from": str(clock.today()),
        }
        FileDecision.objects.create(
            exception=asked,
            result=result,
            reasons=text,
            expires=expires,
            role=member.role,
            decided_by=member,
            made_at=clock.now(),
            submission_id=submit(entry, documents=[document]),
        )
        audit(by, f"{result}-exception", reference)
        notify(asked.asked_by)


def leave_for(project: Project, declared: Mapping[str, Any]) -> FileFacts | None:
    """What the gate is told of the file a study declares; None where it declares none."""
    if not declared:
        return None
    latest = latest_decision(project, declared)
    name, form = str(declared["name"]), str(declared["format"])
    if latest is None:
        return FileFacts(name, form)
    logged = latest.submission.state == LogSubmission.APPENDED
    return FileFacts(name, form, latest.result, latest.expires, logged)


def leave_taken_back(project: Project, declared: Mapping[str, Any]) -> Reason | None:
    """Why a file that was agreed may not leave after all: the panel has taken its leave back. One whose last day has
    passed meanwhile may finish.
    """
    latest = latest_decision(project, declared)
    if latest is not None and latest.result == FileDecision.ALLOW:
        return None
    mend = "Nothing comes out of it; see the register."
    return Reason("file-refused", "The panel has taken back its leave for this file", str(declared["name"]), mend)


def require_apart_from_leave(account: int, output: Output) -> None:
    """Refuse that whoever allowed a file, by whichever account, also judges it.

    Raises:
        UseRefused: code `leave-own`.
    """
    latest = latest_decision(output.run.study.project, output.run.study.file)
    if latest is not None and is_one_of(account, {latest.decided_by_id}):
        mend = "Somebody else judges it."
        raise UseRefused(Reason("leave-own", "You allowed this file yourself", output.reference, mend))


def latest_decision(project: Project, declared: Mapping[str, Any]) -> FileDecision | None:
    """What the panel last decided about the file a study declares."""
    rows = FileDecision.objects.select_related("submission", "exception").order_by("made_at", "id")
    return rows.filter(
        exception__project=project, exception__name=declared["name"], exception__format=declared["format"]
    ).last()


def _at_field(reason: Reason) -> Reason:
    return Reason(reason.code, reason.message, reason.where.rpartition(".")[2], reason.mend)


def _faults(result: str, reasons: str, expires: date | None) -> list[Reason]:
    found = [] if result in RESULTS else [Reason("result", "A panel allows or refuses", "result", "Choose one.")]
    if not reasons or len(reasons) > LONGEST_REASONS:
        mend = f"Give them in at most {LONGEST_REASONS} characters."
        found.append(Reason("reasons-missing", "The public is owed the reasons", "reasons", mend))
    today = clock.today()
    if result == FileDecision.ALLOW and not (expires and today <= expires <= latest_end(today)):
        mend = "Give a day at most a year ahead."
        found.append(Reason("expires", "Leave for a file ends within a year", "expires", mend))
    if result == FileDecision.REFUSE and expires is not None:
        found.append(Reason("expires", "Only leave has a last day", "expires", "Leave it empty."))
    return [*found, *stray_data({"reasons": reasons})]


def _document(asked: FileException, result: str, reasons: str, expires: date | None) -> str:
    lines = (
        f"Reference: {asked.reference}",
        f"Project: {asked.project.reference}",
        f"File: {asked.name}.{asked.format}",
        f"Why it was asked for: {asked.reason}",
        f"Decision of the panel: {_WORDS[result].lower()}{f', until {expires}' if expires else ''}",
        f"Reasons: {reasons}",
    )
    return "\n".join(lines) + "\n"


def _locked(reference: str) -> FileException:
    # The project's row is locked, for a page may change nothing of what was asked.
    rows = FileException.objects.select_for_update(of=("project",)).select_related("project__request__organisation")
    asked = rows.filter(reference=reference).first()
    if asked is None:
        mend = "See the register."
        raise InputRefused(Reason("exception-unknown", "There is no such exception", reference[:64], mend))
    return asked
