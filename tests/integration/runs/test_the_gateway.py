"""One named child at a time: three people, only a sure match, sealed before anything is told, told once."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from rollbook.kernel import canonical
from rollbook.kernel.encoding import unb64
from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, StateBroken, UseRefused
from rollbook.policy.states import CaseState
from rollbook.policy.uses import MatchOutcome
from rollbook.records.models.collections import Return
from rollbook.records.models.control import Audit
from rollbook.records.models.governance import Agreement
from rollbook.records.models.identity import GatewayCase, Sighting
from rollbook.records.models.log import LogSubmission
from rollbook.services.gateway import gateway, gateway_seal
from rollbook.services.gateway.case_pages import Standing, cases_of, desk
from rollbook.services.log import reader
from rollbook.services.platform import clock, overseer
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import populations, sets
from rollbook.tlog.manifests import read_manifest
from rollbook.tlog.seals import open_seal
from tests import case_ground as ground
from tests import run_ground
from tests.kills import killed_at
from tests.people import CUSTODIAN, POLICE_OFFICER, RESEARCHER, SECOND_CUSTODIAN, Person, account_of, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> run_ground.Writer:
    run_ground.clean_folders()
    run_ground.pupils(12)
    return run_ground.log_of_its_own(monkeypatch)


@pytest.fixture
def agreement(log: run_ground.Writer) -> str:
    return ground.police(log)


def standing(reference: str) -> Standing:
    return {line.reference: line.standing for line in cases_of(actor_of(POLICE_OFFICER))}[reference]


def test_the_officer_gets_the_items_of_one_child_once(agreement: str) -> None:
    case = ground.confirmed(agreement)
    assert standing(case.reference) is Standing.WAITING
    gateway.seal(case.id)
    assert standing(case.reference) is Standing.READY
    answer = gateway.collect(by=actor_of(POLICE_OFFICER), reference=case.reference)
    assert {line.item for line in answer} == {"postcode", "surname"}
    assert ground.CHILD["surname"] in {line.value for line in answer}
    assert standing(case.reference) is Standing.COLLECTED
    with pytest.raises(UseRefused, match="given"):
        gateway.collect(by=actor_of(POLICE_OFFICER), reference=case.reference)
    row = ground.row_of(case.reference)
    assert (row.answer, row.asked_about, row.person_id, row.evidence) == (None, None, None, {})


def test_an_officer_who_has_left_the_force_collects_nothing(agreement: str) -> None:
    case = ground.confirmed(agreement)
    gateway.seal(case.id)
    officer = account_of(POLICE_OFFICER)
    type(officer).objects.filter(id=officer.id).update(organisation=None)
    with pytest.raises(AccessDenied) as refusal:
        gateway.collect(by=actor_of(POLICE_OFFICER), reference=case.reference)
    assert [reason.code for reason in refusal.value.reasons] == ["case"]
    assert ground.row_of(case.reference).answer


@pytest.mark.parametrize("deed", [gateway.match_case, gateway.confirm_case, gateway.refuse_case])
def test_a_custodian_of_the_force_that_asks_does_nothing_with_its_case(
    agreement: str, deed: Callable[..., object]
) -> None:
    reference = ground.asked(agreement) if deed is gateway.match_case else ground.matched(agreement)
    insider = account_of(SECOND_CUSTODIAN)
    insider.organisation = account_of(POLICE_OFFICER).organisation
    insider.save()
    with pytest.raises(AccessDenied) as refusal:
        deed(by=actor_of(SECOND_CUSTODIAN), reference=reference)
    assert [reason.code for reason in refusal.value.reasons] == ["case-people"]


def test_an_answer_that_nobody_collects_is_wiped(agreement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = ground.confirmed(agreement)
    gateway.seal(case.id)
    later = clock.now() + timedelta(days=15)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert standing(case.reference) is Standing.WIPED
    with pytest.raises(UseRefused, match="no answer"):
        gateway.collect(by=actor_of(POLICE_OFFICER), reference=case.reference)
    gateway.recover()
    assert ground.row_of(case.reference).answer is None


def test_the_log_says_that_it_happened_and_nothing_about_whom(agreement: str) -> None:
    case = ground.confirmed(agreement)
    gateway.seal(case.id)
    (entry,) = reader.entries("sealed")
    assert set(entry.fields) == {
        "v", "type", "id", "at", "did", "set", "manifest", "commit", "basis", "by", "reveal_by",
    }  # fmt: skip
    assert entry.fields["set"]["size_padded"] == 1024
    assert entry.fields["basis"] == "pwr-10"
    assert entry.fields["reveal_by"] == str(clock.today() + timedelta(days=365))
    assert case.reference not in json.dumps(dict(entry.fields))
    for row in Audit.objects.all():
        assert ground.CHILD["surname"] not in json.dumps([row.target, row.facts])


def test_only_the_overseer_can_open_what_was_sealed(agreement: str, overseer_folder: Any) -> None:
    case = ground.confirmed(agreement)
    gateway.seal(case.id)
    row = ground.row_of(case.reference)
    assert row.sealed_body is not None
    assert ground.CHILD["surname"].encode() not in bytes(row.sealed_body)
    facts = json.loads(overseer.unseal(overseer_folder, bytes(row.sealed_body)))
    (entry,) = reader.entries("sealed")
    body = open_seal(entry.fields["commit"], unb64(facts["salt"]), canonical.dumps(facts["body"]))
    assert body["counts"] == {"asked": 1, "matched": 1, "returned": 1}
    manifest = read_manifest(unb64(facts["manifest"]))
    assert (manifest["pupils"], manifest["did"]) == (1, entry.fields["did"])
    assert facts["asked_about"]["surname"] == ground.CHILD["surname"]

    people = overseer.unseal(overseer_folder, (populations.folder() / row.population_file).read_bytes())
    assert len(populations.decode(people)) == 1
    # The key of the month, which processes of the authority hold, opens neither the population nor the set.
    populations.keep(populations.decode(people), entry.fields["set"]["epoch"])
    for name in (row.population_file, row.set_store):
        with pytest.raises(StateBroken):
            populations.read(name, entry.fields["set"]["epoch"])
    with pytest.raises(StateBroken):
        sets.proof(row.set_store, entry.fields["set"]["epoch"], bytes(32))


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"forename": "Somebody"}, MatchOutcome.LOW_CONFIDENCE),
        ({"postcode": "ZZ9 9ZZ"}, MatchOutcome.POTENTIAL),
        ({"surname": "Nobody", "forename": "Noone", "born": "other"}, MatchOutcome.NONE),
        ({"twin": True}, MatchOutcome.MANY),
    ],
)
def test_anything_but_a_sure_match_tells_nothing_and_is_sealed_all_the_same(
    agreement: str, change: dict[str, Any], outcome: MatchOutcome
) -> None:
    if change.pop("twin", False):
        another_with_the_same_name()
    if change.get("born"):
        change["born"] = clock.today() - timedelta(days=3000)
    reference = ground.asked(agreement, **change)
    assert gateway.match_case(by=actor_of(CUSTODIAN), reference=reference) is outcome
    case = ground.row_of(reference)
    assert (case.state, case.person_id) == (CaseState.REFUSED, None)
    with pytest.raises(UseRefused):
        gateway.confirm_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)
    assert standing(reference) is Standing.WAITING
    gateway.seal(case.id)
    # Every no is told in one word.
    assert standing(reference) is Standing.NOTHING
    with pytest.raises(UseRefused, match="no answer"):
        gateway.collect(by=actor_of(POLICE_OFFICER), reference=reference)
    (entry,) = reader.entries("sealed")
    assert entry.fields["set"]["size_padded"] == 1024
    assert ground.row_of(reference).asked_about is None


def another_with_the_same_name() -> None:
    with people_zone():
        child = Sighting.objects.get(**{"surname": ground.CHILD["surname"], "forename": ground.CHILD["forename"]})
        other = Sighting.objects.exclude(person=child.person).filter(on_roll=True)[0]
        other.surname, other.forename, other.date_of_birth = child.surname, child.forename, child.date_of_birth
        other.save()


def test_a_leaver_is_not_told_about_unless_the_power_reaches_leavers(log: run_ground.Writer, agreement: str) -> None:
    reference = ground.matched(agreement)
    with people_zone():
        Sighting.objects.update(on_roll=False)
    with pytest.raises(UseRefused, match="no school's roll"):
        gateway.confirm_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)
    gateway.seal(ground.row_of(reference).id)
    assert standing(reference) is Standing.NOTHING

    court = ground.police(log, power="PWR-09", purposes=["court-order"], cited_law="Order of the Family Court")
    case = ground.confirmed(court, purpose="court-order")
    gateway.seal(case.id)
    assert standing(case.reference) is Standing.READY


def test_asking_matching_and_confirming_are_three_people(agreement: str) -> None:
    reference = ground.matched(agreement)
    for deed in (gateway.confirm_case, gateway.refuse_case):
        with pytest.raises(AccessDenied, match="three people"):
            deed(by=actor_of(CUSTODIAN), reference=reference)
    assert [one.may_confirm for one in desk(actor_of(CUSTODIAN))] == [False]
    assert [one.may_confirm for one in desk(actor_of(SECOND_CUSTODIAN))] == [True]
    gateway.refuse_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)
    assert ground.row_of(reference).state == CaseState.REFUSED
    assert desk(actor_of(CUSTODIAN)) == ()


def test_another_officer_sees_and_gets_nothing(agreement: str) -> None:
    case = ground.confirmed(agreement)
    gateway.seal(case.id)
    other = Person("other-officer", "Rue Wimblethorp", POLICE_OFFICER.role)
    account_of(other)
    assert cases_of(actor_of(other)) == ()
    for by, reference in ((other, case.reference), (POLICE_OFFICER, "case-0000000000000000")):
        with pytest.raises(AccessDenied, match="no such case"):
            gateway.collect(by=actor_of(by), reference=reference)
    assert ground.row_of(case.reference).answer is not None


def test_a_case_stays_within_its_agreement(agreement: str) -> None:
    with pytest.raises(InputRefused) as refused:
        ground.asked(agreement, items=["ethnicity", "surname"], purpose="court-order", forename=" ")
    assert {reason.code for reason in refused.value.reasons} == {"case-items", "case-purpose", "case-name"}
    assert ground.CHILD["surname"] not in str(refused.value)
    with pytest.raises(InputRefused):
        ground.asked(agreement, items=[])
    with pytest.raises(AccessDenied):
        ground.asked("agreement-of-another")
    for change in ({"review_by": clock.today() - timedelta(days=1)}, {"ends": clock.today() - timedelta(days=1)}):
        kept = Agreement.objects.filter(publication__reference=agreement).values(*change).get()
        Agreement.objects.filter(publication__reference=agreement).update(**change)
        with pytest.raises(UseRefused, match="not in force"):
            ground.asked(agreement)
        Agreement.objects.filter(publication__reference=agreement).update(**kept)


def test_an_agreement_that_ends_before_the_answer_is_drawn_stops_it(agreement: str) -> None:
    case = ground.confirmed(agreement)
    with killed_at(gateway_seal, "_log_first", done=True):
        gateway.seal(case.id)
    Agreement.objects.update(review_by=clock.today() - timedelta(days=1))
    gateway.seal(case.id)
    row = ground.row_of(case.reference)
    assert (row.state, row.answer, row.asked_about) == (CaseState.REFUSED, None, None)
    assert standing(case.reference) is Standing.NOTHING
    assert row.reasons[0]["code"] == "agreement-review"


def test_what_is_sealed_says_what_the_gate_says_that_day(agreement: str, overseer_folder: Any) -> None:
    case = ground.confirmed(agreement)
    Agreement.objects.update(review_by=clock.today() - timedelta(days=1))
    gateway.seal(case.id)
    body = json.loads(overseer.unseal(overseer_folder, bytes(ground.row_of(case.reference).sealed_body or b"")))["body"]
    assert body["counts"] == {"asked": 1, "matched": 1, "returned": 0}
    assert standing(case.reference) is Standing.NOTHING


def test_a_superseded_return_is_not_searched(agreement: str) -> None:
    reference = ground.asked(agreement)
    Return.objects.update(state=Return.SUPERSEDED)
    assert gateway.match_case(by=actor_of(CUSTODIAN), reference=reference) is MatchOutcome.NONE


def test_nobody_is_told_while_the_log_stands_still(log: run_ground.Writer, agreement: str) -> None:
    case = ground.confirmed(agreement)
    log.running = False
    with pytest.raises(StateBroken):
        gateway.seal(case.id, wait_s=0)
    row = ground.row_of(case.reference)
    assert (row.state, row.answer, row.told_at) == (CaseState.CONFIRMED, None, None)
    assert standing(case.reference) is Standing.WAITING
    log.running = True
    gateway.recover()
    assert standing(case.reference) is Standing.READY


def test_a_case_whose_entry_the_log_refuses_gets_another(agreement: str) -> None:
    case = ground.confirmed(agreement)
    with killed_at(gateway_seal, "_log_first", done=True):
        gateway.seal(case.id)
    refused = ground.row_of(case.reference).submission_id
    reasons = [{"code": "log-rule", "message": "the month of the set does not fit the entry"}]
    LogSubmission.objects.filter(id=refused).update(state=LogSubmission.REFUSED, reasons=reasons)
    gateway.seal(case.id)
    assert ground.row_of(case.reference).submission_id != refused
    assert standing(case.reference) is Standing.READY
    assert len(reader.entries("sealed")) == 1


def test_a_case_that_the_log_refuses_again_is_told_to_nobody(agreement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(submission: int, timeout_s: float) -> bytes:
        raise UseRefused(Reason("log-rule", "the month of the set does not fit the entry"))

    case = ground.confirmed(agreement)
    monkeypatch.setattr(gateway_seal, "published", refuse)
    with pytest.raises(UseRefused, match="month"):
        gateway.seal(case.id)
    assert standing(case.reference) is Standing.WAITING
    assert ground.row_of(case.reference).answer is None


STEPS: list[tuple[Any, str]] = [
    (gateway_seal, "make_set"),
    (populations, "keep_sealed"),
    (gateway_seal, "submit"),
    (gateway_seal, "_log_first"),
    (gateway_seal, "published"),
    (gateway_seal, "answer_of"),
    (gateway_seal, "_draw"),
    (gateway_seal, "_tell"),
]


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done-but-unacknowledged"])
def test_a_case_killed_at_any_step_is_completed_with_one_entry(agreement: str, done: bool) -> None:
    for number, (place, step) in enumerate(STEPS, start=1):
        case = ground.confirmed(agreement)
        with killed_at(place, step, done=done):
            gateway.seal(case.id)
        told = (step, done) == ("_tell", True)
        assert standing(case.reference) is (Standing.READY if told else Standing.WAITING), step
        gateway.recover()
        gateway.recover()
        assert standing(case.reference) is Standing.READY, step
        assert len(reader.entries("sealed")) == number, step


DEEDS: list[Callable[..., Any]] = [gateway.match_case, gateway.confirm_case, gateway.refuse_case, gateway.collect]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_no_other_role_does_a_deed_of_the_gateway(agreement: str, deed: Callable[..., Any]) -> None:
    reference = ground.asked(agreement)
    with pytest.raises(AccessDenied):
        deed(by=actor_of(RESEARCHER), reference=reference)
    wrong = POLICE_OFFICER if deed is not gateway.collect else CUSTODIAN
    with pytest.raises(AccessDenied):
        deed(by=actor_of(wrong), reference=reference)
    right = CUSTODIAN if deed is not gateway.collect else POLICE_OFFICER
    with pytest.raises(AccessDenied, match="second factor"):
        deed(by=actor_of(right, second_factor=False), reference=reference)
    with people_zone():
        assert GatewayCase.objects.get().state == CaseState.ASKED
    assert settings.ROLLBOOK.log.exists()
