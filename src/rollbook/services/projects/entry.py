"""The door of a project: everything of the Five Safes that is asked at the moment of a use, and why it says no.

Signing in to a project, sending a study in, asking for a run and checking a table are uses. The run itself asks the
gate again, from the place where it was asked for. Nothing here is stored: an expiry bites because the day is asked.
"""

from collections.abc import Sequence

from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.policy.gate import Refused
from rollbook.policy.states import RequestState
from rollbook.records.models.studies import Project, Run
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.projects.gating import gate_for_entry, gate_for_run
from rollbook.services.projects.projects import closed_because
from rollbook.services.projects.safe_places import Place, place_of


def enter(by: Actor, project: Project) -> Place:
    """The place a member works from, if project, papers, person and place all hold today.

    Raises:
        AccessDenied: not a signed-in researcher. UseRefused: with every reason.
    """
    place, reasons = at_the_door(by, project)
    if reasons or place is None:
        raise UseRefused(reasons)
    return place


def at_the_door(by: Actor, project: Project) -> tuple[Place | None, tuple[Reason, ...]]:
    """Where the member works from, and all that keeps them out today."""
    account = require_session(by, Role.RESEARCHER)
    place = place_of(by, project.request.organisation)
    closed = closed_because(project)
    found = gate_for_entry(project=project, account_id=account, place=place)
    return place, _together(closed, found)


def require_for_check(run: Run) -> None:
    """Refuse to approve a table where its run could not begin today: what has expired since bites here too.

    Raises:
        UseRefused: with every reason.
    """
    project = Project.objects.select_related("request").get(id=run.study.project_id)
    if project.request.state in {RequestState.REJECTED, RequestState.WITHDRAWN}:
        return  # the verdict that would release such a table stops it for good
    # Choices were applied when the run drew its people, and are applied anew by the next run.
    answer = gate_for_run(run_id=run.id, objectors_left=0, people=run.people)
    reasons = _together(closed_because(project), answer.reasons if isinstance(answer, Refused) else ())
    if reasons:
        raise UseRefused(reasons)


def _together(closed: Reason | None, found: Sequence[Reason]) -> tuple[Reason, ...]:
    if closed is None:
        return tuple(found)
    return (closed, *(one for one in found if one.code != closed.code))
