"""Pages for what goes wrong: each says what, and what to do next, in plain words."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rollbook.kernel.refusals import Family, RollbookError

# One status and one heading for each family of refusal.
PAGES: Mapping[Family, tuple[int, str]] = {
    Family.USAGE: (400, "That could not be understood"),
    Family.INPUT: (422, "That could not be accepted"),
    Family.REFUSED: (409, "This is not allowed as things stand"),
    Family.ACCESS: (403, "You cannot do this with your account"),
    Family.VERIFICATION: (422, "That does not hold"),
    Family.STATE: (503, "Rollbook has stopped to be safe"),
    Family.LIMIT: (422, "A limit was reached"),
    Family.SETUP: (500, "Rollbook is not set up for this"),
}

# A refusal that is about nobody's account: it comes to whoever tries too often.
BY_CODE: Mapping[str, tuple[int, str]] = {"too-many-tries": (429, "Too many tries")}


class RefusalPages:
    """Turns a refusal that reaches the top into its page. Forms show refusals beside the field where they can."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the page answer. No page has a zero byte in its address, and PostgreSQL takes none as a text."""
        return not_found(request) if "\0" in request.path else self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page of a refusal; anything else is Django's to handle."""
        if not isinstance(exception, RollbookError):
            return None
        status, heading = BY_CODE.get(exception.reasons[0].code, PAGES[exception.family])
        facts = {"heading": heading, "reasons": exception.reasons}
        return render(request, "ui/refusal.html", facts, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(
        request, 400, "That could not be understood", "The address or form was not complete. Go back and try again."
    )


def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _page(request, 403, "You cannot do this with your account", "If you think you should, ask the data team.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same words whether a page never existed or is not for this person."""
    return _page(
        request,
        404,
        "Page not found",
        "If you typed the address, check it is right. If you pasted it, check it is whole.",
    )


def gone(request: HttpRequest) -> HttpResponse:
    """410: a file that was here and was revoked."""
    return _page(request, 410, "This table was revoked", "Its page says since when and why. Destroy every copy of it.")


def failed(request: HttpRequest) -> HttpResponse:
    """500: nothing about what happened reaches the page."""
    return _page(
        request,
        500,
        "Sorry, there is a problem",
        "Nothing you entered was kept unless a page said so. Try again later.",
    )


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose hidden token is missing or old."""
    return _page(request, 403, "This form can no longer be sent", "Open the page again and fill it in once more.")


def _page(request: HttpRequest, status: int, heading: str, advice: str) -> HttpResponse:
    return render(request, "ui/error.html", {"heading": heading, "advice": advice}, status=status)
