"""A leaver's record names the child by the number of then: a temporary one replaced since, or with a former number.

Whoever left is one person under every number, and nobody's present number changes because an older one is named.
"""

from datetime import date

import pytest

from rollbook.kernel.upn import check_letter
from rollbook.records.models.doubles import Double
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.people.linking import find_doubles
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.people import OPERATOR

OLD_SCHOOL, NEW_SCHOOL = ground.SCHOOL, ground.OTHER_SCHOOL
BORN, ANOTHER_DAY = date(2015, 3, 27), date(2014, 11, 23)
TEMPORARY = check_letter("20139992400A") + "20139992400A"
PERMANENT = ground.upn(31)
LEFT = "L1/PupilIdentifiers"
OF_ADA = (f"{LEFT}/Surname = Sample", f"{LEFT}/Forename = Ada", f"{LEFT}/Sex = F")


@pytest.fixture(autouse=True)
def a_pupil_under_a_temporary_number_moves_and_gets_a_permanent_one(db: None) -> None:
    ground.empty_store()
    ground.open_spring()
    old = [TEMPORARY, *(ground.upn(number) for number in (41, 42, 43))]
    sent(ground.a_file(upns=old, serial="001"))
    left = [*(ground.upn(number) for number in (44, 41, 42)), ground.upn(43)]
    sent(ground.a_file(upns=left, serial="002"))
    new = [PERMANENT, *(ground.upn(number) for number in (51, 52, 53))]
    former = f"+ P1/PupilIdentifiers <FormerUPN>{TEMPORARY}</FormerUPN>"
    sent(ground.a_file(former, school=NEW_SCHOOL, upns=new, serial="001"))


def sent(file: bytes, *, state: str = "accepted") -> str:
    receipt = ingest(by=OPERATOR, data=file, name="return.xml")
    assert receipt.state == state, receipt.text()
    return receipt.text()


def leaver(upn: str, *edits: str, born: date = BORN, former: str = "") -> bytes:
    """The old school's later return, which names the pupil who moved among its leavers."""
    numbers = [*(ground.upn(number) for number in (44, 41, 42)), upn]
    named = (f"+ {LEFT} <FormerUPN>{former}</FormerUPN>",) if former else ()
    return ground.a_file(*OF_ADA, f"{LEFT}/DOB = {born}", *named, *edits, upns=numbers, serial="003")


def holders() -> dict[str, tuple[int, str]]:
    with people_zone():
        rows = Identifier.objects.filter(value__in=(TEMPORARY, PERMANENT))
        return {
            value: (person, standing) for value, person, standing in rows.values_list("value", "person_id", "standing")
        }


def whose_leaver() -> int:
    with people_zone():
        seen = Sighting.objects.filter(source__school_id=OLD_SCHOOL, on_roll=False).order_by("-pk")
        return int(seen.values_list("person_id", flat=True)[0])


def people() -> int:
    with people_zone():
        return Person.objects.count()


def test_the_temporary_number_became_the_former_one_of_the_same_person() -> None:
    found = holders()
    assert found[TEMPORARY][0] == found[PERMANENT][0]
    assert (found[TEMPORARY][1], found[PERMANENT][1]) == ("former", "current")


@pytest.mark.parametrize(
    ("upn", "former"),
    [(TEMPORARY, ""), (PERMANENT, TEMPORARY), (PERMANENT, "")],
    ids=["the temporary number replaced since", "the present with the former number", "the present number"],
)
def test_the_leaver_is_the_same_person_and_the_present_number_stands(upn: str, former: str) -> None:
    before, count = holders(), people()
    text = sent(leaver(upn, former=former))
    assert "MA-" not in text
    assert "PT-020" not in text, "a temporary number is a sound former number"
    assert whose_leaver() == before[PERMANENT][0]
    assert holders() == before, "an older number in a leaver's record replaces nothing"
    assert people() == count
    found = find_doubles(by=OPERATOR, collection=ground.SPRING)
    assert found.new == 0
    with people_zone():
        assert not Double.objects.exists()


def test_the_leaver_is_on_no_two_rolls() -> None:
    assert "PT-016" not in sent(leaver(TEMPORARY))


def test_a_temporary_number_given_to_another_child_refuses_the_return() -> None:
    before = holders()
    assert "MA-002" in sent(leaver(TEMPORARY, born=ANOTHER_DAY), state="refused")
    assert holders() == before


def test_a_wrong_former_number_of_a_leaver_joins_nobody() -> None:
    before = holders()
    text = sent(leaver(ground.upn(61), born=ANOTHER_DAY, former=TEMPORARY))
    assert "MA-003" in text
    assert whose_leaver() != before[PERMANENT][0]
    assert holders() == before


def test_a_temporary_number_with_a_wrong_letter_is_caught_in_a_leaver_too() -> None:
    wrong = ("A" if TEMPORARY[0] != "A" else "B") + TEMPORARY[1:]
    assert "PT-015" in sent(leaver(wrong), state="refused")
