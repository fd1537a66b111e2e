"""The first page of casework: where each role's work is. A role with one place is led there at once."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from rollbook.services.platform.actors import Role
from rollbook.web.access import access
from rollbook.web.ui.actor import actor

# Names of addresses, with what is done there.
PLACES: Mapping[Role, tuple[tuple[str, str], ...]] = {
    Role.RESEARCHER: (
        ("casework_requests", "Your requests"),
        ("casework_projects", "Your projects, studies and runs"),
        ("casework_device", "Register this device"),
    ),
    Role.PANEL_MEMBER: (
        ("casework_panel", "Requests to decide"),
        ("casework_exceptions", "Files asked for by exception"),
    ),
    Role.OUTPUT_CHECKER: (
        ("casework_checking", "Outputs to check"),
        ("casework_left", "Tables that left, to revoke"),
        ("casework_rechecks", "Tables that would not pass today"),
    ),
    Role.POLICE_OFFICER: (("casework_cases", "Your cases"),),
    Role.CUSTODIAN: (
        ("casework_desk", "Gateway cases that wait"),
        ("casework_pupil", "Who may act for a pupil"),
        ("casework_doubles", "Records that may be one person’s"),
        ("casework_divisions", "Records that hold two children"),
        ("casework_apart", "Records never joined"),
        ("casework_explanations", "What schools explain"),
    ),
    Role.DATA_PROTECTION_OFFICER: (
        ("casework_seals", "Sealed cases, and when each must be told"),
        ("casework_pupil", "Who may act for a pupil"),
        ("casework_apart", "Records never joined"),
        ("casework_files", "Files by exception, to decide"),
        ("casework_left", "Tables that left, to revoke"),
    ),
    Role.OVERSEER: (),
}


@require_safe
@access(*PLACES)
def index(request: HttpRequest) -> HttpResponse:
    """The places of the signed-in role."""
    role = actor(request).role
    places = PLACES[role] if role else ()
    if len(places) == 1:
        return redirect(places[0][0])
    return render(request, "casework/index.html", {"work": places})


urlpatterns: list[URLPattern] = [path("", index, name="casework")]
