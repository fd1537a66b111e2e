"""A researcher's pages: projects, sending a study in, asking for a run, and what became of it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.services.outputs.submitting import CONTEXT, LONGEST_TEXT, submit_output, withdraw_output
from rollbook.services.platform.actors import Role
from rollbook.services.projects.projects import projects_of
from rollbook.services.register.five_safes import five_safes
from rollbook.services.studies.run_pages import run_page
from rollbook.services.studies.studies import ask_run, project_page, submit
from rollbook.services.studies.study_upload import MAX_FILES, MAX_UPLOAD
from rollbook.web.access import access
from rollbook.web.ui.actor import actor


@require_safe
@access(Role.RESEARCHER)
def projects(request: HttpRequest) -> HttpResponse:
    """The researcher's projects."""
    return render(request, "casework/projects.html", {"projects": projects_of(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.RESEARCHER)
def project(request: HttpRequest, reference: str) -> HttpResponse:
    """One project: its studies and runs, and the form that sends a study in."""
    by = actor(request)
    reasons: tuple[Reason, ...] = ()
    if request.method == "POST":
        try:
            submit(by=by, project_ref=reference, files=_uploads(request))
            return redirect("casework_project", reference=reference)
        except (InputRefused, UseRefused) as refused:
            reasons = refused.reasons
    page = project_page(by=by, project_ref=reference)
    facts = {"page": page, "reasons": reasons, "safes": five_safes(reference)}
    return render(request, "casework/project.html", facts, status=422 if reasons else 200)


def _uploads(request: HttpRequest) -> dict[str, bytes]:
    """The files sent, by name. Their number and size are looked at before a byte is read."""
    sent = request.FILES.getlist("files")
    if len(sent) > MAX_FILES or sum(one.size or 0 for one in sent) > MAX_UPLOAD:
        mend = f"Send at most {MAX_FILES} files and {MAX_UPLOAD // 1024} KiB."
        raise InputRefused(Reason("upload-too-large", "The upload is too large", mend=mend))
    files = {str(one.name): one.read() for one in sent}
    if len(files) != len(sent):
        mend = "Send each file once; send a zip where folders matter."
        raise InputRefused(Reason("upload-twice", "Two files have the same name", mend=mend))
    return files


@require_POST
@access(Role.RESEARCHER)
def start_run(request: HttpRequest, study_id: int) -> HttpResponse:
    """Ask for a run."""
    return redirect("casework_run", run_id=ask_run(by=actor(request), study_id=study_id))


class ContextForm(forms.Form):
    """What the checkers are told about an output, a text for each thing they ask."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, words in CONTEXT.items():
            self.fields[name] = forms.CharField(
                label=words,
                max_length=LONGEST_TEXT,
                widget=forms.Textarea,
                error_messages={"required": f"{words}: say"},
            )


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.RESEARCHER)
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: how far it is, why it stopped, which cells failed, and the form that hands its table to the checkers."""
    by = actor(request)
    page = run_page(by=by, run_id=run_id)
    form = ContextForm(request.POST or None, initial=dict(page.table.context) if page.table else {})
    if request.method == "POST" and page.table and "withdraw" in request.POST:
        withdraw_output(by=by, reference=page.table.reference)
        return redirect("casework_run", run_id=run_id)
    if request.method == "POST" and page.table and form.is_valid():
        try:
            submit_output(by=by, reference=page.table.reference, context=form.cleaned_data)
            return redirect("casework_run", run_id=run_id)
        except InputRefused as refused:
            for reason in refused.reasons:
                form.add_error(reason.where or None, reason.sentence())
    return render(request, "casework/run.html", {"run": page, "form": form}, status=422 if form.errors else 200)


urlpatterns: list[URLPattern] = [
    path("projects/", projects, name="casework_projects"),
    path("projects/<str:reference>/", project, name="casework_project"),
    path("studies/<int:study_id>/run/", start_run, name="casework_start_run"),
    path("runs/<int:run_id>/", run, name="casework_run"),
]
