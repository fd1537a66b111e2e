"""Results that come by UPN land on real pupils: on the right one, seen by whoever may see the rest, used by one rule.

Pupils are those of the model returns, all invented.
"""

from datetime import date
from typing import Any

import pytest

from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Load
from rollbook.records.models.governance import Request
from rollbook.records.models.identity import Identifier, NoticeGiven, Person, Sighting
from rollbook.rights.reasons import STOP_REASONS
from rollbook.services.accounts import stops
from rollbook.services.collections import notices
from rollbook.services.collections.collections import told_counts
from rollbook.services.people import dividing, merging
from rollbook.services.people.do_not_link import keep_apart
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal import choices
from rollbook.services.portal.portal import record_page
from rollbook.services.returns import returns
from rollbook.services.returns.ingest import ingest
from rollbook.services.studies.run_plan import draw
from tests import census_ground as ground
from tests import collection_ground
from tests.letters import let_in
from tests.people import CUSTODIAN, DPO, OPERATOR, PARENT, SECOND_CUSTODIAN, STRANGER, actor_of, browser_of

MAPPING = """
code = "made-results"
title = "Made-up results"
table = "made"
day = 2025-05-14
[source]
name = "A made-up table of results"
licence = "none"
url = "https://example.org/results"
[file]
key = ["UPN", "PAPER"]
[pupil]
by = "upn"
columns = ["UPN"]
[school]
by = "laestab"
column = "LAESTAB"
[[items]]
column = "PAPER"
id = "made-paper"
kind = "code"
risk = "5E"
name = "Paper"
description = "Which paper was sat."
codes = { R = "Reading", M = "Mathematics" }
[[items]]
column = "MARK"
id = "made-mark"
kind = "count"
risk = "5E"
name = "Mark"
description = "The mark."
required = false
[[items]]
column = "SAT"
id = "made-day"
kind = "date"
risk = "4E"
name = "Day of the paper"
description = "The day the paper was sat."
"""
BORN = """
[[items]]
column = "DOB"
id = "date-of-birth"
"""
HEADER = "UPN,LAESTAB,PAPER,MARK,SAT"
CODE = "made-results"


def a_file(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *rows, "")).encode()


def row(upn: str, paper: str = "R", mark: str = "101", school: str = ground.SCHOOL, sat: str = "2025-05-14") -> str:
    return ",".join((upn, school, paper, mark, sat))


def load(*rows: str, born: bool = False) -> Any:
    text = MAPPING + (BORN if born else "")
    return collection_ground.loaded(text.encode(), a_file(*rows, header=HEADER + (",DOB" if born else "")))


@pytest.fixture(autouse=True)
def census(db: None) -> None:
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")


@pytest.fixture
def opened() -> None:
    collection_ground.opened(MAPPING.encode())


@pytest.fixture
def opened_with_births() -> None:
    collection_ground.opened((MAPPING + BORN).encode())


def holder(upn: str) -> int:
    with people_zone():
        return int(Identifier.objects.get(value=upn).person_id)


def facts(person: int) -> dict[str, list[str]]:
    """What loaded files say about a person: the words of each item."""
    found: dict[str, list[str]] = {}
    for fact in returns.facts_held(person):
        if fact.loaded:
            found.setdefault(fact.item, []).append(fact.value_label)
    return found


def codes(receipt: Any) -> list[tuple[str, int]]:
    return [(one.code, one.line) for one in receipt.issues]


@pytest.mark.usefixtures("opened")
def test_a_present_number_leads_to_its_person_and_every_value_is_shown_with_its_source() -> None:
    before = holder(ground.ADA)
    receipt = load(row(ground.ADA), row(ground.ADA, "M", ""))
    assert (receipt.state, receipt.pupils, receipt.new_pupils) == ("accepted", 1, 0)
    assert holder(ground.ADA) == before
    assert facts(before) == {
        "at-school": ["2013999", "2013999"], "made-paper": ["Reading", "Mathematics"], "made-mark": ["101"],
        "made-day": ["14 May 2025", "14 May 2025"],
    }  # fmt: skip
    mark = next(fact for fact in returns.facts_held(before) if fact.item == "made-mark")
    assert (mark.source_school, mark.collection, mark.line, mark.row) == (
        "A made-up table of results", "Made-up results", 2, "R"
    )  # fmt: skip
    others = {*returns.people_in(returns.current_return_ids([ground.SPRING]))} - {before}
    assert others
    assert all(facts(one) == {} for one in others)


