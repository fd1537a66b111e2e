"""Casework on records that may be one person's: the custodians' queue, joining and parting, the do-not-link list."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import InputRefused, Reason, RollbookError, UseRefused
from rollbook.services.people.do_not_link import WHY, keep_apart, lift
from rollbook.services.people.doubles import kept_apart_list, one_double, waiting_doubles
from rollbook.services.people.merging import join, leave_apart, propose, report_double
from rollbook.services.platform.actors import Role
from rollbook.web.access import access
from rollbook.web.ui.actor import actor

OFFICERS = (Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)


class TwoNumbersForm(forms.Form):
    """Two numbers of one person, as somebody told the custodian."""

    upn = forms.CharField(label="UPN", max_length=20, error_messages={"required": "Enter the UPN"})
    other_upn = forms.CharField(label="The other UPN", max_length=20, error_messages={"required": "Enter the UPN"})


class ApartForm(forms.Form):
    """A record that is never joined with another, or with any."""

    upn = forms.CharField(label="UPN", max_length=20, error_messages={"required": "Enter the UPN"})
    other_upn = forms.CharField(label="Never with this UPN (leave empty: with none)", max_length=20, required=False)
    why = forms.ChoiceField(label="Reason", choices=list(WHY.items()), error_messages={"required": "Choose a reason"})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.CUSTODIAN)
def doubles(request: HttpRequest) -> HttpResponse:
    """The queue, and a form for two numbers somebody told of."""
    by, form = actor(request), TwoNumbersForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("casework_double", report_double(by=by, **form.cleaned_data))
        except UseRefused as refused:
            _place(form, refused)
    facts = {"doubles": waiting_doubles(by), "form": form}
    return render(request, "casework/doubles.html", facts, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access(Role.CUSTODIAN)
def double(request: HttpRequest, pair: str) -> HttpResponse:
    """One pair: both records and the evidence; propose, join or part."""
    by = actor(request)
    if request.method != "POST":
        return render(request, "casework/double.html", {"pair": one_double(by, pair)})
    deed = request.POST.get("deed")
    if deed == "propose":
        propose(by=by, pair=pair)
    elif deed == "join":
        join(by=by, pair=pair)
    elif deed == "apart":
        leave_apart(by=by, pair=pair, why="custodian")
    else:
        raise UseRefused(Reason("deed", "This is not something to do with a pair", mend="Use the buttons of the page."))
    return redirect("casework_doubles")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access(*OFFICERS)
def apart(request: HttpRequest) -> HttpResponse:
    """The do-not-link list, and a form to put a record on it."""
    by, form = actor(request), ApartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            keep_apart(by=by, **form.cleaned_data)
            return redirect("casework_apart")
        except (InputRefused, UseRefused) as refused:
            _place(form, refused)
    facts = {"entries": kept_apart_list(by), "form": form, "may_lift": by.role == Role.DATA_PROTECTION_OFFICER}
    return render(request, "casework/apart.html", facts, status=422 if form.errors else 200)


@require_POST
@access(Role.DATA_PROTECTION_OFFICER)
def lift_apart(request: HttpRequest, entry: int) -> HttpResponse:
    """Take an entry off the list."""
    lift(by=actor(request), entry=entry, why="mistake")
    return redirect("casework_apart")


@require_safe
@access(Role.CUSTODIAN)
def doubles_help(request: HttpRequest) -> HttpResponse:
    """What the words of the evidence mean."""
    return render(request, "casework/doubles_help.html")


def _place(form: forms.Form, refused: RollbookError) -> None:
    """Put each reason at its field."""
    for reason in refused.reasons:
        form.add_error(reason.where if reason.where in form.fields else None, reason.sentence())


urlpatterns: list[URLPattern] = [
    path("doubles/", doubles, name="casework_doubles"),
    path("doubles/words/", doubles_help, name="casework_doubles_help"),
    path("doubles/<str:pair>/", double, name="casework_double"),
    path("apart/", apart, name="casework_apart"),
    path("apart/<int:entry>/lift/", lift_apart, name="casework_lift_apart"),
]
