"""An output checker's pages: the tables to check, and one table with what the rules say beside each cell."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.kernel.refusals import InputRefused
from rollbook.services.actors import Role
from rollbook.services.outputs import APPROVE, LONGEST_COMMENT, RETURN, check_page, give_verdict, outputs_for
from rollbook.web.access import access
from rollbook.web.ui.actor import actor


class VerdictForm(forms.Form):
    """One checker's verdict."""

    verdict = forms.ChoiceField(
        label="Your verdict",
        choices=[(APPROVE, "Release this table"), (RETURN, "Return it to the author")],
        error_messages={"required": "Choose a verdict"},
    )
    comment = forms.CharField(
        label="Comment to the author",
        help_text="Needed when you return the table. The author reads it once both verdicts are in.",
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea,
    )


@require_safe
@access(Role.OUTPUT_CHECKER)
def checking(request: HttpRequest) -> HttpResponse:
    """The tables this checker may judge or has judged."""
    return render(request, "casework/checking.html", {"lines": outputs_for(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.OUTPUT_CHECKER)
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """One table: its cells, the rules, the study that made it, and the form for the one verdict."""
    by, form = actor(request), VerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            give_verdict(by=by, reference=reference, **form.cleaned_data)
            return redirect("casework_check", reference=reference)
        except InputRefused as refused:
            for reason in refused.reasons:
                form.add_error(reason.where or None, reason.sentence())
    facts = {"page": check_page(by=by, reference=reference), "form": form}
    return render(request, "casework/check.html", facts, status=422 if form.errors else 200)


urlpatterns: list[URLPattern] = [
    path("checking/", checking, name="casework_checking"),
    path("checking/<str:reference>/", check, name="casework_check"),
]
