"""Keeps a signed-in person's pages out of every cache, shared computers' above all."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class PrivatePages:
    """Adds `Cache-Control: no-store` to what is sent to a browser with a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then mark the answer; the public log is the same for everyone and stays as it is."""
        response = self._get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith("/log/"):
            response["Cache-Control"] = "no-store"
        return response
