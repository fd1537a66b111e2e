"""What every page is given beside its own facts."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from rollbook.web.ui.actor import actor
from rollbook.web.ui.home import HOMES

PUBLIC_PLACES = (("/register/", "Register of uses"), ("/dictionary/", "What is held"))


def page(request: HttpRequest) -> dict[str, Any]:
    """`places`: the links of the service navigation as (address, text, is_here); `signed_in`; `log_origin`."""
    by = actor(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    places = list(PUBLIC_PLACES)
    if by and by.role and by.second_factor:
        places.insert(0, HOMES[by.role])
    unique = dict(places)
    return {
        "places": [(address, text, request.path.startswith(address)) for address, text in unique.items()],
        "signed_in": bool(by and by.account_id),
        "log_origin": settings.ROLLBOOK.log_origin,
    }
