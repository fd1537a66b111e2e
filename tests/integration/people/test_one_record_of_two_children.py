"""A record that holds two children is divided by two custodians: whose is what, who sees what, and undoing it."""

import contextlib
from typing import Any

import pytest

from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Return
from rollbook.records.models.control import Audit, Message
from rollbook.records.models.divisions import Division
from rollbook.records.models.identity import Access, Identifier, Responsibility, Sighting
from rollbook.rights.reasons import STOP_REASONS
from rollbook.services.accounts import stops
from rollbook.services.people import dividing, dividing_adults, divisions, do_not_link
from rollbook.services.people.do_not_link import keep_apart
from rollbook.services.platform.actors import Actor
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal import choices, portal
from rollbook.services.returns import returns
from rollbook.services.returns.ingest import ingest
from rollbook.services.studies import run_plan
from tests import census_ground as ground
from tests.division_ground import (
    BORN_OTHER,
    SHARED,
    begin,
    code,
    divided,
    key_of,
    lifted,
    look,
    other_sightings,
    proposed,
    state,
    two,
)
from tests.kills import killed_at
from tests.letters import let_in, recorded
from tests.people import (
    CUSTODIAN,
    DPO,
    OPERATOR,
    OTHER_PARENT,
    PARENT,
    PUPIL,
    RESEARCHER,
    SECOND_CUSTODIAN,
    STRANGER,
    actor_of,
    browser_of,
)


@pytest.fixture(autouse=True)
def one_number_of_two(db: None) -> None:
    begin()


def test_the_evidence_is_what_the_sightings_disagree_on() -> None:
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=SHARED)
    mixed = look(handle)
    assert {"born-differs", "forename-differs", "two-schools-at-once"} <= {*mixed.evidence}
    assert [one.born for one in mixed.said][1] == BORN_OTHER
    assert dividing.report_mixed(by=actor_of(CUSTODIAN), upn=SHARED) == handle, "asked once"


def test_the_key_stays_with_one_child_and_the_other_gets_a_new_one_with_its_facts() -> None:
    before = key_of(ground.SCHOOL)
    assert key_of(ground.OTHER_SCHOOL) == before
    together = returns.facts_held(before)
    divided()
    one, other = key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)
    assert one == before != other
    kept, gone = returns.facts_held(one), returns.facts_held(other)
    assert len(kept) + len(gone) == len(together)
    assert {fact.source_school for fact in kept} == {f"School {ground.SCHOOL}"}
    assert {fact.source_school for fact in gone} == {f"School {ground.OTHER_SCHOOL}"}
    assert "Zoltanette" in {fact.value for fact in gone}
    assert "Zoltanette" not in str(kept)
    study = [fact for fact in gone if fact.table == "pupil"]
    assert study, "the study rows, which were never written again, come with them"
    assert other >> 21 == 2014, "a key of the other child's own birth year"


def test_nobody_divides_alone_nor_twice() -> None:
    handle = proposed()
    with pytest.raises(AccessDenied) as refused:
        dividing.divide(by=actor_of(CUSTODIAN), division=handle)
    assert code(refused) == "second-person"
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    once = state()
    with pytest.raises(UseRefused) as refused_again:
        dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    assert code(refused_again) == "state"
    assert state() == once


@pytest.mark.parametrize("who", ["researcher", "no-second-factor", "operator"])
def test_only_a_custodian_in_a_session_with_a_second_factor(who: str) -> None:
    handle = proposed()
    by: dict[str, Actor] = {
        "researcher": actor_of(RESEARCHER),
        "no-second-factor": actor_of(SECOND_CUSTODIAN, second_factor=False),
        "operator": OPERATOR,
    }
    for deed in (dividing.divide, dividing.drop_division, dividing.propose_undoing, dividing.undo):
        with pytest.raises(AccessDenied):
            deed(by=by[who], division=handle)
    with pytest.raises(AccessDenied):
        divisions.one_division(by[who], handle)


