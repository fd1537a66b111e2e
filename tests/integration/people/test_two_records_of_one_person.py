"""Two records of one person are joined by two custodians, read as one, parted again; and some are never joined."""

import re
from typing import Any

import pytest
from django.conf import settings
from pyroaring import BitMap

from rollbook.dataplane.people.search import Asked, search
from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.control import Audit
from rollbook.records.models.doubles import DoNotLink, Double
from rollbook.records.models.identity import Identifier, Person, Responsibility, Sighting
from rollbook.rights.reasons import STOP_REASONS
from rollbook.services.accounts import stops
from rollbook.services.gateway import gateway
from rollbook.services.people import doubles, linking, merging
from rollbook.services.people.do_not_link import keep_apart, lift
from rollbook.services.platform import clock
from rollbook.services.platform.one_person import keys_of, whole
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal import choices, portal
from rollbook.services.returns import returns
from rollbook.services.returns.ingest import ingest
from rollbook.services.studies import run_plan
from tests import census_ground as ground
from tests.letters import let_in, recorded
from tests.people import (
    CUSTODIAN,
    DPO,
    OPERATOR,
    PARENT,
    PUPIL,
    RESEARCHER,
    SECOND_CUSTODIAN,
    STRANGER,
    actor_of,
    browser_of,
)

NEW = ground.upn(501)


@pytest.fixture(autouse=True)
def two_records(db: None) -> None:
    """The model pupils at one school; and P1 again at another school, under a number of her own."""
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")
    numbers = [NEW, *(ground.upn(n) for n in range(502, 505))]
    other = ground.a_file(school=ground.OTHER_SCHOOL, upns=numbers)
    assert ingest(by=OPERATOR, data=other, name="two.xml").state == "accepted"


def person_of(upn: str) -> int:
    with people_zone():
        return int(Identifier.objects.get(scheme="upn", value=upn).person_id)


def told() -> str:
    return merging.report_double(by=actor_of(CUSTODIAN), upn=old(), other_upn=NEW)


def old() -> str:
    with people_zone():
        found = Sighting.objects.filter(source__school_id=ground.SCHOOL, pupil_no=1).values_list("upn", flat=True)
        return str(found.get())


def joined() -> str:
    pair = told()
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    return pair


def code(refused: Any) -> str:
    error: RollbookError = refused.value
    return str(error.reasons[0].code)


def test_both_keys_stay_and_both_are_read_by_either() -> None:
    before = [len(returns.facts_held(person_of(upn))) for upn in (old(), NEW)]
    joined()
    first, second = person_of(old()), person_of(NEW)
    assert first != second
    assert set(keys_of(first)) == set(keys_of(second)) == {first, second}
    assert len(returns.facts_held(first)) == len(returns.facts_held(second)) >= max(before)
    schools = {fact.source_school for fact in returns.facts_held(second)}
    assert len(schools) >= 1
    assert whole(BitMap([second])) == BitMap([first, second])


def test_parting_leaves_each_as_it_was() -> None:
    def state() -> list[Any]:
        with people_zone():
            rows = list(Person.objects.order_by("pk").values_list("pk", "superseded_by_id"))
        return [rows, [returns.facts_held(person_of(upn)) for upn in (old(), NEW)]]

    before = state()
    pair = joined()
    assert state() != before
    merging.leave_apart(by=actor_of(CUSTODIAN), pair=pair, why="custodian")
    assert state() == before


def test_two_custodians_join_and_one_alone_cannot() -> None:
    pair = told()
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    with pytest.raises(AccessDenied) as refused:
        merging.join(by=actor_of(CUSTODIAN), pair=pair)
    assert code(refused) == "second-person"
    assert len(keys_of(person_of(NEW))) == 1


def test_nobody_joins_what_nobody_proposed() -> None:
    pair = told()
    with pytest.raises(UseRefused) as refused:
        merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert code(refused) == "state"


