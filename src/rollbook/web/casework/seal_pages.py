"""The data protection officer's page of sealed cases: which must be told when, and putting one off in public."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_safe

from rollbook.kernel.refusals import InputRefused
from rollbook.services.gateway.reveals import GROUNDS, extend, sealed_case, sealed_cases
from rollbook.services.platform.actors import Role
from rollbook.web.access import access
from rollbook.web.casework.dates import ThreeBoxDate, date_input
from rollbook.web.ui.actor import actor


class PutOffForm(forms.Form):
    """A later day, and on what ground."""

    reveal_by = ThreeBoxDate(label="It must be told by", error_messages={"required": "Give the new day"})
    ground = forms.ChoiceField(
        label="Ground", choices=tuple(GROUNDS.items()), error_messages={"required": "Choose a ground"}
    )


@require_safe
@access(Role.DATA_PROTECTION_OFFICER)
def seals(request: HttpRequest) -> HttpResponse:
    """Every sealed case, the one due first at the top."""
    return render(request, "casework/seals.html", {"cases": sealed_cases(by=actor(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@access(Role.DATA_PROTECTION_OFFICER)
def put_off(request: HttpRequest, reference: str) -> HttpResponse:
    """One sealed case: when it must be told, and the form that puts it off."""
    by = actor(request)
    case = sealed_case(by=by, reference=reference)
    form = PutOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            extend(by=by, reference=reference, **form.cleaned_data)
            return redirect("casework_seals")
        except InputRefused as refused:
            form.add_error("reveal_by", refused.reasons[0].sentence())
    facts = {"case": case, "form": form, "date_input": date_input}
    return render(request, "casework/seal.html", facts, status=422 if form.errors else 200)


urlpatterns: list[URLPattern] = [
    path("seals/", seals, name="casework_seals"),
    path("seals/<str:reference>/", put_off, name="casework_seal"),
]
