"""Who may see a record, and letting another adult with recorded responsibility in."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.kernel.refusals import AccessDenied, UseRefused
from rollbook.services.accounts.access import onlookers, open_record
from rollbook.services.accounts.confirming import Waiting, approve, waiting_for_approval
from rollbook.services.platform.actors import Actor
from rollbook.web.portal.doors import about_a_record
from rollbook.web.ui.actor import actor


class NumberForm(forms.Form):
    """The number that the waiting adult reads out of their own account."""

    number = forms.CharField(
        label="Number shown in their account",
        max_length=20,
        error_messages={"required": "Enter the number from their account"},
    )


@require_safe
@about_a_record
def people(request: HttpRequest, handle: str) -> HttpResponse:
    """The adults who can see the record, and those who ask to."""
    by = actor(request)
    facts = {"record": open_record(by, handle), "here": "people", "onlookers": onlookers(by, handle)}
    return render(request, "portal/people.html", facts | {"waiting": _waiting(by, handle)})


@require_http_methods(["GET", "HEAD", "POST"])
@about_a_record
def let_in(request: HttpRequest, handle: str, waiting: str) -> HttpResponse:
    """Let one adult in, with the number from their account."""
    by, form = actor(request), NumberForm(request.POST if request.method == "POST" else None)
    record, found = open_record(by, handle), [one for one in waiting_for_approval(by, handle) if one.handle == waiting]
    if request.method == "POST" and form.is_valid():
        try:
            approve(by=by, handle=handle, access=waiting, account_number=form.cleaned_data["number"])
            return redirect("portal_people", handle=handle)
        except UseRefused as refused:
            form.add_error("number", refused.reasons[0].sentence())
    status = 422 if form.errors else 200
    facts = {"record": record, "here": "people", "form": form, "who": found[0] if found else None}
    return render(request, "portal/let_in.html", facts, status=status)


def _waiting(by: Actor, handle: str) -> tuple[Waiting, ...]:
    """Nobody waits for somebody who may see but not decide."""
    try:
        return waiting_for_approval(by, handle)
    except AccessDenied:
        return ()