@pytest.mark.parametrize("actor", [OPERATOR, "researcher", "no-second-factor"])
def test_only_a_custodian_in_a_session_with_a_second_factor(actor: Any) -> None:
    pair = told()
    by = {
        "researcher": lambda: actor_of(RESEARCHER),
        "no-second-factor": lambda: actor_of(CUSTODIAN, second_factor=False),
    }
    who = by[actor]() if isinstance(actor, str) else actor
    for deed in (merging.propose, merging.join):
        with pytest.raises(AccessDenied):
            deed(by=who, pair=pair)
    with pytest.raises(AccessDenied):
        keep_apart(by=who, upn=NEW, why="adoption")


def test_every_deed_leaves_an_audit_row_without_a_name_or_number() -> None:
    merging.leave_apart(by=actor_of(CUSTODIAN), pair=joined(), why="custodian")
    keep_apart(by=actor_of(DPO), upn=old(), other_upn=NEW, why="adoption")
    deeds = ["report-double", "propose-join", "join-records", "part-records", "keep-apart"]
    rows = [Audit.objects.get(deed=deed) for deed in deeds]
    assert not any(upn in str((row.target, row.facts)) for row in rows for upn in (old(), NEW))


def test_the_list_forbids_joining_for_a_pair_and_for_a_record_alone() -> None:
    for other in (NEW, ""):
        pair = told()
        keep_apart(by=actor_of(DPO), upn=old(), other_upn=other, why="protection")
        with pytest.raises(UseRefused) as refused:
            merging.propose(by=actor_of(CUSTODIAN), pair=pair)
        assert code(refused) == "do-not-link"
        assert doubles.waiting_doubles(actor_of(CUSTODIAN)) == ()
        with pytest.raises(AccessDenied):
            doubles.one_double(actor_of(CUSTODIAN), pair)
        with people_zone():
            (entry,) = DoNotLink.objects.filter(lifted_at=None)
        lift(by=actor_of(DPO), entry=entry.pk, why="test")


def test_an_entry_made_between_proposal_and_joining_counts() -> None:
    pair = told()
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    keep_apart(by=actor_of(DPO), upn=NEW, why="adoption")
    with pytest.raises(UseRefused) as refused:
        merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert code(refused) == "do-not-link"


def test_records_joined_before_are_parted_at_once() -> None:
    pair = joined()
    keep_apart(by=actor_of(DPO), upn=old(), other_upn=NEW, why="adoption")
    assert len(keys_of(person_of(NEW))) == 1
    with people_zone():
        assert Double.objects.get(handle=pair).state == "apart"


def test_only_the_data_protection_officer_takes_an_entry_off() -> None:
    keep_apart(by=actor_of(CUSTODIAN), upn=NEW, why="adoption")
    with people_zone():
        entry = DoNotLink.objects.get().pk
    with pytest.raises(AccessDenied):
        lift(by=actor_of(CUSTODIAN), entry=entry, why="test")
    lift(by=actor_of(DPO), entry=entry, why="test")
    assert doubles.kept_apart_list(actor_of(DPO)) == ()
    with pytest.raises(UseRefused):
        lift(by=actor_of(DPO), entry=entry, why="test")


def test_a_reason_is_needed_and_two_numbers_of_one_record_are_no_pair() -> None:
    with pytest.raises(InputRefused):
        keep_apart(by=actor_of(DPO), upn=NEW, why="because")
    with pytest.raises(UseRefused):
        keep_apart(by=actor_of(DPO), upn=NEW, other_upn=NEW, why="adoption")
    with pytest.raises(UseRefused):
        merging.report_double(by=actor_of(CUSTODIAN), upn=NEW, other_upn=NEW)


def test_a_return_that_names_the_old_number_as_former_does_not_reach_a_record_kept_apart() -> None:
    keep_apart(by=actor_of(DPO), upn=old(), why="adoption")
    fresh, before = ground.upn(601), person_of(old())
    numbers = [fresh, *(ground.upn(n) for n in range(502, 505))]
    file = ground.a_file(
        f"+ P1/PupilIdentifiers <FormerUPN>{old()}</FormerUPN>", school=ground.OTHER_SCHOOL, upns=numbers, serial="002"
    )
    receipt = ingest(by=OPERATOR, data=file, name="three.xml")
    assert receipt.state == "accepted"
    assert person_of(fresh) != before
    assert "adoption" not in receipt.text()


