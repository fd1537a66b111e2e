"""A return comes in: what is stored, what is refused and then leaves no trace, what the school is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from rollbook.dataplane.store.reading import people_in
from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Collection, Return
from rollbook.records.models.control import Audit, Message
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import ingest as ingest_module
from rollbook.services.returns import returns
from rollbook.services.returns.ingest import ingest, ingest_file, recover
from rollbook.services.returns.receipts import Receipt
from tests import census_ground as ground
from tests.people import CUSTODIAN, OPERATOR, SCHOOL_DATA_MANAGER, account_of, actor_of

OTHERS = [ground.upn(n) for n in range(1, 5)]


@pytest.fixture(autouse=True)
def opened(db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def send(*edits: str, **how: Any) -> Receipt:
    return ingest(by=OPERATOR, data=ground.a_file(*edits, **how), name="return.xml")


def stored() -> dict[str, int]:
    """How much of anybody is stored, in both stores."""
    ids = [str(pk) for pk in Return.objects.values_list("pk", flat=True)]
    with people_zone():
        counts = {model.__name__: model.objects.count() for model in (Person, Identifier, Sighting)}
    return counts | {"in the study tables": len(people_in(settings.ROLLBOOK.study, ids))}


def person_of(upn: str) -> int:
    with people_zone():
        return int(Identifier.objects.get(scheme="upn", value=upn).person_id)


def current_upn(person: int) -> str:
    with people_zone():
        return str(Identifier.objects.get(scheme="upn", person_id=person, standing="current").value)


NOBODY = {"Person": 0, "Identifier": 0, "Sighting": 0, "in the study tables": 0}


def test_an_accepted_return_is_in_both_stores_and_its_receipt_says_so() -> None:
    receipt = send()
    assert (receipt.state, receipt.on_roll, receipt.no_longer_on_roll, receipt.errors) == ("accepted", 3, 1, ())
    assert stored() == {"Person": 4, "Identifier": 4, "Sighting": 4, "in the study tables": 4}
    assert returns.receipt(receipt.return_id) == receipt
    assert returns.returns_of(ground.SCHOOL) == (receipt,)
    assert returns.current_return_ids([ground.SPRING]) == [receipt.return_id]
    assert len(returns.people_in([receipt.return_id])) == 4


def test_the_school_is_told_without_any_value() -> None:
    account = account_of(SCHOOL_DATA_MANAGER, school=School.objects.get(laestab=ground.SCHOOL))
    send()
    message = Message.objects.get(account=account)
    assert message.kind == "receipt"
    assert "Pupils on roll: 3" in message.body
    assert "Sample" not in message.body


def test_the_audit_row_holds_numbers_only() -> None:
    receipt = send()
    row = Audit.objects.get(deed="accept-return")
    assert row.target == receipt.return_id
    assert row.facts == {"collection": ground.SPRING, "school": ground.SCHOOL, "pupils": 4}


def test_an_error_refuses_the_whole_return_and_stores_nothing_else() -> None:
    receipt = send("P2/PupilIdentifiers/UPN = B801200005002")
    assert receipt.state == "refused"
    assert [(one.rule, one.field, one.pupil_no) for one in receipt.errors] == [("PT-015", "upn", 2)]
    assert receipt.errors[0].mend in receipt.text()
    assert stored() == NOBODY
    assert returns.current_return_ids([ground.SPRING]) == []


def test_what_a_refused_return_leaves_holds_no_value_of_a_pupil() -> None:
    send("P2/PupilIdentifiers/UPN = B801200005002")
    row = Return.objects.get()
    assert "B801200005002" not in json.dumps([row.issues, row.discards])


def test_a_refused_file_may_be_sent_again_because_others_may_have_changed() -> None:
    broken = ("P2/PupilIdentifiers/UPN = B801200005002",)
    assert [send(*broken).state, send(*broken).state] == ["refused", "refused"]


def test_queries_are_kept_and_do_not_refuse() -> None:
    receipt = send("+ P1/PupilIdentifiers <FormerUPN>A123456789123</FormerUPN>")
    assert receipt.state == "accepted"
    assert [one.rule for one in receipt.queries] == ["PT-020"]


def test_a_dropped_item_is_counted_and_its_value_is_nowhere() -> None:
    receipt = send("+ P1/PupilCharacteristics <Nationality>ZAF</Nationality>")
    assert [(one.path.rpartition("/")[2], one.count) for one in receipt.discards] == [("Nationality", 1)]
    assert receipt.state == "accepted"
    study = b"".join(path.read_bytes() for path in settings.ROLLBOOK.study.rglob("*") if path.is_file())
    assert b"ZAF" not in study
    assert "ZAF" not in json.dumps([Return.objects.get().issues, Return.objects.get().discards])


def test_a_refusal_code_is_a_value_and_is_kept() -> None:
    send("P1/PupilCharacteristics/Ethnicity = REFU")
    held = {fact.item: fact for fact in returns.facts_held(person_of(ground.ADA))}
    assert held["ethnicity"].value == "REFU"


def test_the_same_file_twice_is_refused_and_nothing_changes() -> None:
    send()
    before = stored()
    with pytest.raises(InputRefused, match="already received"):
        send()
    assert stored() == before
    assert Return.objects.count() == 1


def test_a_resubmission_supersedes_and_people_stay_who_they_are() -> None:
    first = send()
    ada = person_of(ground.ADA)
    second = send("P1/PupilIdentifiers/Surname = Renamed", serial="002")
    assert second.supersedes == first.return_id
    assert returns.receipt(first.return_id).state == "superseded"
    assert returns.current_return_ids([ground.SPRING]) == [second.return_id]
    assert person_of(ground.ADA) == ada
    assert stored()["Person"] == 4


def test_the_first_file_again_after_a_second_is_refused_with_its_state() -> None:
    send()
    send(serial="002")
    with pytest.raises(InputRefused, match="superseded"):
        send()


def test_a_closed_or_unknown_collection_takes_nothing() -> None:
    Collection.objects.update(closed_at=Collection.objects.get().opened_at)
    with pytest.raises(UseRefused, match="open"):
        send()
    with pytest.raises(UseRefused, match="open"):
        send("H/CollectionDetails/Term = AUT")
    assert stored() == NOBODY
    assert not Return.objects.exists()


def test_a_school_that_is_not_registered_is_refused() -> None:
    with pytest.raises(UseRefused, match="not registered"):
        send(school="2013997")
    assert not Return.objects.exists()


@pytest.mark.parametrize("data", [b"", b"not xml", b"<Message>", ground.a_file()[:-40]])
def test_bytes_that_are_no_return_leave_nothing(data: bytes) -> None:
    with pytest.raises(InputRefused):
        ingest(by=OPERATOR, data=data, name="return.xml")
    assert not Return.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.xml"
    with huge.open("wb") as file:
        file.truncate(1 << 40)  # a sparse file: reading it would need a terabyte of memory
    with pytest.raises(InputRefused, match="larger than the limit"):
        ingest_file(by=OPERATOR, path=huge)
    assert stored() == NOBODY


def test_a_return_that_had_to_wait_is_the_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is let in last replaces the other, so its time must be the later one, or the record would read empty."""
    in_turn = ingest_module.one_at_a_time

    @contextmanager
    def after_another() -> Iterator[None]:
        monkeypatch.setattr(ingest_module, "one_at_a_time", in_turn)
        send(serial="002")
        with in_turn():
            yield

    monkeypatch.setattr(ingest_module, "one_at_a_time", after_another)
    waited = send(serial="001")
    other = Return.objects.get(state=Return.SUPERSEDED)
    assert waited.supersedes == str(other.pk)
    assert waited.received_at > other.received_at


