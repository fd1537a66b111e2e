"""Early years children and leavers come without a number: they land, are compared, and wait for people to decide."""

import re
from typing import Any

import pytest

from rollbook.dataplane.census.catalogue import items_of
from rollbook.kernel.upn import check_letter
from rollbook.records.models.doubles import Double
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.collections.collections import open_collection, register_school
from rollbook.services.people import doubles, linking, merging
from rollbook.services.people.do_not_link import keep_apart
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import returns
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.forms import EARLY_XML
from tests.people import CUSTODIAN, DPO, OPERATOR, SECOND_CUSTODIAN, actor_of

EARLY, NEXT = "eyc-spr-2025", "sc-spr-2026"
CHILDREN = 40


def name_of(number: int) -> str:
    """A first name of no language, another for each number."""
    return "".join(
        "BDFGKLMNPRSTVZ"[number // 14**place % 14] + "aeiou"[(number + place) % 5] for place in range(3)
    ).title()


def born(number: int) -> str:
    """A birth date of an early years child."""
    return f"2022-{1 + number % 7:02}-{1 + number * 7 % 27:02}"


def early(children: int = CHILDREN) -> bytes:
    """An early years return: children with names and birth dates of their own, and no number."""
    text = EARLY_XML.decode()
    found = re.search(r"<Child>.*</Child>", text, re.DOTALL)
    assert found
    made = [
        found[0]
        .replace("Sample", f"{name_of(number * 31 + 5)}sk")
        .replace(">Ada<", f">{name_of(number)}<")
        .replace("2022-05-02", born(number))
        for number in range(children)
    ]
    return text.replace(found[0], "".join(made)).encode()


def school(*changed: tuple[str, str], of: str = ground.SCHOOL, only: int = CHILDREN) -> bytes:
    """The next year's school return: the same children, with a UPN each; `changed` are texts to put in place."""
    text = ground.a_file(school=of).decode()
    text = re.sub(r"<PupilsNoLongerOnRoll>.*</PupilsNoLongerOnRoll>", "", text, flags=re.DOTALL)
    nursery = next(one for one in re.findall(r"<PupilOnRoll>.*?</PupilOnRoll>", text, re.DOTALL) if ">Bo<" in one)
    made = []
    for number in range(only):
        facts = {
            "UPN": ground.upn(number), "Surname": f"{name_of(number * 31 + 5)}sk", "Forename": name_of(number),
            "Sex": "F", "DOB": born(number),
        }  # fmt: skip
        pupil = re.sub(r"<(PreferredSurname|FormerSurname|MiddleNames|FormerUPN)>.*?</\1>", "", nursery)
        for name, value in facts.items():
            pupil = re.sub(f"<{name}>.*?</{name}>", f"<{name}>{value}</{name}>", pupil)
        made.append(pupil)
    roll = re.compile(r"<PupilsOnRoll>.*</PupilsOnRoll>", re.DOTALL)
    text = roll.sub(f"<PupilsOnRoll>{''.join(made)}</PupilsOnRoll>", text)
    text = text.replace("<Year>2025</Year>", "<Year>2026</Year>").replace("2025-01-16", "2026-01-15")
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def opened(code: str) -> None:
    items = [item.id for item in items_of(code)]
    ground.a_paper("notice", f"notice-{code}", items)
    ground.a_paper("assessment", f"assessment-{code}", items)
    open_collection(by=OPERATOR, code=code, notice=f"notice-{code}", assessment=f"assessment-{code}")


def landed(file: bytes, name: str) -> str:
    receipt = ingest(by=OPERATOR, data=file, name=name)
    assert receipt.state == "accepted", receipt.text()
    return receipt.return_id


@pytest.fixture(autouse=True)
def early_years(db: None) -> None:
    ground.empty_store()
    opened(EARLY)
    opened(NEXT)
    register_school(by=OPERATOR, laestab="201", name="Authority 201", phase="NS")
    register_school(by=OPERATOR, laestab=ground.SCHOOL, name="School", phase="PS")
    landed(early(), "early.xml")


def sought(school_file: bytes) -> Any:
    landed(school_file, "school.xml")
    return linking.find_doubles(by=OPERATOR, collection=NEXT)


def early_key(number: int) -> int:
    with people_zone():
        seen = Sighting.objects.filter(source__collection_id=EARLY, forename=name_of(number))
        return int(seen.values_list("person_id", flat=True)[0])


def school_key(number: int) -> int:
    with people_zone():
        return int(Identifier.objects.get(scheme="upn", value=ground.upn(number)).person_id)


def pair_of(number: int) -> Any:
    with people_zone():
        return Double.objects.filter(person_id__in=(early_key(number), school_key(number))).first()


def test_early_years_children_are_found_in_the_school_return_of_the_next_year_and_nobody_is_joined() -> None:
    found = sought(school())
    assert (found.people, found.others, found.new) == (CHILDREN, CHILDREN, CHILDREN)
    right = [pair_of(number) for number in range(CHILDREN)]
    assert all({one.person_id, one.other_id} == {early_key(n), school_key(n)} for n, one in enumerate(right))
    with people_zone():
        assert not Person.objects.filter(superseded_by__isnull=False).exists()


def test_two_custodians_join_and_the_child_has_one_history_from_nursery_to_school() -> None:
    sought(school())
    pair = pair_of(0).handle
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert set(keys_of(school_key(0))) == {early_key(0), school_key(0)}
    assert {fact.source_school for fact in returns.facts_held(early_key(0))} == {"Authority 201", "School"}


def test_whoever_fits_less_well_waits_below_and_is_joined_by_nothing() -> None:
    """Another first name at the same birth date and surname may be a twin; nobody is sure of that."""
    found = sought(school((f">{name_of(3)}<", ">Xuxu<")))
    one = pair_of(3)
    assert one is None or one.outcome in {"potential-match", "low-confidence", "many-match"}
    assert found.outcomes["match"] < CHILDREN
    waiting = doubles.waiting_doubles(actor_of(CUSTODIAN))
    order = [place.outcome for place in waiting]
    assert order == sorted(order, key=["match", "many-match", "potential-match", "low-confidence"].index)
    with people_zone():
        assert not Person.objects.filter(superseded_by__isnull=False).exists()


@pytest.mark.parametrize("alone", [True, False], ids=["with none", "with this one"])
def test_a_child_on_the_list_is_no_candidate(alone: bool) -> None:
    landed(school(), "school.xml")
    with people_zone():
        Identifier.objects.create(person_id=early_key(0), scheme="upn", value=ground.upn(900))
    keep_apart(by=actor_of(DPO), upn=ground.upn(0), why="adoption", other_upn="" if alone else ground.upn(900))
    linking.find_doubles(by=OPERATOR, collection=NEXT)
    assert pair_of(0) is None
    assert pair_of(1) is not None


def test_one_pupil_whose_number_is_lost_is_offered_to_custodians_even_alone() -> None:
    """A return must give a UPN, so it is a temporary one. One pupil is too few to learn from: never a sure match."""
    sought(school())
    opened("sc-sum-2026")
    body = "20139992600A"
    temporary = check_letter(body) + body
    leaver = school(
        (f"<UPN>{ground.upn(5)}</UPN>", f"<UPN>{temporary}</UPN>"),
        ("<Term>SPR</Term>", "<Term>SUM</Term>"),
        ("2026-01-15", "2026-05-21"),
    )
    landed(leaver, "leaver.xml")
    found = linking.find_doubles(by=OPERATOR, collection="sc-sum-2026")
    assert found.people == 1
    with people_zone():
        fresh = Sighting.objects.get(upn=temporary).person_id
        (pair,) = Double.objects.filter(other_id=fresh) | Double.objects.filter(person_id=fresh)
    assert {pair.person_id, pair.other_id} & {school_key(5), early_key(5)}
    assert pair.outcome in {"potential-match", "many-match"}
    assert keys_of(fresh) == (fresh,)