def test_no_joining_while_a_safeguarding_stop_lies_on_either() -> None:
    recorded(PARENT, old())
    with people_zone():
        Responsibility.objects.update(stopped_at=merging.clock.now())
    with pytest.raises(UseRefused) as refused:
        merging.propose(by=actor_of(CUSTODIAN), pair=told())
    assert code(refused) == "stopped"


def test_a_third_key_joins_the_one_that_stands_and_two_joined_records_are_parted_first() -> None:
    joined()
    third, fourth = ground.upn(502), ground.upn(503)
    with people_zone():
        one = person_of(NEW)
    pair = merging.report_double(by=actor_of(CUSTODIAN), upn=NEW, other_upn=third)
    merging.propose(by=actor_of(CUSTODIAN), pair=pair)
    merging.join(by=actor_of(SECOND_CUSTODIAN), pair=pair)
    assert len(keys_of(one)) == 3
    with people_zone():
        chains = Person.objects.filter(superseded_by__superseded_by__isnull=False)
        assert not chains.exists()
    assert person_of(fourth) not in keys_of(one)


def test_one_person_is_counted_once_in_a_population_under_one_name() -> None:
    both = BitMap([person_of(old()), person_of(NEW)])
    assert len(set(run_plan.pupil_ids(both).values())) == 2
    joined()
    names = run_plan.pupil_ids(both)
    assert set(names) == set(both)
    assert len(set(names.values())) == 1


def test_a_pair_is_asked_about_once() -> None:
    pair = told()
    merging.leave_apart(by=actor_of(CUSTODIAN), pair=pair, why="custodian")
    assert told() == pair
    with people_zone():
        assert Double.objects.count() == 1


def test_looking_for_doubles_puts_pairs_before_the_custodians_and_joins_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from rollbook.dataplane.people.linkage.link import Linkage
    from rollbook.dataplane.people.linkage.outcomes import Linked
    from rollbook.policy.uses import MatchOutcome

    first, second, third = person_of(old()), person_of(NEW), person_of(ground.upn(502))
    keep_apart(by=actor_of(DPO), upn=ground.upn(502), why="adoption")
    found = [
        Linked(str(first), str(second), MatchOutcome.MATCH, 0.99, ("born-same",)),
        Linked(str(first), str(third), MatchOutcome.POTENTIAL, 0.9, ()),
    ]
    monkeypatch.setattr(linking, "link", lambda *_, **__: Linkage(found, []))
    sought = linking.find_doubles(by=OPERATOR, collection=ground.SPRING)
    assert (sought.people, sought.new, sought.outcomes["match"]) == (8, 1, 1)
    assert linking.find_doubles(by=OPERATOR, collection=ground.SPRING).new == 0
    (one,) = doubles.waiting_doubles(actor_of(CUSTODIAN))
    assert (one.outcome, one.evidence) == ("match", ("born-same",))
    assert len(keys_of(first)) == 1
    assert list((settings.ROLLBOOK.scratch / "linking").iterdir()) == []


def test_a_parent_of_one_record_sees_both_once_joined_and_no_longer_once_parted() -> None:
    family = let_in(PARENT, old(), school=School.objects.get(pk=ground.SCHOOL))

    def sources() -> int:
        return len(portal.record_page(family.parent, family.handle).sources)

    alone = sources()
    pair = joined()
    assert sources() > alone
    merging.leave_apart(by=actor_of(CUSTODIAN), pair=pair, why="custodian")
    assert sources() == alone


def test_an_objection_made_on_one_record_leaves_out_both() -> None:
    family = let_in(PARENT, old(), school=School.objects.get(pk=ground.SCHOOL))
    choices.object_to_research(by=family.parent, handle=family.handle)
    joined()
    out = run_plan.standing_objectors(purpose="research-analysis", power="PWR-03")
    assert out == BitMap([person_of(old()), person_of(NEW)])


