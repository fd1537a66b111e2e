"""Getting at somebody's record without a right to: each way ends at the same closed door."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.control import Message
from rollbook.records.models.identity import Access
from rollbook.rights.bases import Deed
from rollbook.services.accounts.access import allowed, onlookers, open_records, own_number
from rollbook.services.accounts.confirming import (
    approve,
    confirm_in_person,
    refuse_in_person,
    waiting_at_school,
    waiting_for_approval,
)
from rollbook.services.accounts.inbox import messages_for
from rollbook.services.accounts.letters import give_slip
from rollbook.services.accounts.stops import lift_stop, pupil_file, stop
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, operator
from tests.letters import at, clerk, handle_of, let_in, letter_code, recorded, start, waiting_names
from tests.people import CUSTODIAN, DPO, OTHER_PARENT, PARENT, PUPIL, RESEARCHER, STRANGER, actor_of
from tests.rolls import UPN, a_pupil, a_school

pytestmark = pytest.mark.django_db
SAFEGUARDING = "ROLE_DEACTIVATED_SAFEGUARDING"


@pytest.fixture(autouse=True)
def _pupil() -> None:
    a_pupil()


def refusal(call: Any, *args: Any, **facts: Any) -> str:
    with pytest.raises((AccessDenied, UseRefused, InputRefused)) as refused:
        call(*args, **facts)
    return refused.value.reasons[0].code


def asked(adult: Any = PARENT) -> str:
    """An adult who started an account and waits; gives the handle of the access."""
    responsibility = recorded(adult)
    start(letter_code(responsibility), adult)
    return handle_of(adult, responsibility)


def test_a_confirmed_parent_passes_and_is_told_the_name() -> None:
    family = let_in(PARENT)
    assert allowed(family.parent, family.handle) == 7001
    assert [(one.name, one.own) for one in open_records(family.parent)] == [("Ivo Thrennet", False)]


# The closed door


def unknown_handle() -> tuple[Actor, str]:
    let_in(PARENT)
    return actor_of(STRANGER), "A" * 22


def anothers_handle() -> tuple[Actor, str]:
    return actor_of(STRANGER), let_in(PARENT).handle


def not_confirmed() -> tuple[Actor, str]:
    handle = asked()
    return actor_of(PARENT), handle


def refused_at_the_desk() -> tuple[Actor, str]:
    handle = asked()
    refuse_in_person(by=clerk(), access=handle)
    return actor_of(PARENT), handle


def under_a_stop() -> tuple[Actor, str]:
    family = let_in(PARENT)
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    return family.parent, family.handle


def stop_taken_back() -> tuple[Actor, str]:
    actor, handle = under_a_stop()
    lift_stop(by=actor_of(DPO), responsibility=Access.objects.get().responsibility.handle)
    return actor, handle


CLOSED = (unknown_handle, anothers_handle, not_confirmed, refused_at_the_desk, under_a_stop, stop_taken_back)


@pytest.mark.parametrize("way", CLOSED)
def test_every_closed_door_gives_one_answer_by_one_query(way: Any) -> None:
    actor, handle = way()
    with CaptureQueriesContext(connection) as caught:
        assert refusal(allowed, actor, handle) == "no-record"
    selects = [
        query["sql"]
        for query in caught.captured_queries
        if query["sql"].startswith("SELECT") and "access" in query["sql"]
    ]
    assert len(selects) == 1
    assert open_records(actor) == ()
    assert messages_for(actor) == ()


def test_a_parents_authority_ends_on_the_eighteenth_birthday(monkeypatch: pytest.MonkeyPatch) -> None:
    family = let_in(PARENT)
    at(monkeypatch, datetime(2033, 5, 13, 23, 59, tzinfo=UTC))
    assert allowed(family.parent, family.handle) == 7001
    at(monkeypatch, datetime(2033, 5, 14, tzinfo=UTC))
    assert refusal(allowed, family.parent, family.handle) == "no-record"


def test_no_other_role_no_command_and_no_half_session_passes() -> None:
    family = let_in(PARENT)
    for by in (operator(), actor_of(CUSTODIAN), actor_of(RESEARCHER), actor_of(PARENT, second_factor=False)):
        assert refusal(allowed, by, family.handle) in {"role", "session", "second-factor"}


def test_care_without_responsibility_sees_and_does_not_choose() -> None:
    carer = let_in(OTHER_PARENT, basis="education-law-parent", evidence="signed-statement")
    assert allowed(carer.parent, carer.handle) == 7001
    assert refusal(allowed, carer.parent, carer.handle, Deed.CHOOSE) == "no-record"


# At the school's desk


def test_a_genuine_passport_does_not_open_the_account_somebody_else_started() -> None:
    """The estranged parent took the envelope; the addressee comes to the desk with her passport."""
    responsibility = recorded(PARENT)
    start(letter_code(responsibility), OTHER_PARENT)
    waiting = waiting_at_school(clerk())
    assert [one.name for one in waiting] == [PARENT.name]
    own = own_number(actor_of(PARENT))
    answer = refusal(confirm_in_person, by=clerk(), access=waiting[0].handle, account_number=own, evidence="passport")
    assert answer == "number"
    assert Access.objects.get().state == Access.ASKED


def test_a_careless_clerk_who_takes_the_wrong_line_lets_nobody_in() -> None:
    first, second = asked(PARENT), asked(OTHER_PARENT)
    number = own_number(actor_of(PARENT))
    assert refusal(confirm_in_person, by=clerk(), access=second, account_number=number, evidence="passport") == "number"
    confirm_in_person(by=clerk(), access=first, account_number=number.lower().replace("-", " "), evidence="passport")
    assert {one.state for one in Access.objects.filter(handle=second)} == {Access.ASKED}


@pytest.mark.parametrize("evidence", ["", "none", "letter"])
def test_without_a_proof_looked_at_nobody_is_let_in(evidence: str) -> None:
    handle, number = asked(), own_number(actor_of(PARENT))
    assert refusal(confirm_in_person, by=clerk(), access=handle, account_number=number, evidence=evidence) == "evidence"


def test_another_schools_data_manager_sees_nobody_and_confirms_nobody() -> None:
    handle, number = asked(), own_number(actor_of(PARENT))
    from rollbook.services.platform.actors import Role
    from tests.people import Person

    elsewhere = actor_of(
        Person("other-clerk", "Ann Other", Role.SCHOOL_DATA_MANAGER), school=a_school("9331002", "Fennick")
    )
    assert waiting_at_school(elsewhere) == ()
    answers = {
        refusal(confirm_in_person, by=elsewhere, access=one, account_number=number, evidence="passport")
        for one in (handle, "A" * 22)
    }
    assert answers == {"nobody-waiting"}
    assert refusal(refuse_in_person, by=elsewhere, access=handle) == "nobody-waiting"


def test_a_pupil_who_moved_is_confirmed_by_the_new_school_only() -> None:
    from tests.rolls import a_collection, a_return

    asked()
    new_school = a_school("9331002", "Fennick Junior")
    later = a_return(new_school, a_collection("sc-sum-2025", date(2025, 5, 15)), datetime(2025, 5, 20, tzinfo=UTC))
    a_pupil(source=later)
    assert waiting_names() == []


def test_a_stop_takes_the_adult_off_the_schools_list_at_once() -> None:
    responsibility = recorded(PARENT)
    start(letter_code(responsibility), PARENT)
    handle, number = handle_of(PARENT, responsibility), own_number(actor_of(PARENT))
    stop(by=actor_of(CUSTODIAN), responsibility=responsibility, why=SAFEGUARDING)
    assert waiting_names() == []
    assert (
        refusal(confirm_in_person, by=clerk(), access=handle, account_number=number, evidence="passport")
        == "nobody-waiting"
    )


# By another account


def test_a_parent_lets_the_other_one_in_with_the_number_from_their_account() -> None:
    family, handle = let_in(PARENT), asked(OTHER_PARENT)
    assert [one.name for one in waiting_for_approval(family.parent, family.handle)] == [OTHER_PARENT.name]
    wrong = own_number(family.parent)
    assert refusal(approve, by=family.parent, handle=family.handle, access=handle, account_number=wrong) == "number"
    approve(by=family.parent, handle=family.handle, access=handle, account_number=own_number(actor_of(OTHER_PARENT)))
    assert allowed(actor_of(OTHER_PARENT), handle) == 7001


def test_who_waits_cannot_let_themselves_in_nor_can_a_stranger_or_a_carer() -> None:
    carer = let_in(STRANGER, basis="education-law-parent", evidence="signed-statement")
    handle, waiting = asked(OTHER_PARENT), actor_of(OTHER_PARENT)
    number = own_number(waiting)
    for by, own in ((waiting, handle), (carer.parent, carer.handle), (actor_of(PARENT), handle)):
        assert refusal(approve, by=by, handle=own, access=handle, account_number=number) == "no-record"


def test_a_pupil_does_not_decide_which_adults_see_the_record() -> None:
    start(give_slip(by=clerk(), upn=UPN, ground="assessed-able").code, PUPIL)
    pupil, (waiting,) = actor_of(PUPIL), waiting_at_school(clerk())
    confirm_in_person(by=clerk(), access=waiting.handle, account_number=own_number(pupil), evidence="known-to-me")
    handle, number = asked(OTHER_PARENT), own_number(actor_of(OTHER_PARENT))
    assert refusal(approve, by=pupil, handle=waiting.handle, access=handle, account_number=number) == "role"
    assert refusal(waiting_for_approval, pupil, waiting.handle) == "role"


def test_one_childs_parent_cannot_let_anybody_in_to_anothers_record() -> None:
    family = let_in(PARENT)
    a_pupil("H933000125002", forename="Wren", surname="Quellorin", key=7002)
    responsibility = recorded(OTHER_PARENT, "H933000125002")
    start(letter_code(responsibility), OTHER_PARENT)
    handle, number = handle_of(OTHER_PARENT, responsibility), own_number(actor_of(OTHER_PARENT))
    assert (
        refusal(approve, by=family.parent, handle=family.handle, access=handle, account_number=number)
        == "nobody-waiting"
    )


# Who is told


def test_the_first_sign_in_is_told_once_to_everybody_else_with_responsibility() -> None:
    first = let_in(PARENT)
    open_records(first.parent)
    second = let_in(OTHER_PARENT)
    assert messages_for(first.parent) == ()
    open_records(second.parent)
    allowed(second.parent, second.handle)
    told = messages_for(first.parent)
    assert [(one.subject, one.record) for one in told] == [("Someone new can see a record", "Ivo Thrennet")]
    assert messages_for(second.parent) == ()
    assert {one.name for one in onlookers(first.parent, first.handle)} == {PARENT.name, OTHER_PARENT.name}
    assert "Ivo" not in Message.objects.get().body


def test_a_stopped_adult_is_told_nothing_and_their_old_messages_are_gone() -> None:
    first = let_in(PARENT)
    open_records(first.parent)
    second = let_in(OTHER_PARENT)
    open_records(second.parent)
    stop(by=actor_of(DPO), responsibility=first.responsibility, why=SAFEGUARDING)
    third = let_in(STRANGER)
    open_records(third.parent)
    assert messages_for(first.parent) == ()
    assert Message.objects.filter(account_id=first.parent.account_id).count() == 1
    assert {one.name for one in onlookers(second.parent, second.handle)} == {OTHER_PARENT.name, STRANGER.name}


def test_whose_authority_has_ended_by_its_date_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = let_in(PARENT, ends=clock.today())
    open_records(ended.parent)
    newcomer = let_in(OTHER_PARENT)
    at(monkeypatch, clock.now() + timedelta(days=1))
    open_records(newcomer.parent)
    assert not Message.objects.filter(account_id=ended.parent.account_id).exists()
    assert {one.name for one in onlookers(newcomer.parent, newcomer.handle)} == {OTHER_PARENT.name}


def test_a_pupil_hears_of_adults_and_adults_do_not_hear_of_the_pupil() -> None:
    parent = let_in(PARENT)
    open_records(parent.parent)
    slip = give_slip(by=clerk(), upn=UPN, ground="assessed-able")
    start(slip.code, PUPIL)
    pupil = actor_of(PUPIL)
    (waiting,) = waiting_at_school(clerk())
    assert (waiting.name, waiting.own_record) == ("Ivo Thrennet", True)
    confirm_in_person(by=clerk(), access=waiting.handle, account_number=own_number(pupil), evidence="known-to-me")
    assert [(one.name, one.own) for one in open_records(pupil)] == [("Ivo Thrennet", True)]
    assert messages_for(parent.parent) == ()
    open_records(let_in(OTHER_PARENT).parent)
    assert len(messages_for(pupil)) == 1
    assert PUPIL.name not in {one.name for one in onlookers(parent.parent, parent.handle)}


# The stop itself


def test_a_stop_reaches_every_ground_the_same_adult_has_for_this_child() -> None:
    family = let_in(PARENT)
    second = recorded(PARENT, basis="education-law-parent", evidence="signed-statement")
    code = letter_code(second)
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    start(code, PARENT)
    assert open_records(family.parent) == ()
    assert {one.standing for one in pupil_file(actor_of(CUSTODIAN), UPN).adults} == {"stopped"}


def test_a_stop_for_one_child_leaves_the_other_alone() -> None:
    family = let_in(PARENT)
    a_pupil("H933000125002", forename="Wren", key=7002)
    other = let_in(PARENT, "H933000125002")
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    assert [one.name for one in open_records(other.parent)] == ["Wren Thrennet"]


@pytest.mark.parametrize(("by", "code"), [
    (operator, "role"), (lambda: actor_of(PARENT), "role"), (clerk, "role"),
    (lambda: actor_of(DPO, second_factor=False), "second-factor"),
])  # fmt: skip
def test_only_a_named_officer_in_session_stops(by: Any, code: str) -> None:
    family = let_in(PARENT)
    assert refusal(stop, by=by(), responsibility=family.responsibility, why=SAFEGUARDING) == code
    assert allowed(family.parent, family.handle)


def test_a_stop_needs_a_coded_reason_and_happens_once() -> None:
    family = let_in(PARENT)
    assert refusal(stop, by=actor_of(DPO), responsibility=family.responsibility, why="because") == "why"
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    assert refusal(stop, by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING) == "stopped"
    assert refusal(lift_stop, by=actor_of(CUSTODIAN), responsibility=family.responsibility) == "role"


def test_after_a_stop_is_taken_back_the_adult_asks_anew() -> None:
    family = let_in(PARENT)
    stop(by=actor_of(DPO), responsibility=family.responsibility, why=SAFEGUARDING)
    lift_stop(by=actor_of(DPO), responsibility=family.responsibility)
    start(letter_code(family.responsibility), PARENT)
    assert waiting_names() == [PARENT.name]
    confirm_in_person(by=clerk(), access=family.handle, account_number=own_number(family.parent), evidence="passport")
    assert allowed(family.parent, family.handle)
