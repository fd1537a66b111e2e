"""A researcher's pages: projects, sending a study in, asking for a run, and what became of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.services.actors import Role
from rollbook.services.five_safes import five_safes
from rollbook.services.projects import projects_of
from rollbook.services.run_pages import run_page
from rollbook.services.studies import ask_run, project_page, submit
from rollbook.services.study_upload import MAX_FILES, MAX_UPLOAD
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


@require_safe
@access(Role.RESEARCHER)
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: how far it is, why it stopped, which cells failed."""
    return render(request, "casework/run.html", {"run": run_page(by=actor(request), run_id=run_id)})


urlpatterns: list[URLPattern] = [
    path("projects/", projects, name="casework_projects"),
    path("projects/<str:reference>/", project, name="casework_project"),
    path("studies/<int:study_id>/run/", start_run, name="casework_start_run"),
    path("runs/<int:run_id>/", run, name="casework_run"),
]
