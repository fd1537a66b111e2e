"""Casework on collections: how far each has come by local authority, and whether its counts agree."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from rollbook.services.platform.actors import Role
from rollbook.services.returns.reconcile import open_collections, progress
from rollbook.web.access import access
from rollbook.web.ui.actor import actor


@require_safe
@access(Role.CUSTODIAN)
def collections(request: HttpRequest) -> HttpResponse:
    """Every collection."""
    return render(request, "casework/collections.html", {"collections": open_collections(by=actor(request))})


@require_safe
@access(Role.CUSTODIAN)
def collection(request: HttpRequest, code: str) -> HttpResponse:
    """One collection by local authority."""
    facts = {"code": code, "lines": progress(by=actor(request), collection=code)}
    return render(request, "casework/collection.html", facts)


urlpatterns: list[URLPattern] = [
    path("collections/", collections, name="casework_collections"),
    path("collections/<slug:code>/", collection, name="casework_collection"),
]