@pytest.mark.parametrize("place", [(dividing, "_reassign"), (dividing_adults, "part"), (dividing, "audit")])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_killed_at_any_step_nothing_is_divided_and_the_next_try_is_whole(place: Any, done: bool) -> None:
    handle, before = proposed(), state()
    with killed_at(*place, done=done), contextlib.suppress(RollbookError):
        dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    assert state() == before
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    assert key_of(ground.SCHOOL) != key_of(ground.OTHER_SCHOOL)


def test_what_is_proposed_must_fit_the_record() -> None:
    recorded(PARENT, SHARED)
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=SHARED)
    (adult,) = [one.handle for one in look(handle).adults]
    everything = [one.number for one in look(handle).said]
    with people_zone():
        strangers = Sighting.objects.filter(pupil_no=2).values_list("pk", flat=True)[0]
    for goes, adults in (
        ([], {adult: "stays"}),
        (everything, {adult: "stays"}),
        ([strangers], {adult: "stays"}),
        (everything[1:], {}),
        (everything[1:], {adult: "both"}),
    ):
        with pytest.raises(InputRefused):
            dividing.propose_division(by=actor_of(CUSTODIAN), division=handle, goes=goes, adults=adults)


def test_an_adult_recorded_after_the_proposal_is_placed_first() -> None:
    handle = proposed()
    recorded(PARENT, SHARED)
    with pytest.raises(InputRefused):
        dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)


def test_each_adult_sees_the_child_they_were_placed_with_and_whom_nobody_placed_sees_none() -> None:
    stays = let_in(PARENT, SHARED, school=School.objects.get(pk=ground.OTHER_SCHOOL))
    goes = let_in(OTHER_PARENT, SHARED, school=School.objects.get(pk=ground.OTHER_SCHOOL))
    divided(**{stays.responsibility: "stays", goes.responsibility: "goes"})

    def seen(by: Actor, handle: str) -> set[str]:
        return {source.school for source in portal.record_page(by, handle).sources}

    assert seen(stays.parent, stays.handle) == {f"School {ground.SCHOOL}"}
    with pytest.raises(AccessDenied):
        portal.record_page(goes.parent, goes.handle)
    with people_zone():
        anew = Access.objects.get(account__email=OTHER_PARENT.email, state=Access.CONFIRMED).handle
    assert seen(goes.parent, anew) == {f"School {ground.OTHER_SCHOOL}"}
    assert Message.objects.filter(kind="record-divided").count() == 2
    with pytest.raises(AccessDenied):
        portal.record_page(goes.parent, stays.handle)


def test_an_adult_placed_with_neither_sees_nothing_and_hears_nothing() -> None:
    family = let_in(PARENT, SHARED, school=School.objects.get(pk=ground.OTHER_SCHOOL))
    divided()
    with pytest.raises(AccessDenied):
        portal.record_page(family.parent, family.handle)
    assert not Message.objects.filter(kind="record-divided").exists()
    with people_zone():
        assert not Access.objects.exclude(state=Access.ENDED).exists()


def test_a_stop_stays_with_both() -> None:
    held = recorded(PARENT, SHARED)
    stops.stop(by=actor_of(CUSTODIAN), responsibility=held, why=STOP_REASONS[0].value)
    divided()
    with people_zone():
        stopped = Responsibility.objects.filter(stopped_at__isnull=False).values_list("person_id", flat=True)
        assert {*stopped} == {key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)}
    lifted()
    with people_zone():
        handle = Division.objects.get().handle
    with pytest.raises(UseRefused) as refused:
        dividing.propose_undoing(by=actor_of(CUSTODIAN), division=handle)
    assert code(refused) == "stopped"


def test_an_objection_stays_with_both_until_each_family_decides() -> None:
    one = let_in(PARENT, SHARED, school=School.objects.get(pk=ground.OTHER_SCHOOL))
    two_ = let_in(OTHER_PARENT, SHARED, school=School.objects.get(pk=ground.OTHER_SCHOOL))
    choices.object_to_research(by=one.parent, handle=one.handle)
    divided(**{one.responsibility: "stays", two_.responsibility: "goes"})

    def out() -> set[int]:
        return {*run_plan.standing_objectors(purpose="research-analysis", power="PWR-03")}

    first, second = key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)
    assert out() == {first, second}
    with people_zone():
        anew = Access.objects.get(account__email=OTHER_PARENT.email, state=Access.CONFIRMED).handle
    assert choices.choice_page(two_.parent, anew).may_take_back
    choices.take_back_objection(by=two_.parent, handle=anew)
    assert out() == {first}
    assert choices.choice_page(one.parent, one.handle).objected_at


