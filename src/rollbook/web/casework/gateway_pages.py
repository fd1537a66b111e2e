"""The gateway's pages: an officer asks and collects once; one custodian looks for the child, another confirms."""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.services.gateway.case_pages import Terms, cases_of, desk, desk_case, terms_for
from rollbook.services.gateway.gateway import collect, confirm_case, match_case, open_case, refuse_case
from rollbook.services.platform.actors import Role
from rollbook.web.access import access
from rollbook.web.ui.actor import actor


class CaseForm(forms.Form):
    """One named child and what is needed about them, within one agreement."""

    purpose = forms.ChoiceField(label="Purpose", error_messages={"required": "Choose a purpose"})
    items = forms.MultipleChoiceField(label="What you need", error_messages={"required": "Choose at least one item"})
    surname = forms.CharField(max_length=100, error_messages={"required": "Enter the surname"})
    forename = forms.CharField(label="First name", max_length=100, error_messages={"required": "Enter the first name"})
    born_day = forms.IntegerField(label="Day", min_value=1, max_value=31)
    born_month = forms.IntegerField(label="Month", min_value=1, max_value=12)
    born_year = forms.IntegerField(label="Year", min_value=1980, max_value=2100)
    postcode = forms.CharField(label="Postcode, if known", max_length=10, required=False)

    def __init__(self, terms: Terms, data: Any) -> None:
        super().__init__(data)
        self.fields["purpose"].choices = terms.purposes  # type: ignore[attr-defined]
        self.fields["items"].choices = terms.items  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One date from its three fields."""
        given = super().clean() or {}
        parts = [given.pop(f"born_{part}", None) for part in ("year", "month", "day")]
        if any(part is None for part in parts):
            return given
        try:
            given["born"] = date(*parts)
        except ValueError:
            self.add_error("born_day", "This day does not exist in this month")
        return given


@require_safe
@access(Role.POLICE_OFFICER)
def cases(request: HttpRequest) -> HttpResponse:
    """The officer's own cases, and the agreements to ask under."""
    by = actor(request)
    return render(request, "casework/cases.html", {"cases": cases_of(by), "terms": terms_for(by)})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.POLICE_OFFICER)
def ask(request: HttpRequest, agreement: str) -> HttpResponse:
    """The form that asks about one child."""
    by = actor(request)
    terms = next((one for one in terms_for(by) if one.reference == agreement), None)
    if terms is None:
        mend = "Choose one of those listed."
        raise AccessDenied(Reason("agreement", "Your organisation has no such agreement in force", mend=mend))
    form = CaseForm(terms, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            open_case(by=by, agreement_ref=agreement, **form.cleaned_data)
            return redirect("casework_cases")
        except InputRefused as refused:
            for reason in refused.reasons:
                form.add_error(reason.where if reason.where in form.fields else None, reason.sentence())
    facts = {"terms": terms, "form": form}
    return render(request, "casework/ask.html", facts, status=422 if form.errors else 200)


@require_POST
@never_cache
@access(Role.POLICE_OFFICER)
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """The answer, shown this once."""
    lines = collect(by=actor(request), reference=reference)
    return render(request, "casework/answer.html", {"reference": reference, "lines": lines})


@require_safe
@access(Role.CUSTODIAN)
def waiting_cases(request: HttpRequest) -> HttpResponse:
    """The cases that wait for a custodian."""
    return render(request, "casework/desk.html", {"cases": desk(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@access(Role.CUSTODIAN)
def waiting_case(request: HttpRequest, reference: str) -> HttpResponse:
    """One case: look for the child, or as the second person confirm or refuse."""
    by = actor(request)
    if request.method == "POST":
        return _do(request, reference)
    return render(request, "casework/desk_case.html", {"case": desk_case(by=by, reference=reference)})


def _do(request: HttpRequest, reference: str) -> HttpResponse:
    by, deed = actor(request), request.POST.get("deed")
    if deed == "match":
        outcome = match_case(by=by, reference=reference)
        return render(request, "casework/matched.html", {"reference": reference, "outcome": outcome.value})
    if deed == "confirm":
        confirm_case(by=by, reference=reference)
    elif deed == "refuse":
        refuse_case(by=by, reference=reference)
    else:
        raise UseRefused(Reason("deed", "This is not something to do with a case", mend="Use the buttons of the page."))
    return redirect("casework_desk")


urlpatterns: list[URLPattern] = [
    path("cases/", cases, name="casework_cases"),
    path("cases/ask/<str:agreement>/", ask, name="casework_ask"),
    path("cases/<str:reference>/answer/", answer, name="casework_answer"),
    path("desk/", waiting_cases, name="casework_desk"),
    path("desk/<str:reference>/", waiting_case, name="casework_desk_case"),
]
