"""What every page is given beside its own facts."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from rollbook.web.ui.actor import actor
from rollbook.web.ui.home import HOMES

PUBLIC_PLACES = (("/register/", "Register of uses"), ("/dictionary/", "What is held"))


def page(request: HttpRequest) -> dict[str, Any]:
    """`places`: the links of the service navigation as (address, text, is_here); `own_place`: where the work of whoever
    is signed in begins, as (address, text), or None; `signed_in`; `log_origin`; `help_phone`.
    """
    by = actor(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    own_place = HOMES[by.role] if by and by.role and by.second_factor else None
    unique = dict([own_place, *PUBLIC_PLACES] if own_place else PUBLIC_PLACES)
    return {
        "own_place": own_place,
        "places": [(address, text, request.path.startswith(address)) for address, text in unique.items()],
        "signed_in": bool(by and by.account_id),
        "log_origin": settings.ROLLBOOK.log_origin,
        "help_phone": settings.ROLLBOOK.help_phone,
    }
