"""Starting an account with the code of a letter: one form, and one answer whatever was typed."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from rollbook.kernel.refusals import InputRefused
from rollbook.services.accounts.starting import start_account
from rollbook.web.access import access
from rollbook.web.ui.actor import actor, connection


class StartForm(forms.Form):
    """What is typed from the letter, and what the account is to have. The service judges what may stand."""

    code = forms.CharField(
        label="Code in your letter", max_length=40, error_messages={"required": "Enter the code in your letter"}
    )
    email = forms.CharField(
        label="Your e-mail address", max_length=254, error_messages={"required": "Enter your e-mail address"}
    )
    password = forms.CharField(
        label="Choose a password", max_length=200, strip=False, error_messages={"required": "Choose a password"}
    )


@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "HEAD", "POST"])
@access("public")
def start_from_letter(request: HttpRequest) -> HttpResponse:
    """Show the form; after it, always the same page."""
    form = StartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            start_account(by=actor(request), connection=connection(request), **form.cleaned_data)
        except InputRefused as refused:
            for reason in refused.reasons:
                form.add_error(reason.where, reason.sentence())
        else:
            return render(request, "account/started.html")
    return render(request, "account/start.html", {"form": form}, status=422 if form.errors else 200)
