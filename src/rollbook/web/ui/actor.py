"""From a request to the actor of a deed."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from rollbook.services.actors import Actor, Role


def actor(request: HttpRequest) -> Actor:
    """Who is asking. `second_factor` says that this session, not only this account, gave a code."""
    user: Any = request.user
    if not user.is_authenticated:
        return Actor(role=None, channel="web")
    return Actor(role=Role(user.role), channel="web", account_id=user.pk, second_factor=gave_second_factor(request))


def gave_second_factor(request: HttpRequest) -> bool:
    """Whether the session was opened with a code from an authenticator."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)
