"""The register's first page and its requests, in every state."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.log.reader import head
from rollbook.services.outputs.released_files import released_files
from rollbook.services.outputs.releases import released_tables
from rollbook.services.platform.clock import today
from rollbook.services.platform.exports import as_csv, as_json
from rollbook.services.register.duties import overdue
from rollbook.services.register.requests import DecisionLine, RequestLine, decisions, request_page, requests, states
from rollbook.services.register.uses import uses
from rollbook.web.access import access
from rollbook.web.register.files import csv_file, json_file
from rollbook.web.ui.paging import paginate


@require_safe
@access("public")
def register(request: HttpRequest) -> HttpResponse:
    """What the register holds, in figures and links."""
    facts = {
        "requests": requests(),
        "uses": len(uses()),
        "releases": sum(table.revoked_at is None for table in released_tables()),
        "files": sum(file.revoked_at is None for file in released_files()),
        "duties": len(overdue(today())),
        "head": head(),
    }
    return render(request, "register/home.html", facts)


@require_safe
@access("public")
def request_list(request: HttpRequest) -> HttpResponse:
    """Every request, or those in one state or with some words; refused ones stay."""
    state, words = request.GET.get("state", ""), request.GET.get("words", "")[:100]
    page = paginate(requests(state, words), request)
    facts = {"page": page, "state": state, "words": words, "states": states()}
    return render(request, "register/requests.html", facts)


@require_safe
@access("public")
def request_csv(request: HttpRequest) -> HttpResponse:
    """Every request as CSV."""
    return csv_file("requests", as_csv(RequestLine, requests()))


@require_safe
@access("public")
def request_json(request: HttpRequest) -> HttpResponse:
    """Every request as JSON."""
    return json_file(as_json(requests()))


@require_safe
@access("public")
def decision_csv(request: HttpRequest) -> HttpResponse:
    """Every decision with its reasons, as CSV."""
    return csv_file("decisions", as_csv(DecisionLine, decisions()))


@require_safe
@access("public")
def decision_json(request: HttpRequest) -> HttpResponse:
    """Every decision with its reasons, as JSON."""
    return json_file(as_json(decisions()))


@require_safe
@access("public")
def one_request(request: HttpRequest, reference: str) -> HttpResponse:
    """One request with its 29 fields, decisions, papers, uses and tables."""
    page = request_page(reference)
    if page is None:
        raise Http404
    return render(request, "register/request.html", {"page": page})