@pytest.mark.usefixtures("opened")
def test_a_number_nobody_has_makes_a_new_person_whom_a_later_return_finds() -> None:
    unknown = ground.upn(777)
    receipt = load(row(ground.ADA), row(unknown))
    assert (receipt.state, receipt.new_pupils) == ("accepted", 1)
    person = holder(unknown)
    assert facts(person)["made-mark"] == ["101"]
    numbers = [unknown, *(ground.upn(n) for n in range(600, 603))]
    ingest(by=OPERATOR, data=ground.a_file(school=ground.OTHER_SCHOOL, upns=numbers), name="two.xml")
    with people_zone():
        assert Sighting.objects.get(upn=unknown).person_id == person
    assert {fact.loaded for fact in returns.facts_held(person)} == {True, False}


@pytest.mark.usefixtures("opened")
def test_a_temporary_number_in_use_leads_to_its_pupil() -> None:
    from rollbook.kernel.upn import check_letter

    body = "20139992000A"
    temporary = check_letter(body) + body
    ingest(by=OPERATOR, data=ground.a_file(upns=[temporary], serial="002"), name="one.xml")
    assert load(row(temporary)).state == "accepted"
    with people_zone():
        assert facts(Sighting.objects.filter(upn=temporary).latest("pk").person_id)["made-mark"] == ["101"]


def renumbered() -> tuple[int, str]:
    """Ada under a new number: her key, and the number, whose old one is a former one now."""
    new = ground.upn(333)
    key = holder(ground.ADA)
    edit = f"~ P1/PupilIdentifiers/FormerUPN = {ground.ADA}"
    receipt = ingest(by=OPERATOR, data=ground.a_file(edit, upns=[new], serial="002"), name="one.xml")
    assert receipt.state == "accepted", receipt.text()
    assert holder(new) == key
    return key, new


@pytest.mark.usefixtures("opened")
def test_a_former_number_alone_links_nobody_and_refuses_the_file() -> None:
    key, new = renumbered()
    people = Person.objects
    with people_zone():
        count = people.count()
    receipt = load(row(new), row(ground.ADA, "M"))
    assert receipt.state == "refused"
    assert codes(receipt) == [("upn-former", 3)]
    assert ground.ADA not in str(receipt)
    assert facts(key) == {}
    with people_zone():
        assert people.count() == count


@pytest.mark.usefixtures("opened_with_births")
def test_a_former_number_with_the_same_birth_date_leads_to_the_person() -> None:
    key, _ = renumbered()
    assert codes(load(row(ground.ADA) + ",2015-03-28", born=True)) == [("upn-former", 2)]
    assert codes(load(row(ground.ADA) + ",2015-03-27", row(ground.ADA, "M") + ",2014-03-27", born=True))
    assert load(row(ground.ADA) + ",2015-03-27", born=True).state == "accepted"
    assert facts(key)["made-mark"] == ["101"]


@pytest.mark.usefixtures("opened_with_births")
def test_a_record_that_is_never_joined_is_reached_by_its_present_number_alone() -> None:
    key, new = renumbered()
    keep_apart(by=actor_of(CUSTODIAN), upn=new, why="adoption")
    refused = load(row(ground.ADA) + ",2015-03-27", born=True)
    # In the words for any other number that does not lead to a pupil.
    assert codes(refused) == [("upn-former", 2)]
    assert load(row(new) + ",2015-03-27", born=True).state == "accepted"
    assert facts(key)["made-mark"] == ["101"]


