"""A study runs over a record of two children, the record is divided, another study runs: who reads what afterwards."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from rollbook.kernel.refusals import AccessDenied
from rollbook.records.models.accounts import School
from rollbook.records.models.identity import Access, Sighting
from rollbook.services.people import dividing, divisions
from rollbook.services.platform.actors import Actor
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal import portal
from rollbook.services.portal.history import Use, history
from rollbook.services.returns.ingest import ingest
from tests import census_ground
from tests import run_ground as ground
from tests.letters import Family, let_in
from tests.people import (
    CUSTODIAN,
    OPERATOR,
    OTHER_PARENT,
    PARENT,
    SECOND_CUSTODIAN,
    STRANGER,
    Person,
    actor_of,
    browser_of,
)

SHARED = census_ground.upn(0)
HERE, THERE = "Example Road", "Windle Quay"
PAGES = ("", "uses/", "choices/", "people/", "proof/")


def the_other_child() -> bytes:
    """Another school's return, whose first pupil is another child under the same number, at another address."""
    file = census_ground.a_file(
        f"P1/PupilIdentifiers/DOB = {date(2014, 11, 23)}", "P1/PupilIdentifiers/Forename = Zoltanette",
        "P1/PupilStatus/EnrolStatus = S", school=census_ground.OTHER_SCHOOL,
        upns=[SHARED, *(census_ground.upn(number) for number in range(502, 505))],
    )  # fmt: skip
    return file.replace(HERE.encode(), THERE.encode())


@dataclass
class Story:
    """The families before the division, and the record after it."""

    log: ground.Writer
    stays: Family
    goes: Family
    estranged: Family
    division: str = ""
    anew: str = ""

    def divide(self) -> None:
        """Two custodians divide; the estranged parent is placed with neither child."""
        self.division = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=SHARED)
        asked = {one.handle: "neither" for one in divisions.one_division(actor_of(CUSTODIAN), self.division).adults}
        asked |= {self.stays.responsibility: "stays", self.goes.responsibility: "goes"}
        with people_zone():
            theirs = Sighting.objects.filter(source__school_id=census_ground.OTHER_SCHOOL, pupil_no=1)
            goes = list(theirs.values_list("pk", flat=True))
        dividing.propose_division(by=actor_of(CUSTODIAN), division=self.division, goes=goes, adults=asked)
        dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=self.division)
        with people_zone():
            self.anew = Access.objects.get(account__email=OTHER_PARENT.email, state=Access.CONFIRMED).handle

    def use(self) -> None:
        """One study, run."""
        project = getattr(self, "project", None) or ground.project(self.log)
        self.project = project
        assert ground.executed(ground.study(project)).state == "done"


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch) -> Story:
    ground.clean_folders()
    ground.pupils()
    assert ingest(by=OPERATOR, data=the_other_child(), name="two.xml").state == "accepted"
    log = ground.log_of_its_own(monkeypatch)
    school = School.objects.get(pk=census_ground.OTHER_SCHOOL)
    stays, goes, estranged = (let_in(adult, SHARED, school) for adult in (PARENT, OTHER_PARENT, STRANGER))
    return Story(log, stays, goes, estranged)


def marks(by: Actor, handle: str) -> list[tuple[bool | None, bool]]:
    """Of each use, oldest first: whether the record was in it, and whether it held another child then."""
    uses: tuple[Use, ...] = history(by, handle).uses
    return [(one.inside, one.shared) for one in reversed(uses)]


def read(person: Person, handle: str) -> dict[str, Any]:
    browser = browser_of(person)
    return {part: browser.get(f"/record/{handle}/{part}") for part in PAGES}


def text_of(found: dict[str, Any]) -> str:
    assert {one.status_code for one in found.values()} == {200}
    return "\n".join(one.content.decode() for one in found.values())


def test_uses_of_before_are_marked_for_both_and_later_ones_are_each_childs_own(story: Story) -> None:
    story.use()
    assert marks(story.stays.parent, story.stays.handle) == [(True, False)]
    story.divide()
    story.use()
    assert marks(story.stays.parent, story.stays.handle) == [(True, True), (True, False)]
    # The number stayed with the first child: without one, the other is in no use.
    assert marks(story.goes.parent, story.anew) == [(True, True), (False, False)]
    for person, handle in ((PARENT, story.stays.handle), (OTHER_PARENT, story.anew)):
        page = browser_of(person).get(f"/record/{handle}/uses/").content.decode()
        assert page.count("also held facts of another child") == 1


def test_no_parent_reads_an_address_or_name_of_the_other_child_and_the_estranged_one_reads_nothing(
    story: Story,
) -> None:
    story.use()
    before = text_of(read(STRANGER, story.estranged.handle))
    assert HERE in before or THERE in before
    story.divide()
    mine, theirs = text_of(read(PARENT, story.stays.handle)), text_of(read(OTHER_PARENT, story.anew))
    assert (HERE in mine, THERE in mine, "Zoltanette" in mine) == (True, False, False)
    assert (HERE in theirs, THERE in theirs, "Zoltanette" in theirs) == (False, True, True)
    assert "Sample0" not in theirs
    for person, handle in (
        (STRANGER, story.estranged.handle), (STRANGER, story.stays.handle), (STRANGER, story.anew),
        (OTHER_PARENT, story.goes.handle), (OTHER_PARENT, story.stays.handle), (PARENT, story.anew),
    ):  # fmt: skip
        assert {one.status_code for one in read(person, handle).values()} == {404}
    for handle in (story.estranged.handle, story.stays.handle, story.anew):
        for read_service in (history, portal.record_page):
            with pytest.raises(AccessDenied):
                read_service(story.estranged.parent, handle)
    listed = browser_of(STRANGER).get("/record/").content.decode()
    assert not any(word in listed for word in ("Zoltanette", "Ada0", HERE, THERE))
