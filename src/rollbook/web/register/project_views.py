"""A project's Five Safes, and the code that ran in it, as everybody may read them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.register.five_safes import five_safes
from rollbook.services.studies.study_code import study_code
from rollbook.web.access import access


@require_safe
@access("public")
def one_project(request: HttpRequest, reference: str) -> HttpResponse:
    """What was approved, who works with it, from where, and what ends when."""
    page = five_safes(reference)
    if page is None:
        raise Http404
    return render(request, "register/project.html", {"page": page})


@require_safe
@access("public")
def one_study(request: HttpRequest, digest: str) -> HttpResponse:
    """The files of a study version that ran, with their digests and the commit."""
    study = study_code(digest)
    if study is None:
        raise Http404
    return render(request, "register/study.html", {"study": study})