def test_a_stop_on_one_record_stops_the_same_adult_on_the_other() -> None:
    handles = [recorded(PARENT, upn) for upn in (old(), NEW)]
    joined()
    stops.stop(by=actor_of(CUSTODIAN), responsibility=handles[0], why=STOP_REASONS[0].value)
    with people_zone():
        assert not Responsibility.objects.filter(stopped_at=None).exists()


def test_the_pages_from_the_queue_to_the_joined_record() -> None:
    first, second = browser_of(CUSTODIAN), browser_of(SECOND_CUSTODIAN)
    sent = first.post("/casework/doubles/", {"upn": old(), "other_upn": NEW})
    assert sent.status_code == 302
    page = first.get(sent["Location"]).content.decode()
    assert NEW in page
    assert old() in page
    assert "Propose to join" in page
    assert first.post(sent["Location"], {"deed": "propose"}).status_code == 302
    assert ">Join<" not in first.get(sent["Location"]).content.decode()
    assert sent["Location"] in second.get("/casework/doubles/").content.decode()
    assert second.post(sent["Location"], {"deed": "join"}).status_code == 302
    assert len(keys_of(person_of(NEW))) == 2
    assert "Part them" in second.get(sent["Location"]).content.decode()
    assert first.post("/casework/doubles/", {"upn": old(), "other_upn": "nobody"}).status_code == 422
    assert first.get("/casework/doubles/words/").status_code == 200


def test_the_page_of_the_list() -> None:
    officer = browser_of(DPO)
    assert officer.post("/casework/apart/", {"upn": NEW, "why": ""}).status_code == 422
    assert officer.post("/casework/apart/", {"upn": NEW, "why": "adoption"}).status_code == 302
    page = officer.get("/casework/apart/").content.decode()
    assert NEW in page
    lifting = re.search(r'action="(/casework/apart/\d+/lift/)"', page)
    assert lifting
    assert browser_of(CUSTODIAN).post(lifting[1]).status_code == 403
    assert officer.post(lifting[1]).status_code == 302
    for stranger in (STRANGER, PUPIL, RESEARCHER):
        assert browser_of(stranger).get("/casework/apart/").status_code in {403, 404}
        assert browser_of(stranger).get("/casework/doubles/").status_code in {403, 404}


def test_looking_for_real_finds_the_same_pupils_under_other_numbers() -> None:
    def send(school: str, first: int, serial: str) -> None:
        file = ground.a_large_file(60, school=school, first=first)
        file = file.replace(b"<SerialNo>001</SerialNo>", f"<SerialNo>{serial}</SerialNo>".encode())
        for number in range(first, first + 60):
            file = file.replace(f">Sample{number}<".encode(), f">Quell{number % 60}ow<".encode())
            file = file.replace(f">Ada{number}<".encode(), f">{'BDFGKLMNPR'[number % 10]}ivo{number % 60}<".encode())
        assert ingest(by=OPERATOR, data=file, name=f"{serial}.xml").state == "accepted"

    send(ground.SCHOOL, 0, "002")
    with people_zone():
        Person.objects.update(first_return=None)
    send(ground.OTHER_SCHOOL, 600, "003")
    sought = linking.find_doubles(by=OPERATOR, collection=ground.SPRING)
    assert (sought.people, sought.errors) == (60, 0)
    assert sought.new >= 50
    assert all(one.evidence for one in doubles.waiting_doubles(actor_of(CUSTODIAN)))


def test_a_name_of_before_leads_a_search_to_no_record_that_is_never_joined() -> None:
    with people_zone():
        Sighting.objects.filter(upn=NEW).update(former_surname="Quellow")
        seen = Sighting.objects.get(upn=NEW)
        asked = Asked("Quellow", seen.forename, seen.date_of_birth or clock.today())
        assert search(asked, gateway._candidates(asked)).outcome == "match"
    keep_apart(by=actor_of(DPO), upn=NEW, why="adoption")
    with people_zone():
        assert search(asked, gateway._candidates(asked)).person is None
