"""A school's first page and its receipts."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.kernel.refusals import AccessDenied
from rollbook.services.accounts.confirming import waiting_at_school
from rollbook.services.platform.actors import Role
from rollbook.services.returns.receipts import Receipt
from rollbook.services.returns.school_pages import own_receipt, rules_of, school_page
from rollbook.services.returns.upload_pages import asked_again, current_upload, upload_of
from rollbook.web.access import access
from rollbook.web.ui.actor import actor
from rollbook.web.ui.paging import paginate


@require_safe
@access(Role.SCHOOL_DATA_MANAGER)
def school(request: HttpRequest) -> HttpResponse:
    """The return at work, who waits to be checked, and what was sent."""
    by = actor(request)
    facts = {"school": school_page(by), "waiting": waiting_at_school(by), "file": current_upload(by)}
    return render(request, "schools/school.html", facts | {"asked": dict(asked_again(by))})


@require_safe
@access(Role.SCHOOL_DATA_MANAGER)
def receipt(request: HttpRequest, return_id: UUID) -> HttpResponse:
    """One receipt, with what to mend and what happens next."""
    found = _receipt(request, return_id)
    facts = {"receipt": found, "file": upload_of(actor(request), found.return_id)}
    return render(
        request, "schools/receipt.html", facts | {"errors": rules_of(found.errors), "queries": rules_of(found.queries)}
    )


@require_safe
@access(Role.SCHOOL_DATA_MANAGER)
def receipt_rule(request: HttpRequest, return_id: UUID, rule: str) -> HttpResponse:
    """The places where one rule was broken in a return."""
    found = _receipt(request, return_id)
    lines = [one for one in (*found.errors, *found.queries) if one.rule == rule]
    if not lines:
        raise Http404
    facts = {"receipt": found, "first": lines[0], "page": paginate(lines, request)}
    return render(request, "schools/receipt_rule.html", facts)


def _receipt(request: HttpRequest, return_id: UUID) -> Receipt:
    try:
        return own_receipt(actor(request), str(return_id))
    except AccessDenied:
        raise Http404 from None
