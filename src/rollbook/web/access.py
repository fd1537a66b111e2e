"""Who may open a page: every view carries one rule, and a test fails for an address without one.

The rule is about the door. What a person may see behind it is decided by the read functions of `rollbook.services`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal
from urllib.parse import quote

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.services.platform.actors import Role
from rollbook.web.ui.actor import actor

View = Callable[..., HttpResponseBase]
Rule = Literal["public", "signed-in"] | Role


def access(*rules: Rule) -> Callable[[View], View]:
    """Let in everyone (`"public"`), any account (`"signed-in"`), or accounts in the roles given.

    Everything but `"public"` also needs a second factor in this session: who has none yet is led to set one up.
    """
    if not rules or (len(rules) > 1 and not all(isinstance(rule, Role) for rule in rules)):
        raise ValueError('access takes "public", "signed-in", or one or more roles')

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return _turned_away(request, rules) or view(request, *args, **kwargs)

        guarded.rollbook_access = rules  # type: ignore[attr-defined]
        return guarded

    return decorate


def _turned_away(request: HttpRequest, rules: tuple[Rule, ...]) -> HttpResponseBase | None:
    if rules == ("public",):
        return None
    by = actor(request)
    if by.account_id is None:
        return HttpResponseRedirect(f"{reverse('account_login')}?next={quote(request.get_full_path())}")
    if not by.second_factor:
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
    if rules != ("signed-in",) and by.role not in rules:
        raise AccessDenied(Reason("role", "This page is not for your account", mend="Sign in with another account."))
    return None
