"""Projects: approved requests at work, and who is a member. Whether a project is open is asked at every use, never
stored.

A project's pseudonym key is made before its row, by a process that may open the keys (the operator's or the jobs'): a
row whose key is missing would be worse than a key nobody uses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.policy.states import PROJECTS, ProjectState, RequestState
from rollbook.records.models.accounts import Account
from rollbook.records.models.governance import Decision, Request
from rollbook.records.models.studies import Project, Run
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role, require_session, system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.uses import certificates

_AT_WORK = frozenset({"approved", "live"})
UNDER_WAY = (Run.QUEUED, Run.OPENED, Run.RUNNING)


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project as its members see it in a list; `closed_because` is empty while it can be used."""

    reference: str
    title: str
    request: str
    items: tuple[str, ...]
    collections: tuple[str, ...]
    ends: date
    closed_because: str


def open_project(*, by: Actor, request_ref: str, members: Sequence[int] = ()) -> str:
    """Make an approved request a project with a key of its own; gives its reference. A second call changes nothing.

    Raises:
        AccessDenied: code `role`. UseRefused: why the request is not at work. InputRefused: code `member`.
    """
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    request = _request(request_ref)
    if reason := _not_approved(request):
        raise UseRefused(reason)
    reference = f"project-{request.reference.replace('/', '-')}"[:64]
    open_keys(settings.ROLLBOOK).create_project_key(reference)
    with transaction.atomic():
        project, made = Project.objects.get_or_create(
            request=request, defaults={"reference": reference, "opened_at": clock.now()}
        )
        _add(project, [*_requester(request), *members])
        if made:
            Request.objects.filter(id=request.id, state=RequestState.APPROVED).update(state=RequestState.LIVE)
            audit(by, "open-project", reference, request=request.reference)
    return reference


def add_member(*, by: Actor, project_ref: str, account_id: int) -> None:
    """Let a researcher of the requesting organisation work in the project. Accreditation is asked for at each use."""
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        project = Project.objects.select_related("request").filter(reference=project_ref).first()
        if project is None:
            raise _no_project(project_ref)
        _add(project, [account_id])
        audit(by, "add-project-member", project_ref, account=account_id)


def remove_member(*, by: Actor, project_ref: str, account_id: int) -> None:
    """Take somebody off a project, from this moment on; what they sent in and asked for stays on record.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `project`, `member`.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        project = Project.objects.filter(reference=project_ref).first()
        if project is None:
            raise _no_project(project_ref)
        if not project.members.filter(id=account_id).exists():
            mend = "See who is on the project."
            raise InputRefused(Reason("member", "This account is no member", str(account_id), mend))
        project.members.remove(account_id)
        audit(by, "remove-project-member", project_ref, account=account_id)


def close_project(*, by: Actor, project_ref: str) -> None:
    """End a project for good: nobody works in it again, and its pseudonyms can never be made again.

    The key goes after the commit. Where a process dies between the two, the key that is left opens nothing: every use
    asks first whether the project is open.

    Raises:
        AccessDenied: code `role`. InputRefused: code `project`. UseRefused: it is closed already (`state`), or a run of
        it is under way (`run-under-way`).
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        project = Project.objects.select_for_update().filter(reference=project_ref).first()
        if project is None:
            raise _no_project(project_ref)
        state = ProjectState.OPEN if project.closed_at is None else ProjectState.CLOSED
        if reason := PROJECTS.refuses(state, ProjectState.CLOSED):
            raise UseRefused(reason)
        if Run.objects.filter(study__project=project, state__in=UNDER_WAY).exists():
            mend = "Wait until it has ended."
            raise UseRefused(Reason("run-under-way", "A run of this project is under way", project_ref, mend))
        project.closed_at = clock.now()
        project.save(update_fields=["closed_at"])
        # One that was refused or withdrawn stays what it is.
        Request.objects.filter(id=project.request_id, state=RequestState.LIVE).update(state=RequestState.CLOSED)
        certificates.close_runs(project)
        audit(by, "close-project", project_ref)
    open_keys(settings.ROLLBOOK).destroy_project_key(project_ref)


def open_approved(request_id: int) -> None:
    """The job that a panel's approval asks for: the request becomes a project, with the requester as its first
    member.
    """
    open_project(by=system(), request_ref=Request.objects.get(id=request_id).reference)


def not_at_work(request: Request, day: date) -> Reason | None:
    """Why the request cannot be worked on on `day`: not approved, not begun, over, or its approval has expired."""
    if reason := _not_approved(request):
        return reason
    expires = _latest(request).expires
    if not request.starts <= day <= request.ends or expires is None or day > expires:
        mend = "Ask for a renewal: a new request that amends this one."
        return Reason("request-dates", "Today is outside the dates that were approved", request.reference, mend)
    return None


def _not_approved(request: Request) -> Reason | None:
    if request.state in _AT_WORK and _latest(request).result == "approve":
        return None
    mend = "Wait for the panel's decision; see the register."
    return Reason("not-approved", "The request is not approved", request.reference, mend)


def _latest(request: Request) -> Decision:
    return request.decisions.latest("made_at", "id")


def member_project(by: Actor, project_ref: str) -> Project:
    """The project, for a researcher who is a member and signed in; one text for 'not a member' and 'no such project'.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `not-member`.
    """
    account = require_session(by, Role.RESEARCHER)
    project = Project.objects.select_related("request").filter(reference=project_ref, members=account).first()
    if project is None:
        mend = "Ask the requester of the project to have you added."
        raise AccessDenied(Reason("not-member", "You are not a member of this project", mend=mend))
    return project


def closed_because(project: Project) -> Reason | None:
    """Why the project cannot be used today."""
    if project.closed_at is not None:
        return Reason("project-closed", "The project is closed", project.reference, "Ask with a new request.")
    return not_at_work(project.request, clock.today())


def projects_of(by: Actor) -> tuple[ProjectLine, ...]:
    """The projects the signed-in researcher is a member of."""
    account = require_session(by, Role.RESEARCHER)
    rows = Project.objects.select_related("request").filter(members=account).order_by("reference")
    return tuple(project_line(project) for project in rows)


def project_line(project: Project) -> ProjectLine:
    """What members see of a project."""
    reason = closed_because(project)
    request = project.request
    expires = _latest(request).expires
    return ProjectLine(
        reference=project.reference,
        title=request.title,
        request=request.reference,
        items=tuple(request.items),
        collections=tuple(request.collections),
        ends=min(request.ends, expires) if expires else request.ends,
        closed_because=reason.sentence() if reason else "",
    )


def _no_project(reference: str) -> InputRefused:
    mend = "See the researcher's list of projects."
    return InputRefused(Reason("project", "There is no such project", reference[:64], mend))


def _request(reference: str) -> Request:
    request = Request.objects.filter(reference=reference).first()
    if request is None:
        raise InputRefused(Reason("request", "There is no such request", reference[:64], "See the register."))
    return request


def _requester(request: Request) -> list[int]:
    return [request.requester_id] if request.requester.role == Role.RESEARCHER else []


def _add(project: Project, members: Sequence[int]) -> None:
    for account_id in members:
        account = Account.objects.filter(id=account_id, role=Role.RESEARCHER, is_active=True).first()
        if account is None or account.organisation_id != project.request.organisation_id:
            mend = "Name a researcher's account of the organisation that asked."
            raise InputRefused(Reason("member", "This account cannot be a member", str(account_id), mend))
        project.members.add(account)
