"""An early years return sent again finds its own children again: nobody is lost and nobody is counted twice."""

import re
from typing import Any
from uuid import UUID

import pytest

from rollbook.records.models.collections import Return
from rollbook.records.models.doubles import DoNotLink, Double
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.collections.collections import open_collection, register_school
from rollbook.services.people import merging
from rollbook.services.platform import clock
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from rollbook.services.returns.returns import people_in
from tests import census_ground as ground
from tests.forms import EARLY_XML
from tests.people import CUSTODIAN, OPERATOR, SECOND_CUSTODIAN, account_of, actor_of

EARLY = "eyc-spr-2025"
CHILDREN = (("Ada", "2022-05-02"), ("Bela", "2022-05-02"), ("Cyra", "2022-01-30"), ("Dovo", "2022-01-11"))


def early(
    *children: tuple[str, str], serial: str = "001", upns: dict[str, str] | None = None, lea: str = "201"
) -> bytes:
    """An authority's return; each child by first name and birth date, numbers by first name."""
    text = EARLY_XML.decode().replace(">001<", f">{serial}<").replace("<LEA>201<", f"<LEA>{lea}<")
    found = re.search(r"<Child>.*</Child>", text, re.DOTALL)
    assert found
    made = []
    for name, born in children or CHILDREN:
        one = found[0].replace(">Ada<", f">{name}<").replace("2022-05-02", born)
        upn = (upns or {}).get(name)
        made.append(one.replace("<Surname>", f"<UPN>{upn}</UPN><Surname>", 1) if upn else one)
    return text.replace(found[0], "".join(made)).encode()


def sent(*children: tuple[str, str], **more: Any) -> list[int]:
    """A return is accepted; gives the keys of its children in order."""
    serial = more.setdefault("serial", f"{Return.objects.count() + 1:03}")
    receipt = ingest(by=OPERATOR, data=early(*children, **more), name=f"{serial}.xml")
    assert receipt.state == "accepted", receipt.text()
    with people_zone():
        seen = Sighting.objects.filter(source_id=UUID(receipt.return_id)).order_by("pupil_no")
        return list(seen.values_list("person_id", flat=True))


def asked() -> set[tuple[int, int, str]]:
    with people_zone():
        return set(Double.objects.values_list("person_id", "other_id", "outcome"))


def counted() -> int:
    """How many different people the accepted returns hold."""
    accepted = Return.objects.filter(state=Return.ACCEPTED).values_list("pk", flat=True)
    return len(people_in([str(one) for one in accepted]))


@pytest.fixture(autouse=True)
def early_years(db: None) -> None:
    ground.empty_store()
    from rollbook.dataplane.census.catalogue import items_of

    items = [item.id for item in items_of(EARLY)]
    ground.a_paper("notice", "notice-early", items)
    ground.a_paper("assessment", "assessment-early", items)
    open_collection(by=OPERATOR, code=EARLY, notice="notice-early", assessment="assessment-early")
    for number in ("201", "202"):
        register_school(by=OPERATOR, laestab=number, name=f"Authority {number}", phase="NS")


def test_the_same_children_have_the_same_keys_and_nobody_is_asked_or_counted_twice() -> None:
    first, before = sent(), counted()
    assert sent() == first
    assert sent(*reversed(CHILDREN)) == first[::-1]
    assert counted() == before == len(CHILDREN)
    with people_zone():
        assert Person.objects.count() == len(CHILDREN)
    assert not asked()


def test_one_more_and_one_less() -> None:
    first = sent()
    after = sent(*CHILDREN[1:], ("Elio", "2022-03-10"))
    assert after[:3] == first[1:]
    assert after[3] not in first
    assert counted() == len(CHILDREN)
    assert sent()[0] == first[0], "who was left out once is found again too"


def test_two_children_of_one_name_and_birth_date_are_new_and_custodians_are_asked() -> None:
    first = sent(CHILDREN[0], CHILDREN[0])
    after = sent(CHILDREN[0], CHILDREN[0])
    assert len({*first, *after}) == 4
    assert asked() == {(one, other, "many-match") for one in first for other in after}
    assert counted() == 2


def test_another_sender_has_children_of_its_own() -> None:
    first, other = sent(), sent(lea="202")
    assert not {*first} & {*other}
    assert counted() == 2 * len(CHILDREN)
    assert not asked()


def test_a_correction_is_a_new_person_until_custodians_have_looked_and_then_both_are_one() -> None:
    first = sent()
    (fresh,) = {*sent(("Adah", "2022-05-02"), *CHILDREN[1:])} - {*first}
    assert asked() == {(first[0], fresh, "potential-match")}
    with people_zone():
        pair = Double.objects.get().handle
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert sent(("Adah", "2022-05-02"), *CHILDREN[1:])[0] == fresh
    assert {*keys_of(fresh)} == {first[0], fresh}


def test_a_child_who_has_got_a_number_since_waits_for_custodians_and_is_found_by_either_once_joined() -> None:
    first, number = sent(), ground.upn(44)
    named = sent(upns={"Ada": number})
    assert named[0] not in first
    assert named[1:] == first[1:]
    assert asked() == {(first[0], named[0], "potential-match")}
    with people_zone():
        pair = Double.objects.get().handle
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert sent(upns={"Ada": number}, serial="090")[0] == named[0]
    assert sent(serial="091")[0] == first[0], "under its own key, which points to the other"
    assert {*keys_of(first[0])} == {first[0], named[0]}
    assert counted() == len(CHILDREN)


def test_a_child_whose_key_has_a_number_by_now_is_asked_about() -> None:
    first = sent()
    with people_zone():
        Identifier.objects.create(person_id=first[0], scheme="upn", value=ground.upn(45))
    after = sent()
    assert after[0] not in first
    assert asked() == {(first[0], after[0], "potential-match")}


def test_a_child_joined_with_none_is_put_before_nobody() -> None:
    first = sent()
    with people_zone():
        recorder = account_of(CUSTODIAN)
        DoNotLink.objects.create(person_id=first[0], why="protection", recorded_by=recorder, recorded_at=clock.now())
    after = sent()
    assert after[0] not in first
    assert after[1:] == first[1:]
    assert not asked()
    assert counted() == len(CHILDREN)