def test_only_the_operator_takes_returns_in() -> None:
    with pytest.raises(AccessDenied):
        ingest(by=actor_of(CUSTODIAN), data=ground.a_file(), name="return.xml")


def test_a_upn_on_roll_as_only_school_elsewhere_refuses() -> None:
    send()
    receipt = send(school=ground.OTHER_SCHOOL, upns=[ground.ADA, *OTHERS[:3]])
    assert receipt.state == "refused"
    assert [(one.rule, one.pupil_no) for one in receipt.errors] == [("PT-016", 1)]


def test_main_and_second_school_share_a_pupil() -> None:
    send("P1/PupilStatus/EnrolStatus = M")
    receipt = send("P1/PupilStatus/EnrolStatus = S", school=ground.OTHER_SCHOOL, upns=[ground.ADA, *OTHERS[:3]])
    assert receipt.state == "accepted"
    assert stored()["Person"] == 7
    schools = {fact.source_school for fact in returns.facts_held(person_of(ground.ADA)) if fact.item == "enrol-status"}
    assert schools == {"School 2013999", "School 2013998"}


def test_only_a_school_that_says_only_school_keeps_others_out() -> None:
    send("P1/PupilStatus/EnrolStatus = M")
    assert send(school=ground.OTHER_SCHOOL, upns=[ground.ADA, *OTHERS[:3]]).state == "accepted"


