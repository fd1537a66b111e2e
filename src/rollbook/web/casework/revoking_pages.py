"""Pages for revoking a released table: the list of those that left, and one with its form."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import RollbookError
from rollbook.services.outputs.revoke_pages import left_table, left_tables
from rollbook.services.outputs.revoking import LONGEST_REASON, ask_revoke, confirm_revoke, decline_revoke
from rollbook.services.platform.actors import Role
from rollbook.web.access import access
from rollbook.web.casework.request_pages import show
from rollbook.web.ui.actor import actor


class RevokeForm(forms.Form):
    """On which ground, and why."""

    ground = forms.ChoiceField(
        label="What is wrong with it",
        choices=[
            ("could-identify", "It could tell of somebody: it goes at once"),
            ("wrong-figures", "Its figures are wrong: a second person must confirm"),
            ("not-allowed", "It should not have been made: a second person must confirm"),
        ],
        error_messages={"required": "Choose what is wrong with it"},
    )
    words = forms.CharField(
        label="Why, in words for everybody",
        help_text="This stands on the public page and in the log. Do not repeat a figure, and name nobody.",
        max_length=LONGEST_REASON,
        widget=forms.Textarea,
        error_messages={"required": "Say why"},
    )


@require_safe
@access(Role.OUTPUT_CHECKER, Role.DATA_PROTECTION_OFFICER)
def left(request: HttpRequest) -> HttpResponse:
    """The tables that left, and what somebody asks to revoke."""
    return render(request, "casework/left.html", {"lines": left_tables(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.OUTPUT_CHECKER, Role.DATA_PROTECTION_OFFICER)
def revoke(request: HttpRequest, reference: str) -> HttpResponse:
    """One table, and the form that revokes it or asks for that."""
    by, form = actor(request), RevokeForm(request.POST or None)
    line = left_table(by, reference)
    if line is None:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            ask_revoke(by=by, reference=reference, **form.cleaned_data)
            return redirect("casework_revoke", reference)
        except RollbookError as refused:
            show(refused, form)
    facts = {"line": line, "form": form}
    return render(request, "casework/revoke.html", facts, status=422 if form.errors else 200)


@require_POST
@access(Role.OUTPUT_CHECKER, Role.DATA_PROTECTION_OFFICER)
def settle(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirm what somebody else asked for, or turn it down."""
    deed = confirm_revoke if "confirm" in request.POST else decline_revoke
    deed(by=actor(request), reference=reference)
    return redirect("casework_revoke", reference)


urlpatterns: list[URLPattern] = [
    path("left/", left, name="casework_left"),
    path("left/<str:reference>/", revoke, name="casework_revoke"),
    path("left/<str:reference>/settle/", settle, name="casework_revoke_settle"),
]
