"""Agreements, assessments, notices, powers and purposes, and the collections."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.catalogue.mapped_items import item_name
from rollbook.services.register.collections import collection, collections
from rollbook.services.register.grounds import power_lines, purpose_lines
from rollbook.services.register.papers import KINDS, paper_page, papers
from rollbook.web.access import access


@require_safe
@access("public")
def paper_list(request: HttpRequest, kind: str) -> HttpResponse:
    """Every version of every paper of a kind."""
    return render(request, "register/papers.html", {"heading": KINDS[kind], "papers": papers(kind)})


@require_safe
@access("public")
def one_paper(request: HttpRequest, reference: str) -> HttpResponse:
    """One paper whole."""
    page = paper_page(reference)
    if page is None:
        raise Http404
    items = [(code, item_name(code)) for code in page.items]
    return render(request, "register/paper.html", {"page": page, "items": items, "heading": KINDS[page.line.kind]})


@require_safe
@access("public")
def powers(request: HttpRequest) -> HttpResponse:
    """The legal powers and purposes, as the gate knows them."""
    return render(request, "register/powers.html", {"powers": power_lines(), "purposes": purpose_lines()})


@require_safe
@access("public")
def collection_list(request: HttpRequest) -> HttpResponse:
    """Every collection."""
    return render(request, "register/collections.html", {"collections": collections()})


@require_safe
@access("public")
def one_collection(request: HttpRequest, code: str) -> HttpResponse:
    """One collection: its items, papers, returns, and who has been told."""
    found = collection(code)
    if found is None:
        raise Http404
    items = [(item, item_name(item)) for item in found.items]
    return render(request, "register/collection.html", {"collection": found, "items": items})
