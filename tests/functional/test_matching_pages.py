"""Two records that may be one person's, as a custodian sees them in a browser: each page at two widths, with axe."""

import pytest
from playwright.sync_api import expect

from rollbook.records.models.identity import Identifier
from rollbook.services.people import dividing, merging
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.functional.conftest import Visitor
from tests.letters import recorded
from tests.people import CUSTODIAN, DPO, OPERATOR, PARENT, SECOND_CUSTODIAN, Person, actor_of

pytestmark = pytest.mark.django_db(transaction=True)
NEW = ground.upn(501)


def two_numbers() -> tuple[str, str]:
    """P1 of the model return at one school, and again at another under a number of her own."""
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")
    with people_zone():
        old = str(Identifier.objects.order_by("person_id").values_list("value", flat=True)[0])
    numbers = [NEW, *(ground.upn(n) for n in range(502, 505))]
    ingest(by=OPERATOR, data=ground.a_file(school=ground.OTHER_SCHOOL, upns=numbers), name="two.xml")
    return old, NEW


def test_a_pair_is_looked_at_proposed_and_joined_by_another(visitor: Visitor) -> None:
    old, new = two_numbers()
    pair = merging.report_double(by=actor_of(CUSTODIAN), upn=old, other_upn=new)
    visitor.sign_in_as(CUSTODIAN)
    visitor.visit("/casework/doubles/")
    visitor.visit("/casework/doubles/words/")
    page = visitor.visit(f"/casework/doubles/{pair}/")
    page.locator("button[value=propose]").click()
    visitor.hold()
    visitor.sign_in_as(SECOND_CUSTODIAN)
    page = visitor.visit(f"/casework/doubles/{pair}/")
    page.locator("button[value=join]").click()
    visitor.hold()
    with people_zone():
        people = set(Identifier.objects.filter(value__in=(old, new)).values_list("person_id", flat=True))
    assert len(people) == 2, "both keys stay"


@pytest.mark.parametrize("officer", [CUSTODIAN, DPO], ids=["custodian", "data protection officer"])
def test_the_list_of_records_never_joined(visitor: Visitor, officer: Person) -> None:
    two_numbers()
    visitor.sign_in_as(officer)
    page = visitor.visit("/casework/apart/")
    page.get_by_label("UPN", exact=True).fill(NEW)
    page.get_by_role("combobox").select_option(index=1)
    page.locator("main form button").first.click()
    visitor.hold()
    expect(page.get_by_text(NEW).or_(page.get_by_role("alert")).first).to_be_visible()


def test_a_record_of_two_children_is_proposed_and_divided_by_another(visitor: Visitor) -> None:
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")
    numbers = [ground.ADA, *(ground.upn(n) for n in range(502, 505))]
    edits = ("P1/PupilIdentifiers/DOB = 2014-11-23", "P1/PupilStatus/EnrolStatus = S")
    ingest(by=OPERATOR, data=ground.a_file(*edits, school=ground.OTHER_SCHOOL, upns=numbers), name="two.xml")
    recorded(PARENT, ground.ADA)
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=ground.ADA)
    visitor.sign_in_as(CUSTODIAN)
    visitor.visit("/casework/divisions/")
    page = visitor.visit(f"/casework/divisions/{handle}/")
    page.get_by_label("Return 2 is about the other child").check()
    page.get_by_label("The child who keeps the key").check()
    page.locator("button[value=propose]").click()
    expect(page.get_by_text("another custodian divides")).to_be_visible()
    visitor.hold()
    visitor.sign_in_as(SECOND_CUSTODIAN)
    page = visitor.visit(f"/casework/divisions/{handle}/")
    page.locator("button[value=divide]").click()
    expect(page.locator("button[value=propose-undoing]")).to_be_visible()
    visitor.hold()
