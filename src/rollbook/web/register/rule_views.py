"""The rules that returns are checked against: a list by return and severity, and a page for each rule."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.catalogue.rulebook import (
    SOURCES,
    RuleLine,
    return_names,
    rule_kinds,
    rule_lines,
    rule_page,
    severities,
)
from rollbook.services.platform.exports import as_csv, as_json
from rollbook.web.access import access
from rollbook.web.register.files import csv_file, json_file
from rollbook.web.ui.paging import paginate


@require_safe
@access("public")
def rule_list(request: HttpRequest) -> HttpResponse:
    """Every rule, or those of a return, of a severity and of a kind."""
    asked = {name: request.GET.get(name, "") for name in ("return", "severity", "kind")}
    lines = rule_lines(of_return=asked["return"], severity=asked["severity"], kind=asked["kind"])
    facts = {
        "page": paginate(lines, request), "asked": asked, "returns": return_names(), "severities": severities(),
        "kinds": rule_kinds(), "all": len(rule_lines()), "sources": SOURCES.items(),
    }  # fmt: skip
    return render(request, "register/rules.html", facts)


@require_safe
@access("public")
def rule_csv(request: HttpRequest) -> HttpResponse:
    """Every rule as CSV."""
    return csv_file("rules", as_csv(RuleLine, rule_lines()))


@require_safe
@access("public")
def rule_json(request: HttpRequest) -> HttpResponse:
    """Every rule as JSON."""
    return json_file(as_json(rule_lines()))


@require_safe
@access("public")
def one_rule(request: HttpRequest, number: str) -> HttpResponse:
    """One rule: what it says, how to mend it, who says so, and an example of each side."""
    page = rule_page(number)
    if page is None:
        raise Http404
    return render(request, "register/rule.html", {"page": page})
