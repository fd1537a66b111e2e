"""Asking and deciding: a researcher's requests, and the panel's list with the form that decides."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.kernel.refusals import RollbookError
from rollbook.services.platform.actors import Role
from rollbook.services.projects.requests import LONGEST_TEXT, LONGEST_TITLE, decide, make_request, withdraw
from rollbook.services.projects.samples import LARGEST, LONGEST_WHY, SampleAsked
from rollbook.services.register.request_desk import (
    FormFacts,
    form_facts,
    own_request,
    own_requests,
    panel_list,
    panel_page,
)
from rollbook.web.access import access
from rollbook.web.casework.dates import ThreeBoxDate, date_input
from rollbook.web.ui.actor import actor


class RequestForm(forms.Form):
    """A request: what, why, under which power, from when to when, and the texts the public will read."""

    title = forms.CharField(
        max_length=LONGEST_TITLE, label="Title of the work", error_messages={"required": "Give the work a title"}
    )
    purpose = forms.ChoiceField(label="Purpose", error_messages={"required": "Choose a purpose"})
    power = forms.ChoiceField(label="Legal power", error_messages={"required": "Choose a power"})
    collections = forms.MultipleChoiceField(
        label="Collections", error_messages={"required": "Choose at least one collection"}
    )
    items = forms.MultipleChoiceField(label="Items", error_messages={"required": "Choose at least one item"})
    sample_size = forms.IntegerField(
        label="How many people the question needs",
        help_text="Leave it empty only if it needs everybody in the collections.",
        required=False,
        min_value=1,
        max_value=LARGEST,
    )
    sample_by = forms.ChoiceField(
        label="Spread over",
        choices=[("", "Drawn from everybody alike"), ("authority", "Local authorities"), ("year-group", "Year groups")],
        required=False,
    )
    sample_share = forms.ChoiceField(
        label="If it is spread",
        choices=[("proportional", "In proportion to the people of each"), ("equal", "The same number from each")],
        required=False,
    )
    sample_why = forms.CharField(
        label="Why so many",
        help_text="The panel approves this number, and no run gets more.",
        max_length=LONGEST_WHY,
        error_messages={"required": "Say why so many people are needed"},
    )
    starts = ThreeBoxDate(label="The work begins on", error_messages={"required": "Say when the work begins"})
    ends = ThreeBoxDate(label="The work ends on", error_messages={"required": "Say when the work ends"})
    amends = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, facts: FormFacts, data: Any, initial: dict[str, str]) -> None:
        super().__init__(data, initial=initial)
        choices: dict[str, list[tuple[str, str]]] = {
            "purpose": [(code, name) for code, name, _ in facts.purposes],
            "power": list(facts.powers),
            "collections": list(facts.collections),
            "items": [(line.code, line.name) for _, lines in facts.items for line in lines],
        }
        for name, pairs in choices.items():
            self.fields[name].choices = pairs  # type: ignore[attr-defined]
        for field in facts.fields:
            self.fields[field.key] = forms.CharField(
                label=field.name,
                help_text=field.hint,
                required=field.required,
                max_length=LONGEST_TEXT,
                error_messages={"required": f"{field.name}: this must be filled"},
            )
        self.text_keys = frozenset(field.key for field in facts.fields)

    def send(self, request: HttpRequest) -> str:
        """Make the request; gives its reference."""
        given = self.cleaned_data
        return make_request(
            by=actor(request),
            title=given["title"],
            purpose=given["purpose"],
            power=given["power"],
            items=given["items"],
            collections=given["collections"],
            starts=given["starts"],
            ends=given["ends"],
            sample=SampleAsked(
                given["sample_size"], given["sample_why"], given["sample_by"], given["sample_share"] or "proportional"
            ),
            texts={key: given[key] for key in self.text_keys},
            amends=given["amends"] or None,
        )


class DecisionForm(forms.Form):
    """The panel's decision."""

    result = forms.ChoiceField(
        choices=[("approve", "Approve"), ("refuse", "Refuse")], error_messages={"required": "Choose approve or refuse"}
    )
    expires = ThreeBoxDate(label="If you approve: until which day", required=False)
    reasons = forms.CharField(
        label="Reasons",
        help_text="They are published with the decision. Name no person.",
        max_length=LONGEST_TEXT,
        error_messages={"required": "Give the reasons"},
    )


class WithdrawForm(forms.Form):
    """Taking one's own request back."""

    reasons = forms.CharField(
        label="Why you withdraw it",
        help_text="Published with the request, which stays on the register.",
        max_length=LONGEST_TEXT,
        error_messages={"required": "Say why"},
    )


@require_safe
@access(Role.RESEARCHER)
def own(request: HttpRequest) -> HttpResponse:
    """The researcher's own requests."""
    return render(request, "casework/requests.html", {"requests": own_requests(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.RESEARCHER)
def ask(request: HttpRequest) -> HttpResponse:
    """The form that asks. What is sent is public at once."""
    facts = form_facts()
    form = RequestForm(facts, request.POST or None, {"amends": request.GET.get("amends", "")})
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("register_request", form.send(request))
        except RollbookError as refused:
            show(refused, form)
    shown = {"form": form, "facts": facts, "date_input": date_input}
    return render(request, "casework/request_new.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.RESEARCHER)
def take_back(request: HttpRequest, reference: str) -> HttpResponse:
    """Withdraw one's own request."""
    mine, form = own_request(actor(request), reference), WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw(by=actor(request), reference=reference, reasons=form.cleaned_data["reasons"])
            return redirect("register_request", reference)
        except RollbookError as refused:
            show(refused, form)
    shown = {"form": form, "own": mine}
    return render(request, "casework/request_withdraw.html", shown, status=422 if form.errors else 200)


@require_safe
@access(Role.PANEL_MEMBER)
def panel(request: HttpRequest) -> HttpResponse:
    """What waits for the panel, and the approvals it can take back."""
    return render(request, "casework/panel.html", {"requests": panel_list(actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.PANEL_MEMBER)
def decision(request: HttpRequest, reference: str) -> HttpResponse:
    """One request, and the form that decides it."""
    page, form = panel_page(actor(request), reference), DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decide(by=actor(request), reference=reference, **form.cleaned_data)
            return redirect("register_request", reference)
        except RollbookError as refused:
            show(refused, form)
    shown = {"form": form, "page": page, "date_input": date_input}
    return render(request, "casework/decide.html", shown, status=422 if form.errors else 200)


def show(refused: RollbookError, form: forms.Form) -> None:
    """Put each reason at the field it is about, or at the top."""
    for reason in refused.reasons:
        form.add_error(reason.where if reason.where in form.fields else None, reason.sentence())


urlpatterns: list[URLPattern] = [
    path("requests/", own, name="casework_requests"),
    path("requests/new/", ask, name="casework_request_new"),
    path("requests/<str:reference>/withdraw/", take_back, name="casework_request_withdraw"),
    path("panel/", panel, name="casework_panel"),
    path("panel/<str:reference>/", decision, name="casework_decide"),
]
