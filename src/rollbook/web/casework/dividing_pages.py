"""Casework on records that hold two children: the list, one record with its evidence, dividing and undoing."""

from collections.abc import Callable

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.services.people.dividing import (
    divide,
    drop_division,
    leave_divided,
    propose_division,
    propose_undoing,
    report_mixed,
    undo,
)
from rollbook.services.people.divisions import one_division, open_divisions
from rollbook.services.platform.actors import Actor, Role
from rollbook.web.access import access
from rollbook.web.ui.actor import actor

_ADULT = "adult-"


class NumberForm(forms.Form):
    """The number of a record that somebody says holds two children."""

    upn = forms.CharField(label="UPN", max_length=20, error_messages={"required": "Enter the UPN"})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.CUSTODIAN)
def divisions(request: HttpRequest) -> HttpResponse:
    """The list, and a form for a number somebody told of."""
    by, form = actor(request), NumberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("casework_division", report_mixed(by=by, upn=form.cleaned_data["upn"]))
        except UseRefused as refused:
            form.add_error("upn", refused.reasons[0].sentence())
    facts = {"divisions": open_divisions(by), "form": form}
    return render(request, "casework/divisions.html", facts, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access(Role.CUSTODIAN)
def division(request: HttpRequest, division: str) -> HttpResponse:
    """One record: what each return said, whose each adult is; propose, divide, undo."""
    by = actor(request)
    reasons: tuple[Reason, ...] = ()
    if request.method == "POST":
        try:
            _do(request, by, division)
            return redirect("casework_division", division)
        except InputRefused as refused:
            reasons = refused.reasons
    facts = {"mixed": one_division(by, division), "reasons": reasons}
    return render(request, "casework/division.html", facts, status=422 if reasons else 200)


def _do(request: HttpRequest, by: Actor, division: str) -> None:
    deed = request.POST.get("deed", "")
    if deed == "propose":
        goes = [int(one) for one in request.POST.getlist("goes") if one.isdecimal()]
        adults = {name.removeprefix(_ADULT): request.POST[name] for name in request.POST if name.startswith(_ADULT)}
        propose_division(by=by, division=division, goes=goes, adults=adults)
    elif deed in _DEEDS:
        _DEEDS[deed](by=by, division=division)
    else:
        raise UseRefused(Reason("deed", "This is not something to do here", mend="Use the buttons of the page."))


_DEEDS: dict[str, Callable[..., None]] = {
    "divide": divide,
    "drop": drop_division,
    "propose-undoing": propose_undoing,
    "undo": undo,
    "leave": leave_divided,
}

urlpatterns: list[URLPattern] = [
    path("divisions/", divisions, name="casework_divisions"),
    path("divisions/<str:division>/", division, name="casework_division"),
]
