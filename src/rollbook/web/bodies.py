"""Refuses what is too large to be any form of ours before a byte of it is read.

Django writes a sent file to the machine's disk as it parses a form, and it parses the form to find its token: without
this anybody, signed in or not, could fill the disk by sending one file to any address. A return is larger than any
form: only a school's signed-in data manager may send one, to one address, and it stays in memory until it is sealed.
"""

from collections.abc import Callable
from typing import Any, Final

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from rollbook.services.platform.actors import Role
from rollbook.services.returns.uploads import MAX_UPLOAD as MAX_RETURN
from rollbook.services.studies.study_upload import MAX_UPLOAD
from rollbook.web.ui.actor import actor

_REST_OF_THE_FORM: Final = 256 * 1024
# The largest form is a study's, with room for the names and the lines between its files.
MOST: Final = MAX_UPLOAD + _REST_OF_THE_FORM
MOST_OF_A_RETURN: Final = MAX_RETURN + _REST_OF_THE_FORM


class InMemory(MemoryFileUploadHandler):
    """Keeps a sent file in memory whatever its size, so that no copy of a return lies on a disk in the clear."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Take every file; how large the body may be was asked before."""
        self.activated = True


class SmallBodies:
    """Answers 413 to a body that says it is larger than any form. One that does not say how long it is counts as
    empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the page answer, unless the body is too large."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        of_a_return = _sends_a_return(request)
        if not length.isdecimal() or int(length) > (MOST_OF_A_RETURN if of_a_return else MOST):
            facts = {
                "heading": "That is too large to be sent",
                "advice": "Nothing of it was read. Send less, and try again.",
            }
            return render(request, "ui/error.html", facts, status=413)
        if of_a_return:
            request.upload_handlers = [InMemory(request)]
        return self._get_response(request)


def _sends_a_return(request: HttpRequest) -> bool:
    if request.method != "POST" or request.path != reverse("school_upload"):
        return False
    by = actor(request)
    return by.role == Role.SCHOOL_DATA_MANAGER and by.second_factor
