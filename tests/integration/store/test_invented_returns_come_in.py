"""A whole invented authority comes in: every person once, however many rolls they stand on; no defect slips through."""

import pytest

from rollbook.dataplane.census.generator.make import MadeUp, Order, make_up
from rollbook.records.models.identity import Person
from rollbook.services.collections.collections import register_school
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from rollbook.services.returns.receipts import Receipt
from tests import census_ground as ground
from tests.people import OPERATOR


@pytest.fixture(autouse=True)
def opened(db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def send(made: MadeUp) -> dict[str, Receipt]:
    receipts = {}
    for one in made.returns:
        school = one.school
        register_school(by=OPERATOR, laestab=school.laestab, name=school.name, phase=school.phase)
        receipts[school.laestab] = ingest(by=OPERATOR, data=made.xml(one), name=made.file_name(school))
    return receipts


def persons() -> int:
    with people_zone():
        return int(Person.objects.count())


def test_everyone_is_one_person_on_however_many_rolls() -> None:
    wanted = {"dual-registration": 2, "twins": 2, "surname-change": 2, "postcode-move": 2}
    made = make_up(Order(400, 4, seed=5), wanted)
    receipts = send(made)
    assert all(receipt.accepted for receipt in receipts.values())
    upns = [pupil.upn for one in made.returns for pupil in (*one.on_roll, *one.leavers)]
    assert len(set(upns)) < len(upns)  # some stand on two rolls or moved
    assert persons() == len(set(upns))


@pytest.mark.parametrize("kind", ["check-letter", "transposed-upn", "reused-upn", "late-leaver"])
def test_a_return_with_a_planted_defect_is_refused_whole(kind: str) -> None:
    made = make_up(Order(60, 2, seed=5), {kind: 1})
    (planted,) = made.truth
    receipts = send(made)
    refused = {laestab for laestab, receipt in receipts.items() if not receipt.accepted}
    assert refused == {planted.laestab}
    assert {issue.rule for issue in receipts[planted.laestab].errors} == set(planted.rules)


@pytest.mark.parametrize("kind", ["nationality", "country-of-birth"])
def test_an_item_that_may_not_be_sent_is_dropped_and_told(kind: str) -> None:
    made = make_up(Order(60, 2, seed=5), {kind: 1})
    receipts = send(made)
    assert all(receipt.accepted for receipt in receipts.values())
    (discard,) = receipts[made.truth[0].laestab].discards
    assert (discard.rule, discard.count) == ("PT-041", 1)