def test_a_population_is_drawn_of_each_child_by_its_own_rows() -> None:
    divided()
    with people_zone():
        ids = dict(Return.objects.values_list("school_id", "pk"))
    first, second = key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)
    here, there = (returns.people_in([str(ids[one])]) for one in (ground.SCHOOL, ground.OTHER_SCHOOL))
    assert [first in here, second in here] == [True, False]
    assert [first in there, second in there] == [False, True]
    # The number stays with one: the other child could not be told, and so is in no use until it has its own.
    assert second not in run_plan.pupil_ids(there)


def test_later_returns_with_the_number_go_to_the_right_child_by_birth_date() -> None:
    divided()
    first, second = key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)
    assert ingest(by=OPERATOR, data=two(serial="002"), name="three.xml").state == "accepted"
    assert key_of(ground.OTHER_SCHOOL) == second
    assert ingest(by=OPERATOR, data=ground.a_file(serial="002"), name="four.xml").state == "accepted"
    assert key_of(ground.SCHOOL) == first
    own = ground.upn(601)
    named = two(f"+ P1/PupilIdentifiers <FormerUPN>{SHARED}</FormerUPN>", serial="003", upn=own)
    assert ingest(by=OPERATOR, data=named, name="five.xml").state == "accepted"
    assert key_of(ground.OTHER_SCHOOL) == second, "a number of its own, by the shared one as former"
    with people_zone():
        assert Identifier.objects.get(value=own).person_id == second
        assert Identifier.objects.get(value=SHARED).person_id == first
    assert len({fact.return_id for fact in returns.facts_held(second)}) >= 1


def test_who_fits_neither_child_becomes_neither() -> None:
    divided()
    both = {key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)}
    stranger = two("P1/PupilIdentifiers/DOB = 2013-01-02", serial="002")
    receipt = ingest(by=OPERATOR, data=stranger, name="three.xml")
    assert "MA-005" in receipt.text()
    assert key_of(ground.OTHER_SCHOOL) not in both


def test_the_two_are_never_joined_and_undoing_begins_with_the_data_protection_officer() -> None:
    before, keys = state(), key_of(ground.SCHOOL)
    facts = returns.facts_held(keys)
    handle = divided()
    first, second = actor_of(CUSTODIAN), actor_of(SECOND_CUSTODIAN)
    with pytest.raises(UseRefused) as refused:
        dividing.propose_undoing(by=first, division=handle)
    assert code(refused) == "do-not-link"
    lifted()
    dividing.propose_undoing(by=first, division=handle)
    with pytest.raises(AccessDenied):
        dividing.undo(by=first, division=handle)
    dividing.undo(by=second, division=handle)
    after = state()
    assert after[1:3] == before[1:3], "numbers and sightings as they were"
    assert set(after[0]) >= set(before[0])
    assert returns.facts_held(keys) == facts
    with pytest.raises(UseRefused):
        dividing.undo(by=second, division=handle)


def test_an_entry_made_between_proposing_and_undoing_counts() -> None:
    handle = divided()
    lifted()
    dividing.propose_undoing(by=actor_of(CUSTODIAN), division=handle)
    keep_apart(by=actor_of(DPO), upn=SHARED, why="adoption")
    with pytest.raises(UseRefused) as refused:
        dividing.undo(by=actor_of(SECOND_CUSTODIAN), division=handle)
    assert "adopt" not in str(refused.value.as_data()).casefold()
    dividing.leave_divided(by=actor_of(CUSTODIAN), division=handle)
    assert look(handle).state == "divided"


