"""Refuses what is too large to be any form of ours before a byte of it is read.

Django writes a sent file to the machine's disk as it parses a form, and it parses the form to find its token: without
this anybody, signed in or not, could fill the disk by sending one file to any address.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rollbook.services.study_upload import MAX_UPLOAD

# The largest form is a study's, with room for the names and the lines between its files.
MOST: Final = MAX_UPLOAD + 256 * 1024


class SmallBodies:
    """Answers 413 to a body that says it is larger than any form. One that does not say how long it is counts as
    empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the page answer, unless the body is too large."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MOST:
            facts = {
                "heading": "That is too large to be sent",
                "advice": "Nothing of it was read. Send less, and try again.",
            }
            return render(request, "ui/error.html", facts, status=413)
        return self._get_response(request)
