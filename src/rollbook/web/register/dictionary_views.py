"""The dictionary: what may be held about a pupil, item by item, in plain words."""

from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.dictionary import DictionaryLine, dictionary, dictionary_page
from rollbook.services.register.exports import as_csv, as_json
from rollbook.web.access import access
from rollbook.web.register.files import csv_file, json_file


@require_safe
@access("public")
def item_list(request: HttpRequest) -> HttpResponse:
    """Every item, under the heading of its group."""
    groups = [(name, list(lines)) for name, lines in groupby(dictionary(), key=lambda line: line.group)]
    return render(request, "register/dictionary.html", {"groups": groups})


@require_safe
@access("public")
def item_csv(request: HttpRequest) -> HttpResponse:
    """Every item as CSV."""
    return csv_file("dictionary", as_csv(DictionaryLine, dictionary()))


@require_safe
@access("public")
def item_json(request: HttpRequest) -> HttpResponse:
    """Every item as JSON."""
    return json_file(as_json(dictionary()))


@require_safe
@access("public")
def one_item(request: HttpRequest, code: str) -> HttpResponse:
    """One item: what it means, which power, who may refuse, how long it is kept."""
    page = dictionary_page(code)
    if page is None:
        raise Http404
    return render(request, "register/item.html", {"page": page})
