"""Checking, face to face, who somebody is: the one step no machine can do."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from rollbook.kernel.refusals import UseRefused
from rollbook.services.accounts.confirming import Waiting, confirm_in_person, refuse_in_person, waiting_at_school
from rollbook.services.accounts.letters import ASSESSED, PRESUMED, give_slip
from rollbook.services.platform.actors import Role
from rollbook.services.returns.school_pages import PROOFS
from rollbook.web.access import access
from rollbook.web.ui.actor import actor

GROUNDS = (
    (PRESUMED, "The pupil is 12 or older"),
    (ASSESSED, "Someone who knows the pupil judges that they understand"),
)


class CheckForm(forms.Form):
    """What the clerk has seen, and the number the person reads from their own account."""

    evidence = forms.ChoiceField(
        label="What have you looked at?",
        choices=PROOFS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you have looked at", "invalid_choice": "Choose one from the list"},
    )
    number = forms.CharField(
        label="Number of their account", max_length=20, error_messages={"required": "Enter the number of their account"}
    )


class SlipForm(forms.Form):
    """Which pupil, and why they can decide."""

    upn = forms.CharField(label="The pupil’s UPN", max_length=20, error_messages={"required": "Enter the UPN"})
    ground = forms.ChoiceField(
        label="Why can this pupil decide?",
        choices=GROUNDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why this pupil can decide"},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.SCHOOL_DATA_MANAGER)
def check(request: HttpRequest, waiting: str) -> HttpResponse:
    """Let one waiting person in."""
    by, form = actor(request), CheckForm(request.POST if request.method == "POST" else None)
    found = next((one for one in waiting_at_school(by) if one.handle == waiting), None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            confirm_in_person(by=by, access=waiting, account_number=given["number"], evidence=given["evidence"])
            return redirect("school_home")
        except UseRefused as refused:
            form.add_error("number", refused.reasons[0].sentence())
    return _check_page(request, form, found)


@require_POST
@access(Role.SCHOOL_DATA_MANAGER)
def refuse(request: HttpRequest, waiting: str) -> HttpResponse:
    """Turn somebody away who did not prove who they are."""
    refuse_in_person(by=actor(request), access=waiting)
    return redirect("school_home")


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.SCHOOL_DATA_MANAGER)
def slip(request: HttpRequest) -> HttpResponse:
    """A code for a pupil who asks for an account of their own. It is shown once."""
    form, given = SlipForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            given = give_slip(by=actor(request), upn=form.cleaned_data["upn"], ground=form.cleaned_data["ground"])
        except UseRefused as refused:
            for reason in refused.reasons:
                form.add_error(reason.where or "ground", reason.sentence())
    status = 422 if form.errors else 200
    return render(request, "schools/slip.html", {"form": form, "slip": given}, status=status)


def _check_page(request: HttpRequest, form: CheckForm, found: Waiting | None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "schools/check.html", {"form": form, "who": found}, status=status)
