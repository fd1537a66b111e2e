"""Choices: what can be chosen, what it changes, and a page to confirm before anything changes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.services.accounts.access import open_record
from rollbook.services.portal import choices as deeds
from rollbook.web.portal.doors import about_a_record
from rollbook.web.ui.actor import actor


@require_safe
@about_a_record
def choices(request: HttpRequest, handle: str) -> HttpResponse:
    """How the choices stand."""
    return _page(request, handle, "portal/choices.html")


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_record
def object_to_research(request: HttpRequest, handle: str) -> HttpResponse:
    """Read what an objection changes, then object."""
    if request.method == "POST":
        deeds.object_to_research(by=actor(request), handle=handle)
        return redirect("portal_choices", handle=handle)
    return _page(request, handle, "portal/object.html")


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_record
def take_back(request: HttpRequest, handle: str) -> HttpResponse:
    """Confirm, then allow research again."""
    if request.method == "POST":
        deeds.take_back_objection(by=actor(request), handle=handle)
        return redirect("portal_choices", handle=handle)
    return _page(request, handle, "portal/take_back.html")


def _page(request: HttpRequest, handle: str, template: str) -> HttpResponse:
    by = actor(request)
    facts = {"record": open_record(by, handle), "here": "choices", "choice": deeds.choice_page(by, handle)}
    return render(request, template, facts)