def test_a_record_kept_apart_is_two_records_kept_apart() -> None:
    keep_apart(by=actor_of(DPO), upn=SHARED, why="protection")
    divided()
    with people_zone():
        assert do_not_link.kept_apart().sealed >= {key_of(ground.SCHOOL), key_of(ground.OTHER_SCHOOL)}


def test_divided_undone_and_divided_again() -> None:
    first = key_of(ground.SCHOOL)
    handle = divided()
    lifted()
    dividing.propose_undoing(by=actor_of(CUSTODIAN), division=handle)
    dividing.undo(by=actor_of(SECOND_CUSTODIAN), division=handle)
    divided()
    second = key_of(ground.OTHER_SCHOOL)
    assert key_of(ground.SCHOOL) == first != second
    assert {fact.source_school for fact in returns.facts_held(second)} == {f"School {ground.OTHER_SCHOOL}"}
    assert [fact for fact in returns.facts_held(second) if fact.table == "pupil"]


def test_a_wrong_former_number_gives_each_child_its_own_number_back() -> None:
    own = ground.upn(701)
    file = two(
        f"+ P2/PupilIdentifiers <FormerUPN>{number_of(ground.SCHOOL, 2)}</FormerUPN>",
        f"P2/PupilIdentifiers/UPN = {own}",
        serial="004",
    )
    assert ingest(by=OPERATOR, data=file, name="wrong.xml").state == "accepted"
    with people_zone():
        old = number_of(ground.SCHOOL, 2)
        assert Identifier.objects.get(value=old).standing == "former"
        wrong = list(Sighting.objects.filter(upn=own).values_list("pk", flat=True))
    handle = dividing.report_mixed(by=actor_of(CUSTODIAN), upn=own)
    dividing.propose_division(by=actor_of(CUSTODIAN), division=handle, goes=wrong, adults={})
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    with people_zone():
        mine, theirs = Identifier.objects.get(value=old), Identifier.objects.get(value=own)
    assert (mine.standing, theirs.standing) == ("current", "current")
    assert mine.person_id != theirs.person_id


def number_of(laestab: str, pupil_no: int) -> str:
    with people_zone():
        rows = Sighting.objects.filter(source__school_id=laestab, pupil_no=pupil_no).order_by("pk")
        return str(rows.values_list("upn", flat=True)[0])


def test_every_deed_leaves_an_audit_row_without_a_name_or_number() -> None:
    handle = divided()
    lifted()
    dividing.propose_undoing(by=actor_of(CUSTODIAN), division=handle)
    dividing.undo(by=actor_of(SECOND_CUSTODIAN), division=handle)
    deeds = ["report-mixed-record", "propose-division", "divide-record", "propose-undoing", "undo-division"]
    rows = [Audit.objects.get(deed=deed) for deed in deeds]
    assert not any(SHARED in str((row.target, row.facts)) for row in rows)


def test_the_pages_from_the_number_to_the_divided_record() -> None:
    recorded(PARENT, SHARED)
    first, second = browser_of(CUSTODIAN), browser_of(SECOND_CUSTODIAN)
    sent = first.post("/casework/divisions/", {"upn": SHARED})
    assert sent.status_code == 302
    place = sent["Location"]
    page = first.get(place).content.decode()
    assert "born differs" in page
    assert "Propose to divide" in page
    handle = place.rstrip("/").rsplit("/", 1)[-1]
    (adult,) = [one.handle for one in look(handle).adults]
    assert first.post(place, {"deed": "propose"}).status_code == 422
    sight = other_sightings()
    assert first.post(place, {"deed": "propose", "goes": sight, f"adult-{adult}": "stays"}).status_code == 302
    assert "Divide as proposed" not in first.get(place).content.decode()
    assert "Divide as proposed" in second.get(place).content.decode()
    assert second.post(place, {"deed": "divide"}).status_code == 302
    assert "Propose to undo" in second.get(place).content.decode()
    assert first.post("/casework/divisions/", {"upn": "nobody"}).status_code == 422
    assert place in first.get("/casework/divisions/").content.decode()
    for stranger in (STRANGER, PUPIL, RESEARCHER):
        assert browser_of(stranger).get(place).status_code in {403, 404}
