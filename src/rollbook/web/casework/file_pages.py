"""Files by exception: the data protection officer's decision, the panel's leave, and a project's asking for it."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.kernel.refusals import InputRefused, RollbookError
from rollbook.services.outputs.deciding import decide_file
from rollbook.services.outputs.file_pages import officers_list, officers_page
from rollbook.services.outputs.released_files import Leave, leaves
from rollbook.services.platform.actors import Role
from rollbook.services.projects.file_leave import (
    FORMATS,
    LONGEST_REASON,
    LONGEST_REASONS,
    ask_exception,
    decide_exception,
)
from rollbook.web.access import access
from rollbook.web.casework.dates import ThreeBoxDate, date_input
from rollbook.web.casework.file_forms import FileVerdictForm
from rollbook.web.casework.request_pages import show
from rollbook.web.ui.actor import actor


class AskForm(forms.Form):
    """Which file, and why."""

    name = forms.CharField(
        label="Name of the file, without its ending",
        help_text="As the study declares it: small letters, digits and underscores.",
        max_length=40,
        error_messages={"required": "Name the file"},
    )
    format = forms.ChoiceField(
        label="Format",
        choices=[(code, f"{code}: {words}") for code, words in FORMATS.items()],
        error_messages={"required": "Choose a format"},
    )
    reason = forms.CharField(
        label="Why no table or model of the platform can serve",
        help_text="Everybody can read this from now on.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea,
        error_messages={"required": "Say why"},
    )


class LeaveForm(forms.Form):
    """The panel's decision about a file."""

    result = forms.ChoiceField(
        choices=[("allow", "Allow it"), ("refuse", "Do not allow it")], error_messages={"required": "Choose one"}
    )
    expires = ThreeBoxDate(label="If you allow it: until which day, at most a year ahead", required=False)
    reasons = forms.CharField(
        label="Reasons",
        help_text="They are published with the decision. Name no person.",
        max_length=LONGEST_REASONS,
        widget=forms.Textarea,
        error_messages={"required": "Give the reasons"},
    )


@require_safe
@access(Role.DATA_PROTECTION_OFFICER)
def files(request: HttpRequest) -> HttpResponse:
    """The files that two checkers agreed on, for the officer to decide."""
    return render(request, "casework/files.html", {"lines": officers_list(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.DATA_PROTECTION_OFFICER)
def file(request: HttpRequest, reference: str) -> HttpResponse:
    """One file, with what both checkers said, and the officer's form."""
    by = actor(request)
    page = officers_page(by=by, reference=reference)
    form = FileVerdictForm(page.sheet.criteria, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            decide_file(by=by, reference=reference, verdict=given["verdict"], comment=given["comment"],
                        turn=given["turn"] or 0, grounds=form.grounds())  # fmt: skip
            return redirect("casework_file", reference)
        except InputRefused as refused:
            show(refused, form)
    return render(request, "casework/file.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.RESEARCHER)
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """A project asks for a file by exception."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_exception(by=actor(request), project_ref=reference, **form.cleaned_data)
            return redirect("register_files")
        except RollbookError as refused:
            show(refused, form)
    facts = {"form": form, "project": reference}
    return render(request, "casework/exception_new.html", facts, status=422 if form.errors else 200)


@require_safe
@access(Role.PANEL_MEMBER)
def exceptions(request: HttpRequest) -> HttpResponse:
    """The files that projects ask for, those the panel has not decided first."""
    lines = sorted(leaves(), key=lambda line: line.standing != "not decided")
    return render(request, "casework/exceptions.html", {"lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.PANEL_MEMBER)
def exception(request: HttpRequest, reference: str) -> HttpResponse:
    """One of them, and the form that decides it, or decides it anew."""
    line, form = _leave(reference), LeaveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decide_exception(by=actor(request), reference=reference, **form.cleaned_data)
            return redirect("casework_exceptions")
        except RollbookError as refused:
            show(refused, form)
    facts = {"line": line, "form": form, "date_input": date_input}
    return render(request, "casework/exception.html", facts, status=422 if form.errors else 200)


def _leave(reference: str) -> Leave:
    for line in leaves():
        if line.reference == reference:
            return line
    raise Http404


urlpatterns: list[URLPattern] = [
    path("files/", files, name="casework_files"),
    path("files/<str:reference>/", file, name="casework_file"),
    path("projects/<str:reference>/exception/", ask, name="casework_exception_new"),
    path("exceptions/", exceptions, name="casework_exceptions"),
    path("exceptions/<str:reference>/", exception, name="casework_exception"),
]
