"""An output checker's page of released tables that would not pass under changed parameters."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from rollbook.services.outputs.recheck import LONGEST_NOTE, settle
from rollbook.services.outputs.recheck_pages import tasks
from rollbook.services.platform.actors import Role
from rollbook.web.access import access
from rollbook.web.ui.actor import actor


class NoteForm(forms.Form):
    """Why a table stays."""

    note = forms.CharField(
        label="Why it stays where it is",
        help_text="Other checkers read this. To revoke it, use its own page.",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea,
    )


@require_safe
@access(Role.OUTPUT_CHECKER)
def rechecks(request: HttpRequest) -> HttpResponse:
    """Tables that left and would not pass today."""
    lines = tasks(actor(request))
    forms_of = {line.id: NoteForm(auto_id=f"id_%s_{line.id}") for line in lines}
    return render(request, "casework/rechecks.html", {"lines": lines, "forms": forms_of})


@require_POST
@access(Role.OUTPUT_CHECKER)
def stays(request: HttpRequest, task: int) -> HttpResponse:
    """Settle a task: the table stays, for a reason."""
    settle(by=actor(request), task=task, note=request.POST.get("note", ""))
    return redirect("casework_rechecks")


urlpatterns: list[URLPattern] = [
    path("rechecks/", rechecks, name="casework_rechecks"),
    path("rechecks/<int:task>/", stays, name="casework_recheck_stays"),
]
