"""Registering the machine a researcher sits at, with a code of the operator's."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from rollbook.kernel.refusals import InputRefused
from rollbook.services.platform.actors import Role
from rollbook.services.projects.safe_places import register_device, where
from rollbook.web.access import access
from rollbook.web.casework.request_pages import show
from rollbook.web.ui.actor import DEVICE_COOKIE, actor

# The registration in the records ends earlier; a browser may forget its key after this.
TEN_YEARS = 10 * 365 * 24 * 3600


class DeviceForm(forms.Form):
    """The code the operator gave for this machine."""

    code = forms.CharField(
        label="Code for this device",
        help_text="From the operator. It works once.",
        max_length=40,
        error_messages={"required": "Enter the code for this device"},
    )


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.RESEARCHER)
def device(request: HttpRequest) -> HttpResponse:
    """Where this machine is known to be, and the form that registers it."""
    by, form = actor(request), DeviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _with_key(register_device(by=by, code=form.cleaned_data["code"]))
        except InputRefused as refused:
            show(refused, form)
    facts = {"form": form, "where": where(by)}
    return render(request, "casework/device.html", facts, status=422 if form.errors else 200)


def _with_key(key: str) -> HttpResponse:
    answer = redirect("casework_device")
    answer.set_cookie(
        DEVICE_COOKIE, key, max_age=TEN_YEARS, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True,
        samesite="Lax",
    )  # fmt: skip
    return answer


urlpatterns: list[URLPattern] = [path("device/", device, name="casework_device")]
