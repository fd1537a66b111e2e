"""The public log for people: its head, its last entries in plain sentences, and how to verify it."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.log.health import log_health
from rollbook.services.log.reader import head, health
from rollbook.services.log.witness_state import witness_state
from rollbook.services.platform.limits import limits
from rollbook.services.register.entries import entry_page, latest, policy_document
from rollbook.web.access import access

SHOWN = 50


@require_safe
@access("public")
def log(request: HttpRequest) -> HttpResponse:
    """The head and the last entries."""
    facts = {
        "head": head(),
        "entries": latest(SHOWN),
        "health": health(),
        "witnesses": witness_state(),
        "policy": policy_document(),
        "shown": SHOWN,
        "address": f"{settings.ROLLBOOK.public_url}/log",
    }
    return render(request, "register/log.html", facts)


@require_safe
@access("public")
def log_health_page(request: HttpRequest) -> HttpResponse:
    """Who signed the head, what is overdue, what monitors found."""
    facts = {"health": log_health(), "address": f"{settings.ROLLBOOK.public_url}/log"}
    return render(request, "register/log_health.html", facts)


@require_safe
@access("public")
def log_explained(request: HttpRequest) -> HttpResponse:
    """For a parent: what can be checked, and what cannot."""
    published = head()
    facts = {"limits": limits(), "unwitnessed": bool(published and published.warning)}
    return render(request, "register/log_explained.html", facts)


@require_safe
@access("public")
def log_engineers(request: HttpRequest) -> HttpResponse:
    """For an engineer: how the proofs work, and which check names which attack."""
    facts = {"limits": limits(), "address": f"{settings.ROLLBOOK.public_url}/log"}
    return render(request, "register/log_engineers.html", facts)


@require_safe
@access("public")
def log_entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry, in a sentence and in its exact bytes."""
    page = entry_page(index)
    if page is None:
        raise Http404
    return render(request, "register/entry.html", {"page": page})