def test_a_superseded_return_no_longer_counts_as_elsewhere() -> None:
    send()
    send(serial="002", upns=OTHERS)
    assert send(school=ground.OTHER_SCHOOL, upns=[ground.ADA, *(ground.upn(n) for n in (7, 8, 9))]).state == "accepted"


def test_a_former_upn_keeps_the_person_and_changes_the_current_number() -> None:
    send()
    ada, new = person_of(ground.ADA), ground.upn(50)
    linked = f"+ P1/PupilIdentifiers <FormerUPN>{ground.ADA}</FormerUPN>"
    send(f"P1/PupilIdentifiers/UPN = {new}", linked, serial="002")
    assert person_of(new) == person_of(ground.ADA) == ada
    assert current_upn(ada) == new


def test_the_latest_birth_date_is_what_a_former_number_is_held_against() -> None:
    send()
    ada, born = person_of(ground.ADA), "P1/PupilIdentifiers/DOB = 2014-12-27"
    send(born, serial="002")
    linked = f"+ P1/PupilIdentifiers <FormerUPN>{ground.ADA}</FormerUPN>"
    send(f"P1/PupilIdentifiers/UPN = {ground.upn(50)}", born, linked, serial="003")
    assert person_of(ground.upn(50)) == ada


def ulns() -> dict[str, tuple[str, str]]:
    """Each learner number: the UPN of whose it is, and how it stands."""
    with people_zone():
        rows = Identifier.objects.filter(scheme="uln").values_list("value", "person_id", "standing")
        return {value: (current_upn(person), standing) for value, person, standing in rows}


def with_uln(pupil: str, uln: str) -> str:
    return f"+ {pupil}/PupilIdentifiers <UniqueLearnerNumber>{uln}</UniqueLearnerNumber>"


def test_a_learner_number_is_kept_and_a_new_one_makes_the_old_one_former() -> None:
    send(with_uln("P1", "1000000019"))
    send(with_uln("P1", "1000000027"), serial="002")
    assert ulns() == {"1000000019": (ground.ADA, "former"), "1000000027": (ground.ADA, "current")}


def test_a_learner_number_that_somebody_has_stays_theirs() -> None:
    send(with_uln("P1", "1000000019"))
    upns = [ground.upn(number) for number in range(1, 5)]
    assert send(with_uln("P1", "1000000019"), school=ground.OTHER_SCHOOL, upns=upns).state == "accepted"
    assert ulns() == {"1000000019": (ground.ADA, "current")}


