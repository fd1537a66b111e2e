"""Casework on who may act for a child: recording it, issuing letters, stopping it at once."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from rollbook.kernel.refusals import InputRefused, RollbookError, UseRefused
from rollbook.services.accounts.letters import archive, issue_letter, record_responsibility
from rollbook.services.accounts.responsibility_words import BASIS_CHOICES, EVIDENCE_CHOICES, STOP_CHOICES
from rollbook.services.accounts.stops import lift_stop, one_responsibility, other_children, pupil_file, stop
from rollbook.services.platform.actors import Actor, Role
from rollbook.web.access import access
from rollbook.web.ui.actor import actor

DAY_ERRORS = {"required": "Enter the day", "invalid": "Enter a day like 2026-09-01"}
OFFICERS = (Role.CUSTODIAN, Role.DATA_PROTECTION_OFFICER)


class UpnForm(forms.Form):
    """Which pupil. The number goes in the form, never in an address."""

    upn = forms.CharField(label="The pupil’s UPN", max_length=20, error_messages={"required": "Enter the UPN"})


class ResponsibilityForm(UpnForm):
    """What a custodian has seen and records."""

    adult_name = forms.CharField(
        label="Adult’s full name", max_length=120, error_messages={"required": "Enter the adult’s name"}
    )
    address = forms.CharField(
        label="Adult’s address", max_length=300, error_messages={"required": "Enter the adult’s address"}
    )
    basis = forms.ChoiceField(label="Ground", choices=BASIS_CHOICES, error_messages={"required": "Choose a ground"})
    evidence = forms.ChoiceField(
        label="Evidence you have seen", choices=EVIDENCE_CHOICES, error_messages={"required": "Choose the evidence"}
    )
    evidence_on = forms.DateField(
        label="Seen on",
        help_text="For example 2026-09-01",
        error_messages=DAY_ERRORS,
    )
    starts = forms.DateField(
        label="Holds from",
        help_text="For example 2026-09-01",
        error_messages=DAY_ERRORS,
    )
    ends = forms.DateField(
        label="Until (if it ends)", required=False, error_messages={"invalid": "Enter a day like 2026-09-01"}
    )


class StopForm(forms.Form):
    """Why; shown to officers only."""

    why = forms.ChoiceField(label="Reason", choices=STOP_CHOICES, error_messages={"required": "Choose a reason"})


@require_http_methods(["GET", "HEAD", "POST"])
@access(*OFFICERS)
def pupil(request: HttpRequest) -> HttpResponse:
    """Find a pupil by UPN; show who may act for them."""
    form = UpnForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _file_page(request, form.cleaned_data["upn"])
        except UseRefused as refused:
            _place(form, refused)
    facts = {"form": form, "custodian": actor(request).role == Role.CUSTODIAN}
    return render(request, "casework/pupil.html", facts, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.CUSTODIAN)
def record(request: HttpRequest) -> HttpResponse:
    """Record that an adult may act for a pupil."""
    form = ResponsibilityForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            record_responsibility(by=actor(request), **form.cleaned_data)
            return _file_page(request, form.cleaned_data["upn"])
        except (InputRefused, UseRefused) as refused:
            _place(form, refused)
    return render(request, "casework/responsibility.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.CUSTODIAN)
def letter(request: HttpRequest, responsibility: str) -> HttpResponse:
    """Issue a letter: both forms in one file, this once."""
    by = actor(request)
    held = one_responsibility(by, responsibility)
    if request.method != "POST":
        return render(request, "casework/letter.html", {"held": held})
    answer = HttpResponse(archive(issue_letter(by=by, responsibility=responsibility)), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="letter.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@access(*OFFICERS)
def stop_page(request: HttpRequest, responsibility: str) -> HttpResponse:
    """Stop an adult's access to a child's record at once."""
    by, form = actor(request), StopForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        stop(by=by, responsibility=responsibility, why=form.cleaned_data["why"])
    return _stop_page(request, by, responsibility, form)


@require_http_methods(["POST"])
@access(Role.DATA_PROTECTION_OFFICER)
def lift(request: HttpRequest, responsibility: str) -> HttpResponse:
    """Take a stop back."""
    by = actor(request)
    lift_stop(by=by, responsibility=responsibility)
    return _stop_page(request, by, responsibility, StopForm())


def _file_page(request: HttpRequest, upn: str) -> HttpResponse:
    by = actor(request)
    facts = {"file": pupil_file(by, upn), "custodian": by.role == Role.CUSTODIAN}
    return render(request, "casework/pupil_file.html", facts)


def _stop_page(request: HttpRequest, by: Actor, responsibility: str, form: StopForm) -> HttpResponse:
    held = one_responsibility(by, responsibility)
    may_lift, others = by.role == Role.DATA_PROTECTION_OFFICER, other_children(by, responsibility)
    facts = {"held": held, "form": form, "may_lift": may_lift, "others": others}
    return render(request, "casework/stop.html", facts, status=422 if form.errors else 200)


def _place(form: forms.Form, refused: RollbookError) -> None:
    """Put each reason at its field."""
    for reason in refused.reasons:
        form.add_error(reason.where if reason.where in form.fields else None, reason.sentence())


urlpatterns = [
    path("people/", pupil, name="casework_pupil"),
    path("people/record/", record, name="casework_record_responsibility"),
    path("people/<str:responsibility>/letter/", letter, name="casework_letter"),
    path("people/<str:responsibility>/stop/", stop_page, name="casework_stop"),
    path("people/<str:responsibility>/lift/", lift, name="casework_lift_stop"),
]
