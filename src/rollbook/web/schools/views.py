"""A school's first page and its receipts."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.kernel.refusals import AccessDenied
from rollbook.services.actors import Role
from rollbook.services.confirming import waiting_at_school
from rollbook.services.school_pages import own_receipt, school_page
from rollbook.web.access import access
from rollbook.web.ui.actor import actor


@require_safe
@access(Role.SCHOOL_DATA_MANAGER)
def school(request: HttpRequest) -> HttpResponse:
    """Who waits to be checked, and what was sent."""
    by = actor(request)
    return render(request, "schools/school.html", {"school": school_page(by), "waiting": waiting_at_school(by)})


@require_safe
@access(Role.SCHOOL_DATA_MANAGER)
def receipt(request: HttpRequest, return_id: UUID) -> HttpResponse:
    """One receipt, with what to mend."""
    try:
        found = own_receipt(actor(request), str(return_id))
    except AccessDenied:
        raise Http404 from None
    return render(request, "schools/receipt.html", {"receipt": found})
