"""Files that left by exception, and every leave that was asked for."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.outputs.release_proof import proof_of
from rollbook.services.outputs.released_files import Leave, ReleasedFile, leaves, released_files
from rollbook.services.platform.exports import as_csv, as_json
from rollbook.web.access import access
from rollbook.web.errors import gone
from rollbook.web.register.files import csv_file, json_file, text_file


@require_safe
@access("public")
def file_list(request: HttpRequest) -> HttpResponse:
    """How many files left, which, and what was asked for."""
    return render(request, "register/files.html", {"files": released_files(), "leaves": leaves()})


@require_safe
@access("public")
def file_csv(request: HttpRequest) -> HttpResponse:
    """Every file as CSV."""
    return csv_file("files", as_csv(ReleasedFile, released_files()))


@require_safe
@access("public")
def file_json(request: HttpRequest) -> HttpResponse:
    """Every file as JSON."""
    return json_file(as_json(released_files()))


@require_safe
@access("public")
def leave_csv(request: HttpRequest) -> HttpResponse:
    """Every leave that was asked for, as CSV."""
    return csv_file("exceptions", as_csv(Leave, leaves()))


@require_safe
@access("public")
def leave_json(request: HttpRequest) -> HttpResponse:
    """Every leave that was asked for, as JSON."""
    return json_file(as_json(leaves()))


@require_safe
@access("public")
def one_file(request: HttpRequest, reference: str) -> HttpResponse:
    """One file, whole, as text."""
    return render(request, "register/file.html", {"file": _file(reference)})


@require_safe
@access("public")
def file_bytes(request: HttpRequest, reference: str) -> HttpResponse:
    """The very bytes that its entry in the log commits to, to be saved."""
    found = _file(reference)
    return gone(request) if found.revoked_at else text_file(found.file, found.text)


@require_safe
@access("public")
def file_record(request: HttpRequest, reference: str) -> HttpResponse:
    """Who let it out and why: the very bytes that its entry in the log commits to."""
    found = _file(reference)
    return gone(request) if found.revoked_at else json_file(found.record)


@require_safe
@access("public")
def file_proof(request: HttpRequest, reference: str) -> HttpResponse:
    """What proves, away from here, that the log signed this very file and record."""
    found = _file(reference)
    return gone(request) if found.revoked_at else json_file(proof_of(found))


def _file(reference: str) -> ReleasedFile:
    for found in released_files():
        if found.reference == reference:
            return found
    raise Http404
