"""From a request to the actor of a deed."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from rollbook.services.platform.actors import Actor, Role

# The key of a registered device.
DEVICE_COOKIE = "rollbook-device"


def actor(request: HttpRequest) -> Actor:
    """Who is asking. `second_factor` says that this session, not only this account, gave a code."""
    user: Any = request.user
    if not user.is_authenticated:
        return Actor(role=None, channel="web")
    return Actor(
        role=Role(user.role),
        channel="web",
        account_id=user.pk,
        second_factor=gave_second_factor(request),
        connection=connection(request),
        device=request.COOKIES.get(DEVICE_COOKIE, ""),
    )


def connection(request: HttpRequest) -> str:
    """The address a page was asked for from. In production a proxy that is trusted for the scheme also names the
    visitor, last.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.ROLLBOOK.production else ""
    return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


def gave_second_factor(request: HttpRequest) -> bool:
    """Whether the session was opened with a code from an authenticator."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)
