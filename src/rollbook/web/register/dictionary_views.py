"""The dictionary: what may be held about a pupil, item by item, in plain words."""

from itertools import groupby
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.catalogue.dictionary import (
    CodeLine,
    DictionaryLine,
    code_lines,
    dictionary,
    dictionary_page,
    every_choice,
)
from rollbook.services.platform.exports import as_csv, as_json
from rollbook.web.access import access
from rollbook.web.register.files import csv_file, json_file

_LONGEST = 100


@require_safe
@access("public")
def item_list(request: HttpRequest) -> HttpResponse:
    """Every item, or those of one collection and with some words, under the heading of its group."""
    collection, words = _asked(request)
    lines = dictionary(collection, words)
    groups = [(name, list(some)) for name, some in groupby(lines, key=lambda line: line.group)]
    choices = every_choice()
    chosen = next((one for one in choices if one.code == collection), None)
    query = urlencode({"collection": collection, "words": words}) if collection or words else ""
    found = {"groups": groups, "count": len(lines), "choices": choices, "chosen": chosen}
    return render(request, "register/dictionary.html", {**found, "words": words, "query": query})


def _asked(request: HttpRequest) -> tuple[str, str]:
    given = request.GET.get("collection", "")[:_LONGEST], request.GET.get("words", "")[:_LONGEST]
    return given[0].replace("\0", ""), given[1].replace("\0", "")


@require_safe
@access("public")
def item_csv(request: HttpRequest) -> HttpResponse:
    """The same items as CSV."""
    return csv_file("dictionary", as_csv(DictionaryLine, dictionary(*_asked(request))))


@require_safe
@access("public")
def item_json(request: HttpRequest) -> HttpResponse:
    """The same items as JSON."""
    return json_file(as_json(dictionary(*_asked(request))))


@require_safe
@access("public")
def code_csv(request: HttpRequest) -> HttpResponse:
    """Every code of every list, with the returns that have it, as CSV."""
    return csv_file("dictionary-codes", as_csv(CodeLine, tuple(code_lines())))


@require_safe
@access("public")
def code_json(request: HttpRequest) -> HttpResponse:
    """Every code of every list as JSON."""
    return json_file(as_json(tuple(code_lines())))


@require_safe
@access("public")
def one_item(request: HttpRequest, code: str) -> HttpResponse:
    """One item: what it means, which power, who may refuse, how long it is kept, its codes and its history."""
    page = dictionary_page(code, _asked(request)[0])
    if page is None:
        raise Http404
    choices = [one for one in every_choice() if one.code in page.choices]
    return render(request, "register/item.html", {"page": page, "choices": choices})
