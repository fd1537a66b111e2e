"""A number given to two children, and the division of their record: what tests of dividing start from."""

from datetime import date
from typing import Any

from rollbook.kernel.refusals import RollbookError
from rollbook.records.models.accounts import School
from rollbook.records.models.doubles import DoNotLink
from rollbook.records.models.identity import Access, Choice, Identifier, Person, Sighting
from rollbook.services.people import dividing, divisions
from rollbook.services.people.do_not_link import lift
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.people import CUSTODIAN, DPO, OPERATOR, SECOND_CUSTODIAN, actor_of

BORN_OTHER = date(2014, 11, 23)
SHARED = ground.ADA


def two(*edits: str, serial: str = "001", upn: str = "") -> bytes:
    """A return of the other school, whose first pupil is another child under the number of the model's first."""
    numbers = [upn or SHARED, *(ground.upn(n) for n in range(502, 505))]
    other = (f"P1/PupilIdentifiers/DOB = {BORN_OTHER}", "P1/PupilIdentifiers/Forename = Zoltanette")
    status = "P1/PupilStatus/EnrolStatus = S"
    return ground.a_file(*other, status, *edits, school=ground.OTHER_SCHOOL, upns=numbers, serial=serial)


def begin() -> None:
    """Two accepted returns, of which each has another child under one number."""
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")
    receipt = ingest(by=OPERATOR, data=two(), name="two.xml")
    assert receipt.state == "accepted", receipt.text()


def key_of(school: str) -> int:
    """Whose the first pupil of a school's latest return is."""
    with people_zone():
        rows = Sighting.objects.filter(source__school_id=school, pupil_no=1).order_by("-source__received_at", "-pk")
        return int(rows.values_list("person_id", flat=True)[0])


def other_sightings() -> list[int]:
    """The sightings that are the other child's."""
    with people_zone():
        rows = Sighting.objects.filter(source__school_id=ground.OTHER_SCHOOL, pupil_no=1)
        return list(rows.order_by("pk").values_list("pk", flat=True))


def proposed(**adults: str) -> str:
    """A proposed division; adults not named are placed with neither."""
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=SHARED)
    asked = {one.handle: adults.get(one.handle, "neither") for one in look(handle).adults}
    dividing.propose_division(by=actor_of(CUSTODIAN), division=handle, goes=other_sightings(), adults=asked)
    return handle


def look(handle: str) -> Any:
    """The record as the custodian sees it."""
    return divisions.one_division(actor_of(CUSTODIAN), handle)


def divided(**adults: str) -> str:
    """A record that was divided."""
    handle = proposed(**adults)
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    return handle


def state() -> list[Any]:
    """Everything a division changes."""
    with people_zone():
        people = list(Person.objects.order_by("pk").values_list("pk", "superseded_by_id"))
        numbers = list(Identifier.objects.order_by("pk").values_list("value", "person_id", "standing"))
        seen = list(Sighting.objects.order_by("pk").values_list("pk", "person_id"))
        adults = list(Access.objects.order_by("pk").values_list("pk", "state"))
        return [people, numbers, seen, adults, Choice.objects.count(), DoNotLink.objects.count()]


def code(refused: Any) -> str:
    """The code of a refusal."""
    error: RollbookError = refused.value
    return str(error.reasons[0].code)


def school() -> School:
    """The school of the child who keeps the number."""
    return School.objects.get(pk=ground.SCHOOL)


def lifted() -> None:
    """The data protection officer takes the entry off the list."""
    with people_zone():
        entry = DoNotLink.objects.get(lifted_at=None).pk
    lift(by=actor_of(DPO), entry=entry, why="test")
