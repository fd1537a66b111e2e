"""Casework on explanations: what schools say about queries in their returns, to be accepted or sent back with words."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.services.platform.actors import Role
from rollbook.services.returns.explaining import LONGEST_TEXT, accept_explanation, return_explanation
from rollbook.services.returns.explanation_desk import one_explanation, query_counts, waiting_explanations
from rollbook.web.access import access
from rollbook.web.ui.actor import actor
from rollbook.web.ui.paging import paginate


class AnswerForm(forms.Form):
    """Accepted, or returned with words."""

    answer = forms.ChoiceField(
        label="What do you say?",
        choices=(("accept", "It is a good reason"), ("return", "Send it back: the school must answer again")),
        error_messages={"required": "Choose what you say", "invalid_choice": "Choose one from the list"},
    )
    words = forms.CharField(label="What is missing", required=False, max_length=LONGEST_TEXT, widget=forms.Textarea)


@require_safe
@access(Role.CUSTODIAN)
def explanations(request: HttpRequest) -> HttpResponse:
    """What waits, by school and rule, and how many queries are explained."""
    page = paginate(waiting_explanations(actor(request)), request)
    facts = {"page": page, "counts": query_counts(actor(request))}
    return render(request, "casework/explanations.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.CUSTODIAN)
def explanation(request: HttpRequest, handle: str) -> HttpResponse:
    """One explanation with its queries."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _answered(request, handle, form):
        return redirect("casework_explanations")
    try:
        found = one_explanation(actor(request), handle)
    except AccessDenied:
        raise Http404 from None
    facts = {"found": found, "form": form, "page": paginate(found.places, request)}
    return render(request, "casework/explanation.html", facts, status=422 if form.errors else 200)


def _answered(request: HttpRequest, handle: str, form: AnswerForm) -> bool:
    by, given = actor(request), form.cleaned_data
    try:
        if given["answer"] == "accept":
            accept_explanation(by=by, handle=handle)
        else:
            return_explanation(by=by, handle=handle, words=given["words"])
    except AccessDenied:
        raise Http404 from None
    except (InputRefused, UseRefused) as refused:
        for reason in refused.reasons:
            form.add_error(reason.where if reason.where in form.fields else None, f"{reason.message}. {reason.mend}")
        return False
    return True


urlpatterns: list[URLPattern] = [
    path("explanations/", explanations, name="casework_explanations"),
    path("explanations/<str:handle>/", explanation, name="casework_explanation"),
]