@pytest.mark.usefixtures("opened")
def test_joined_records_are_one_and_parting_gives_each_its_own_rows_back() -> None:
    one, other = ground.ADA, ground.upn(902)
    numbers = [other, *(ground.upn(n) for n in range(903, 906))]
    ingest(by=OPERATOR, data=ground.a_file(school=ground.OTHER_SCHOOL, upns=numbers), name="two.xml")
    keys = holder(one), holder(other)
    pair = merging.report_double(by=actor_of(CUSTODIAN), upn=one, other_upn=other)
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    load(row(one, mark="90"), row(other, mark="80"))
    assert sorted(facts(keys[0])["made-mark"]) == sorted(facts(keys[1])["made-mark"]) == ["80", "90"]
    assert len(in_runs()) == 2, "two keys, read as one"
    keep_apart(by=actor_of(CUSTODIAN), upn=one, other_upn=other, why="different-people")
    assert [facts(key)["made-mark"] for key in keys] == [["90"], ["80"]]


def two_children() -> None:
    """Another child under Ada's number, from the other school, in one record with her."""
    numbers = [ground.ADA, *(ground.upn(n) for n in range(502, 505))]
    edits = (
        "P1/PupilIdentifiers/DOB = 2014-11-23", "P1/PupilIdentifiers/Forename = Zoltanette",
        "P1/PupilStatus/EnrolStatus = S",
    )  # fmt: skip
    data = ground.a_file(*edits, school=ground.OTHER_SCHOOL, upns=numbers)
    assert ingest(by=OPERATOR, data=data, name="two.xml").state == "accepted"


def divided() -> tuple[int, int, str]:
    with people_zone():
        goes = Sighting.objects.get(upn=ground.ADA, source__school_id=ground.OTHER_SCHOOL)
        key = goes.person_id
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=ground.ADA)
    dividing.propose_division(by=actor_of(CUSTODIAN), division=handle, goes=[goes.pk], adults={})
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    goes.refresh_from_db()
    assert goes.person_id != key
    return key, goes.person_id, handle


def in_runs() -> set[int]:
    return {*returns.people_in(returns.current_return_ids([CODE]))}


@pytest.mark.usefixtures("opened_with_births")
def test_rows_under_a_number_of_two_children_are_nobodys_until_a_file_says_whose_they_are() -> None:
    two_children()
    load(row(ground.ADA) + ",2015-03-27", born=True)
    assert facts(holder(ground.ADA))["made-mark"] == ["101"]
    one, other, handle = divided()
    # Neither family may read what can be the other child's, and no run may take it for either.
    assert (facts(one), facts(other)) == ({}, {})
    assert in_runs() == set()

    assert codes(load(row(ground.ADA) + ",", born=True)) == [("value-missing", 2), ("upn-of-two", 2)]
    assert load(row(ground.ADA, mark="55") + ",2014-11-23", born=True).state == "accepted"
    assert facts(other)["made-mark"] == ["55"]
    assert facts(one) == {}
    assert in_runs() == {other}
    assert {one.collection for one in notices.told(other)} >= {"Made-up results"}
    assert handle


@pytest.mark.usefixtures("opened")
def test_rows_under_a_number_of_the_other_child_alone_go_with_that_child_and_come_back() -> None:
    """A wrong former number put two children in one record; the number the file used is one child's alone."""
    wrong = ground.upn(444)
    numbers = [wrong, *(ground.upn(n) for n in range(502, 505))]
    edits = (f"~ P1/PupilIdentifiers/FormerUPN = {ground.ADA}", "P1/PupilIdentifiers/Forename = Zoltanette")
    data = ground.a_file(*edits, school=ground.OTHER_SCHOOL, upns=numbers)
    assert ingest(by=OPERATOR, data=data, name="two.xml").state == "accepted"
    key = holder(wrong)
    assert key == holder(ground.ADA)
    load(row(wrong, mark="77"))
    with people_zone():
        goes = list(Sighting.objects.filter(upn=wrong).values_list("pk", flat=True))
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=wrong)
    dividing.propose_division(by=actor_of(CUSTODIAN), division=handle, goes=goes, adults={})
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    other = holder(wrong)
    assert other != key
    assert facts(other)["made-mark"] == ["77"]
    assert facts(key) == {}
    assert in_runs() == {other}
    assert told_counts(CODE).not_told == 1
    from rollbook.records.models.doubles import DoNotLink
    from rollbook.services.people.do_not_link import lift

    with people_zone():
        entry = DoNotLink.objects.get(lifted_at=None).pk
    lift(by=actor_of(DPO), entry=entry, why="test")
    dividing.propose_undoing(by=actor_of(CUSTODIAN), division=handle)
    dividing.undo(by=actor_of(SECOND_CUSTODIAN), division=handle)
    assert in_runs() == {key}
    assert facts(key)["made-mark"] == ["77"]


