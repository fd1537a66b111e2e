"""Signing in: an address and password, then a code. The first sign-in sets the second factor up."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView, LogoutView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from rollbook.web.access import access
from rollbook.web.ui.actor import actor
from rollbook.web.ui.home import home_of


class SetUpSecondFactor(ActivateTOTPView):  # type: ignore[misc]
    """Set up the authenticator app; the code given here counts as this session's second factor."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Only for a signed-in account that has none; a session that skipped its code must sign in again."""
        if not request.user.is_authenticated:
            return HttpResponseRedirect(reverse("account_login"))
        if is_mfa_enabled(request.user):
            if actor(request).second_factor:
                return HttpResponseRedirect(reverse("account_start"))
            logout(request)
            return HttpResponseRedirect(reverse("account_login"))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the authenticator and note that this session gave a code."""
        response: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, method="mfa", type="totp")
        return response

    def get_success_url(self) -> str:
        """To the account's own first page."""
        return reverse("account_start")


@access("signed-in")
def start(request: HttpRequest) -> HttpResponse:
    """Lead each role to where its work is."""
    return HttpResponseRedirect(home_of(actor(request).role))


@access("public")
def signed_out(request: HttpRequest) -> HttpResponse:
    """Said after signing out, without a trace of who it was."""
    return render(request, "account/signed_out.html")


sign_in = access("public")(LoginView.as_view())
sign_out = access("public")(LogoutView.as_view())
give_code = access("public")(AuthenticateView.as_view())
set_up_second_factor = access("public")(SetUpSecondFactor.as_view())
