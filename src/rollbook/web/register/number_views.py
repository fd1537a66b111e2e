"""Published volumes and overdue duties."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollbook.services.log.counting import Volume
from rollbook.services.platform.clock import today
from rollbook.services.platform.exports import as_csv, as_json
from rollbook.services.register.duties import Duty, DutyKind, overdue
from rollbook.services.register.turnaround import (
    FEWEST_CHECKERS,
    FEWEST_TURNS,
    FEWEST_TURNS_FOR_95,
    Turnaround,
    turnaround,
)
from rollbook.services.register.volumes import volumes
from rollbook.web.access import access
from rollbook.web.register.files import csv_file, json_file


@require_safe
@access("public")
def volume_page(request: HttpRequest) -> HttpResponse:
    """How much was asked, decided and used, counted from the log; no page at all where the counts disagree."""
    return render(request, "register/volumes.html", {"volumes": volumes()})


@require_safe
@access("public")
def volume_csv(request: HttpRequest) -> HttpResponse:
    """The volumes as CSV."""
    return csv_file("volumes", as_csv(Volume, _rows()))


@require_safe
@access("public")
def volume_json(request: HttpRequest) -> HttpResponse:
    """The volumes as JSON."""
    return json_file(as_json(_rows()))


@require_safe
@access("public")
def duty_page(request: HttpRequest) -> HttpResponse:
    """What is overdue today."""
    day = today()
    rows = [(duty, duty.days(day), _address(duty)) for duty in overdue(day)]
    return render(request, "register/duties.html", {"duties": rows, "kinds": list(DutyKind), "day": day})


@require_safe
@access("public")
def duty_csv(request: HttpRequest) -> HttpResponse:
    """What is overdue, as CSV."""
    return csv_file("duties", as_csv(Duty, overdue(today())))


@require_safe
@access("public")
def duty_json(request: HttpRequest) -> HttpResponse:
    """What is overdue, as JSON."""
    return json_file(as_json(overdue(today())))


@require_safe
@access("public")
def turnaround_page(request: HttpRequest) -> HttpResponse:
    """How long the checking of outputs takes."""
    facts = {
        "rows": turnaround(),
        "fewest": FEWEST_TURNS,
        "fewest_95": FEWEST_TURNS_FOR_95,
        "checkers": FEWEST_CHECKERS,
    }
    return render(request, "register/turnaround.html", facts)


@require_safe
@access("public")
def turnaround_csv(request: HttpRequest) -> HttpResponse:
    """The same figures as CSV."""
    return csv_file("turnaround", as_csv(Turnaround, turnaround()))


@require_safe
@access("public")
def turnaround_json(request: HttpRequest) -> HttpResponse:
    """The same figures as JSON."""
    return json_file(as_json(turnaround()))


def _rows() -> tuple[Volume, ...]:
    found = volumes()
    return found.rows if found else ()


def _address(duty: Duty) -> str:
    """Where the thing is shown whose duty is overdue."""
    if duty.kind in {DutyKind.AGREEMENT, DutyKind.ASSESSMENT, DutyKind.PUBLICATION}:
        return f"/register/papers/{duty.reference}/"
    if duty.kind is DutyKind.INTAKE:
        return f"/register/collections/{duty.reference}/"
    if duty.kind in {DutyKind.CLOSE_PROJECT, DutyKind.ACCREDITATION}:
        return f"/register/requests/{duty.reference}/"
    of_an_entry = duty.kind in {DutyKind.REVEAL, DutyKind.DESTRUCTION}
    return f"/register/log/{duty.reference.split()[-1]}/" if of_an_entry else "/register/log/"
