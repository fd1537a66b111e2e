"""The records an account may see, what is held, every use, messages, and how to check that all of it is complete."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.accounts.access import open_record, open_records, own_number
from rollbook.services.accounts.inbox import messages_for, new_messages
from rollbook.services.log.reader import head
from rollbook.services.platform.actors import Role
from rollbook.services.portal.history import history
from rollbook.services.portal.portal import record_page
from rollbook.web.access import access
from rollbook.web.portal.doors import about_a_record
from rollbook.web.ui.actor import actor
from rollbook.web.ui.paging import paginate


@require_safe
@access(Role.PARENT, Role.PUPIL)
def records(request: HttpRequest) -> HttpResponse:
    """The first page after signing in. It has the same words for everyone who may see nothing."""
    by = actor(request)
    facts = {"records": open_records(by), "number": own_number(by), "new_messages": new_messages(by)}
    return render(request, "portal/records.html", facts)


@require_safe
@access(Role.PARENT, Role.PUPIL)
def messages(request: HttpRequest) -> HttpResponse:
    """Messages to the account; opening the page marks them as read."""
    return render(request, "portal/messages.html", {"messages": messages_for(actor(request))})


@require_safe
@access("public")
def how_to_check(request: HttpRequest) -> HttpResponse:
    """How to verify a proof file, what that proves, and what nothing can prove."""
    published = head()
    facts = {
        "log": f"{settings.ROLLBOOK.public_url}/log",
        "warning_sentence": published.warning if published else "",
    }
    return render(request, "portal/how_to_check.html", facts)


@require_safe
@about_a_record
def held(request: HttpRequest, handle: str) -> HttpResponse:
    """Everything held, each fact with its source."""
    by = actor(request)
    return render(
        request,
        "portal/held.html",
        {"record": open_record(by, handle), "here": "held", "page": record_page(by, handle)},
    )


@require_safe
@about_a_record
def uses(request: HttpRequest, handle: str) -> HttpResponse:
    """Every use, in or out, and the sealed cases."""
    by = actor(request)
    record, found = open_record(by, handle), history(by, handle)
    facts = {"record": record, "here": "uses", "history": found, "page": paginate(found.uses, request, per_page=20)}
    return render(request, "portal/uses.html", facts)
