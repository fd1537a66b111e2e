"""Today's rules over what was taken: what they find is counted by rule and school, of the return that now stands."""

import pytest

from rollbook.kernel.refusals import AccessDenied, InputRefused
from rollbook.records.models.control import Audit
from rollbook.records.models.identity import Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from rollbook.services.returns.landed_check import check_landed
from tests import census_ground as ground
from tests.people import CUSTODIAN, OPERATOR, actor_of

ODD_YEAR = "P1/PupilStatus/NCyearActual = 2"  # a query (PT-048), so the return is taken


@pytest.fixture(autouse=True)
def opened(db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def test_a_query_that_stands_is_counted_for_its_school() -> None:
    receipt = ingest(by=OPERATOR, data=ground.a_file(ODD_YEAR), name="return.xml")
    found = check_landed(by=OPERATOR, collection="sc-spr-2025")
    assert receipt.accepted
    assert found.returns == 1
    assert [(one.rule, one.findings, one.schools) for one in found.rules if one.rule == "PT-048"] == [("PT-048", 1, 1)]
    assert {one.laestab for one in found.schools} == {receipt.laestab}
    assert Audit.objects.get(deed="check-landed").facts == {"returns": 1}


def test_numbers_and_names_are_judged_in_the_identity_zone() -> None:
    former = "+ P1/PupilIdentifiers <FormerUPN>A123456789123</FormerUPN>"  # a query (PT-020), so the return is taken
    receipt = ingest(by=OPERATOR, data=ground.a_file(former), name="return.xml")
    found = check_landed(by=OPERATOR, collection="sc-spr-2025")
    assert receipt.accepted
    assert [(one.rule, one.findings) for one in found.rules] == [("PT-020", 1)]
    with people_zone():
        # Rules change after returns came: this name was taken once and would be refused now.
        Sighting.objects.filter(pupil_no=2).update(surname="--", uln="1000000018")
    rules = {one.rule: one.findings for one in check_landed(by=OPERATOR, collection="sc-spr-2025").rules}
    assert rules == {"PT-020": 1, "PT-023": 1, "PT-024": 1}


def test_a_return_that_was_replaced_is_not_counted() -> None:
    ingest(by=OPERATOR, data=ground.a_file(ODD_YEAR), name="return.xml")
    ingest(by=OPERATOR, data=ground.a_file(), name="return.xml")
    found = check_landed(by=OPERATOR, collection="sc-spr-2025")
    assert found.returns == 1
    assert "PT-048" not in {one.rule for one in found.rules}


def test_nothing_taken_is_nothing_found() -> None:
    assert check_landed(by=OPERATOR, collection="sc-spr-2025").rules == ()


def test_an_unknown_collection_and_another_role_are_refused() -> None:
    with pytest.raises(InputRefused):
        check_landed(by=OPERATOR, collection="sc-spr-1999")
    with pytest.raises(AccessDenied):
        check_landed(by=actor_of(CUSTODIAN), collection="sc-spr-2025")
