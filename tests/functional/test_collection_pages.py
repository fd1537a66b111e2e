"""How far a collection has come, as a custodian sees it in a browser: each page at two widths, with axe."""

import pytest
from playwright.sync_api import expect

from rollbook.records.models.collections import Return
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.functional.conftest import Visitor
from tests.people import CUSTODIAN, OPERATOR

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_collection_by_local_authority(visitor: Visitor) -> None:
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="return.xml")
    visitor.sign_in_as(CUSTODIAN)
    page = visitor.visit("/casework/collections/")
    page.locator("main a").first.click()
    expect(page.get_by_role("row").nth(1)).to_have_text("201 1 0 1 0 yes", use_inner_text=True)
    Return.objects.update(on_roll=9)
    page = visitor.visit(f"/casework/collections/{ground.SPRING}/")
    expect(page.get_by_role("row").nth(1)).to_contain_text("no")