@pytest.mark.usefixtures("opened")
def test_a_corrected_file_shows_the_old_value_and_one_without_the_pupil_takes_it_back() -> None:
    person = holder(ground.ADA)
    load(row(ground.ADA, mark="1"))
    load(row(ground.ADA, mark="2"))
    fact = next(one for one in returns.facts_held(person) if one.item == "made-mark")
    assert (fact.value, [old.value for old in fact.previous]) == ("2", ["1"])
    assert Load.objects.filter(state=Load.SUPERSEDED).count() == 1
    load(row(ground.upn(1)))
    gone = next(one for one in returns.facts_held(person) if one.item == "made-mark")
    assert (gone.value, [old.value for old in gone.previous]) == ("", ["2", "1"])


@pytest.mark.usefixtures("opened")
def test_people_of_a_load_are_told_and_counted() -> None:
    load(row(ground.ADA), row(ground.upn(777)))
    assert (told_counts(CODE).told, told_counts(CODE).not_told) == (0, 2)
    newest = notices.told(holder(ground.ADA))[0]
    assert (newest.collection, newest.given_on) == ("Made-up results", None)
    day = date(2025, 6, 1)
    assert notices.tell(by=OPERATOR, collection=CODE, how="post", day=day) == 2
    assert (told_counts(CODE).told, told_counts(CODE).not_told) == (2, 0)
    with people_zone():
        assert NoticeGiven.objects.count() == 2
    assert notices.told(holder(ground.ADA))[0].given_on == day


@pytest.mark.usefixtures("opened")
def test_whoever_may_see_the_record_sees_the_facts_and_nobody_else() -> None:
    load(row(ground.ADA, mark="73"), row(ground.upn(777), mark="68"))
    family = let_in(PARENT, ground.ADA, School.objects.get(pk=ground.SCHOOL))
    sources = record_page(family.parent, family.handle).sources
    assert {one.loaded for one in sources} == {True, False}
    address = f"/record/{family.handle}/"
    page = browser_of(PARENT).get(address).content.decode()
    assert "A made-up table of results" in page
    assert "Made-up results" in page
    section = page.split("From a file about pupils of many schools")[1].split("</section>")[0]
    assert "73" in section
    assert "68" not in section
    assert browser_of(STRANGER).get(address).status_code == 404
    stops.stop(by=actor_of(DPO), responsibility=family.responsibility, why=STOP_REASONS[0])
    assert browser_of(PARENT).get(address).status_code == 404


@pytest.mark.usefixtures("opened")
def test_an_objection_leaves_the_pupil_out_of_a_run_on_the_results() -> None:
    load(row(ground.ADA), row(ground.upn(777)))
    family = let_in(PARENT, ground.ADA, School.objects.get(pk=ground.SCHOOL))
    request = Request(collections=[CODE], purpose="research-analysis", power="PWR-03")
    assert {*draw(request).people} == {holder(ground.ADA), holder(ground.upn(777))}
    assert draw(request).unnamed == 0
    choices.object_to_research(by=family.parent, handle=family.handle)
    plan = draw(request)
    assert ({*plan.people}, plan.left_out) == ({holder(ground.upn(777))}, 1)
    assert plan.pupil_ids == (f"upn:{ground.upn(777)}",)
