"""An output checker's pages: the tables to check, and one table with what the rules say beside each cell."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import InputRefused
from rollbook.services.outputs.check_pages import check_page, outputs_for
from rollbook.services.outputs.outputs import LONGEST_COMMENT, RETURN, claim, give_verdict, return_early, unclaim
from rollbook.services.platform.actors import Actor, Role
from rollbook.web.access import access
from rollbook.web.casework.file_forms import FileVerdictForm, VerdictForm
from rollbook.web.ui.actor import actor


class _OfAChecker(forms.Form):
    """What a checker can say beside the verdict."""

    early = forms.BooleanField(label="Return it at once, without the other checker’s verdict", required=False)
    note = forms.CharField(
        label="Note to the other checkers",
        help_text="The author never reads it.",
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea,
    )


class CheckForm(_OfAChecker, VerdictForm):
    """One checker's verdict on a table."""


class FileCheckForm(_OfAChecker, FileVerdictForm):
    """One checker's verdict on a file by exception."""


@require_safe
@access(Role.OUTPUT_CHECKER)
def checking(request: HttpRequest) -> HttpResponse:
    """The tables this checker may judge or has judged."""
    return render(request, "casework/checking.html", {"lines": outputs_for(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.OUTPUT_CHECKER)
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """One table: its cells, the rules, the study that made it, and the form for the one verdict."""
    by = actor(request)
    page = check_page(by=by, reference=reference)
    data = request.POST or None
    form: VerdictForm = FileCheckForm(page.file.criteria, data) if page.file else CheckForm(data)
    if request.method == "POST" and form.is_valid():
        try:
            _judge(by, reference, form, request.POST.getlist("tables"))
            return redirect("casework_check", reference=reference)
        except InputRefused as refused:
            for reason in refused.reasons:
                form.add_error(reason.where or None, reason.sentence())
    facts = {"page": page, "form": form, "ticked": request.POST.getlist("tables")}
    return render(request, "casework/check.html", facts, status=422 if form.errors else 200)


def _judge(by: Actor, reference: str, form: VerdictForm, tables: list[str]) -> None:
    facts = {name: form.cleaned_data[name] for name in ("verdict", "comment", "note", "turn", "early")}
    grounds = form.grounds() if isinstance(form, FileVerdictForm) else None
    if facts.pop("early") and facts["verdict"] == RETURN:
        return_early(by=by, reference=reference, comment=facts["comment"], turn=facts["turn"] or 0)
    else:
        # A form without its turn, or with another, is a form of another page: no turn has the number 0.
        facts |= {"turn": facts["turn"] or 0}
        give_verdict(by=by, reference=reference, grounds=grounds, tables=tables, **facts)


@require_POST
@access(Role.OUTPUT_CHECKER)
def take(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a table on, or give it back."""
    deed = unclaim if "back" in request.POST else claim
    deed(by=actor(request), reference=reference)
    return redirect("casework_check", reference=reference)


urlpatterns: list[URLPattern] = [
    path("checking/", checking, name="casework_checking"),
    path("checking/<str:reference>/", check, name="casework_check"),
    path("checking/<str:reference>/take/", take, name="casework_take"),
]