def test_the_first_of_two_addresses_is_the_one_kept() -> None:
    send("+ P1/HomeInformation <Address><PAON>2</PAON><PostCode>ZZ98 8ZZ</PostCode></Address>")
    held = {fact.item: fact.value for fact in returns.facts_held(person_of(ground.ADA))}
    assert held["postcode"] == "ZZ99 9ZZ"


def test_the_old_schools_file_arriving_last_finds_the_same_child() -> None:
    new, temporary = ground.upn(50), ground.ADA
    moved = f"+ P1/PupilIdentifiers <FormerUPN>{temporary}</FormerUPN>"
    send(moved, school=ground.OTHER_SCHOOL, upns=[new, *OTHERS[:3]])
    send("P1/PupilStatus/EnrolStatus = S")
    assert person_of(temporary) == person_of(new)
    assert current_upn(person_of(new)) == new


def test_one_child_twice_in_a_file_under_two_numbers_refuses() -> None:
    new = ground.upn(50)
    send()
    send(f"P1/PupilIdentifiers/UPN = {new}", f"+ P1/PupilIdentifiers <FormerUPN>{ground.ADA}</FormerUPN>", serial="002")
    before = stored()
    receipt = send(serial="003", upns=[ground.ADA, new])
    assert [(one.rule, one.pupil_no, one.field) for one in receipt.errors] == [
        ("MA-001", 1, "upn"),
        ("MA-001", 2, "upn"),
    ]
    assert stored() == before


def test_a_former_number_given_to_a_child_born_on_another_day_refuses() -> None:
    send()
    linked = f"+ P1/PupilIdentifiers <FormerUPN>{ground.ADA}</FormerUPN>"
    send(f"P1/PupilIdentifiers/UPN = {ground.upn(50)}", linked, serial="002")
    receipt = send("P1/PupilIdentifiers/DOB = 2014-12-27", serial="003")
    assert [one.rule for one in receipt.errors] == ["MA-002"]


def test_a_former_number_that_does_not_fit_is_asked_about() -> None:
    send()
    linked = f"+ P1/PupilIdentifiers <FormerUPN>{ground.ADA}</FormerUPN>"
    other = ("P1/PupilIdentifiers/DOB = 2014-12-27", "P1/PupilStatus/EnrolStatus = S", linked)
    receipt = send(*other, school=ground.OTHER_SCHOOL, upns=OTHERS)
    assert receipt.state == "accepted"
    assert "MA-003" in [one.rule for one in receipt.queries]
    assert stored()["Person"] == 8


def test_twins_are_two_people() -> None:
    born = "2015-03-27"
    twins = [
        f"{pupil}/PupilIdentifiers/{field} = {text}"
        for pupil in ("P1", "P3")
        for field, text in (("Surname", "Sample"), ("Forename", "Ada"), ("DOB", born), ("Sex", "F"))
    ]
    assert send(*twins).state == "accepted"
    assert stored()["Person"] == 4


def test_a_corrected_birth_date_keeps_its_key() -> None:
    send()
    ada = person_of(ground.ADA)
    send("P1/PupilIdentifiers/DOB = 2014-03-27", serial="002")
    assert person_of(ground.ADA) == ada
    assert ada >> 21 == 2014  # born in March 2015, so in the block of September 2014
    held = {fact.item: fact for fact in returns.facts_held(ada)}
    assert held["date-of-birth"].value == date(2014, 3, 27).isoformat()


def test_recover_with_nothing_to_do_changes_nothing() -> None:
    send()
    before = stored()
    assert not any(recover().values())
    assert stored() == before


def test_very_long_texts_of_an_address_fit() -> None:
    lines = [f"+ P1/HomeInformation/Address <{name}>{'x' * 200}</{name}>" for name in ("Locality", "PostTown", "SAON")]
    assert send(*lines).state == "accepted"


@pytest.mark.parametrize("number", ["", "1", "13678f21-59f2-4774-bd8c-1be37c7aee31"])
def test_a_receipt_that_does_not_exist_is_refused(number: str) -> None:
    with pytest.raises(InputRefused):
        returns.receipt(number)
