"""A school sends a return by its page: checked, explained, submitted once, and destroyed where it comes to nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from rollbook.kernel.refusals import AccessDenied, InputRefused, UseRefused
from rollbook.policy.states import UploadState
from rollbook.records.models.collections import Return
from rollbook.records.models.control import Audit
from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.platform import clock
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import upload_check, upload_take, uploads
from rollbook.services.returns.explaining import accept_explanation, explain, return_explanation
from rollbook.services.returns.explanation_desk import one_explanation, waiting_explanations
from rollbook.services.returns.upload_pages import asked_again, current_upload, group_page, upload_page
from rollbook.services.returns.uploads import discard_upload, forget_expired, submit_upload, upload_return
from tests import census_ground as census
from tests import school_ground as ground
from tests.kills import killed_at
from tests.people import CUSTODIAN, OPERATOR, RESEARCHER, actor_of
from tests.school_ground import WRONG_YEAR, YEAR_RULE

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Moved up with the school's agreement"


@pytest.fixture
def by() -> Any:
    return ground.open_school()


def test_a_sound_file_is_checked_submitted_and_received(by: Any) -> None:
    handle = ground.send(by, census.a_file())
    page = upload_page(by, handle)
    assert (page.state, page.findings.on_roll, page.findings.leavers, page.ready) == ("checked", 3, 1, True)
    assert not Return.objects.exists(), "nothing is a return before it is submitted"
    submit_upload(by=by, handle=handle)
    ground.work()
    row = Return.objects.get()
    page = upload_page(by, handle)
    assert (row.state, page.state, page.return_id) == ("accepted", "received", str(row.pk))
    with people_zone():
        assert Upload.objects.get().content is None, "the file is destroyed once it is a return"


def test_the_file_lies_sealed_and_no_audit_row_or_log_names_anyone(by: Any, caplog: pytest.LogCaptureFixture) -> None:
    data = census.a_file(WRONG_YEAR)
    handle = ground.send(by, data, "Sample Ada.xml")
    with people_zone():
        row = Upload.objects.get()
        kept = bytes(row.content or b"")
    assert not any(word in kept for word in (b"Sample", b"<UPN>", census.ADA.encode()))
    assert open_keys(settings.ROLLBOOK).unseal(row.epoch, kept, f"upload-{row.pk}") == data
    explain(by=by, handle=handle, rule=YEAR_RULE, text="Ada Sample moved up")
    submit_upload(by=by, handle=handle)
    ground.work()
    audit = " ".join(str((one.deed, one.target, one.facts)) for one in Audit.objects.all())
    assert not any(word in audit + caplog.text for word in ("Ada", "Sample", "moved", census.ADA))
    assert {"upload-return", "check-upload", "explain-queries", "submit-upload", "receive-upload"} <= set(
        Audit.objects.values_list("deed", flat=True)
    )


def test_findings_hold_no_value_but_the_end_of_a_upn_and_that_goes_with_submission(by: Any) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR, "P2/PupilIdentifiers/UPN = B801200005002"))
    with people_zone():
        held = str(list(Upload.objects.values_list("findings", flat=True))) + str(list(Query.objects.values()))
    assert "B801200005002" not in held
    assert census.ADA not in held
    assert not any(name in held for name in ("Sample", "Specimen", "2015-03-27"))
    page = group_page(by, handle, YEAR_RULE)
    assert page is not None
    assert page.queries[0].upn_end == census.ADA[-4:]
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY)
    submit_upload(by=by, handle=handle)
    ground.work()
    with people_zone():
        assert set(Query.objects.values_list("upn_end", flat=True)) == {""}


def test_errors_and_unexplained_queries_cannot_be_submitted(by: Any) -> None:
    handle = ground.send(by, census.a_file(ground.NO_SURNAME))
    with pytest.raises(UseRefused) as refused:
        submit_upload(by=by, handle=handle)
    assert refused.value.reasons[0].code == "upload-errors"
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    with pytest.raises(UseRefused) as refused:
        submit_upload(by=by, handle=handle)
    assert refused.value.reasons[0].code == "queries-unexplained"
    assert explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY) == 1
    submit_upload(by=by, handle=handle)


def test_another_schools_file_is_destroyed_and_not_told(by: Any) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR, school=census.OTHER_SCHOOL))
    page = upload_page(by, handle)
    assert (page.state, [one.code for one in page.reasons]) == ("refused", ["wrong-school"])
    with people_zone():
        row = Upload.objects.get()
        assert (row.content, row.findings, Query.objects.count()) == (None, {}, 0)
    assert census.OTHER_SCHOOL not in str(row.reasons)
    assert not Return.objects.exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 no zip", "zip-damaged"),
        (b"Dear all, the return is late", "format-unknown"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><Message/>', "xml-doctype"),
    ],
)
def test_a_file_that_is_no_return_is_told_by_the_readers_reason_and_destroyed(by: Any, data: bytes, code: str) -> None:
    page = upload_page(by, ground.send(by, data))
    assert (page.state, page.reasons[0].code) == ("refused", code)
    with people_zone():
        assert Upload.objects.get().content is None


def test_a_file_received_before_and_one_for_no_open_collection_are_refused(by: Any) -> None:
    from rollbook.services.returns.ingest import ingest

    ingest(by=OPERATOR, data=census.a_file(), name="same.xml")
    assert upload_page(by, ground.send(by, census.a_file())).reasons[0].code == "already-received"
    data = census.a_file("H/CollectionDetails/Year = 2024")
    assert upload_page(by, ground.send(by, data)).reasons[0].code == "collection-not-open"


def test_an_empty_or_too_large_file_is_refused_at_the_door(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 10)
    for data, code in ((b"", "upload-empty"), (b"x" * 11, "upload-too-large")):
        with pytest.raises(InputRefused) as refused:
            upload_return(by=by, name="a.xml", data=data)
        assert refused.value.reasons[0].code == code


def test_nobody_else_sees_or_touches_it(by: Any) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    other = actor_of(ground.OTHER_MANAGER)
    deeds = (
        lambda who: upload_page(who, handle),
        lambda who: group_page(who, handle, YEAR_RULE),
        lambda who: submit_upload(by=who, handle=handle),
        lambda who: discard_upload(by=who, handle=handle),
        lambda who: explain(by=who, handle=handle, rule=YEAR_RULE, text=WHY),
    )
    for who in (other, actor_of(RESEARCHER), actor_of(CUSTODIAN), OPERATOR):
        for deed in deeds:
            with pytest.raises(AccessDenied):
                deed(who)
    assert upload_page(by, handle).state == "checked"
    assert current_upload(other) is None


def test_a_second_file_replaces_the_first_and_the_first_is_destroyed(by: Any) -> None:
    first = ground.send(by, census.a_file(WRONG_YEAR))
    second = ground.send(by, census.a_file(serial="002"))
    assert upload_page(by, first).state == "replaced"
    assert upload_page(by, second).state == "checked"
    with people_zone():
        assert Upload.objects.get(handle=first).content is None
    with pytest.raises(UseRefused):
        submit_upload(by=by, handle=first)
    with pytest.raises(UseRefused):
        explain(by=by, handle=first, rule=YEAR_RULE, text=WHY)


def test_two_files_before_the_first_is_read_end_as_one(by: Any) -> None:
    first = upload_return(by=by, name="a.xml", data=census.a_file())
    second = upload_return(by=by, name="b.xml", data=census.a_file(serial="002"))
    ground.work()
    assert [upload_page(by, one).state for one in (first, second)] == ["replaced", "checked"]


def test_submitting_twice_does_it_once_and_a_new_file_waits_its_turn(by: Any) -> None:
    handle = ground.send(by, census.a_file())
    submit_upload(by=by, handle=handle)
    submit_upload(by=by, handle=handle)
    with pytest.raises(UseRefused) as refused:
        upload_return(by=by, name="b.xml", data=census.a_file(serial="002"))
    assert refused.value.reasons[0].code == "upload-at-work"
    assert ground.work() == 1
    submit_upload(by=by, handle=handle)
    assert ground.work() == 0
    assert Return.objects.count() == 1
    with pytest.raises(UseRefused):
        discard_upload(by=by, handle=handle)


def test_what_is_not_submitted_in_time_is_destroyed(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY)
    assert forget_expired() == 0
    later = clock.now() + uploads.KEPT
    monkeypatch.setattr(clock, "now", lambda: later)
    assert forget_expired() == 1
    assert upload_page(by, handle).state == "expired"
    with people_zone():
        row = Upload.objects.get()
        assert (row.content, row.findings, row.name) == (None, {}, "")
        assert not Query.objects.exists()
        assert not Explanation.objects.exists()
    monkeypatch.setattr(clock, "now", lambda: later + timedelta(days=1))
    assert forget_expired() == 0


def test_discarding_destroys_file_findings_and_texts(by: Any) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    discard_upload(by=by, handle=handle)
    discard_upload(by=by, handle=handle)
    with people_zone():
        row = Upload.objects.get()
    assert (row.state, row.content, row.findings) == (UploadState.REPLACED, None, {})


KILLS = [
    (upload_check, "examine", False),
    (upload_check, "carry", True),
    (upload_check, "forget_replaced", True),
    (upload_take, "ingest", False),
    (upload_take, "ingest", True),
    (upload_take, "_tie", False),
    (upload_take, "_tie", True),
]


@pytest.mark.parametrize(("place", "name", "done"), KILLS, ids=[f"{name} {done}" for _, name, done in KILLS])
def test_killed_at_any_step_the_next_start_ends_it_once(by: Any, place: Any, name: str, done: bool) -> None:
    data = census.a_file(WRONG_YEAR)
    if place is upload_check:
        with killed_at(place, name, done=done):
            ground.send(by, data)
        upload_take.recover()
        handle = current_upload(by).handle  # type: ignore[union-attr]
    else:
        handle = ground.send(by, data)
    page = upload_page(by, handle)
    assert (page.state, [(one.rule, one.count) for one in page.queries]) == ("checked", [(YEAR_RULE, 1)])
    explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY)
    submit_upload(by=by, handle=handle)
    if place is upload_take:
        with killed_at(place, name, done=done):
            ground.work()
    upload_take.recover()
    ground.work()
    page = upload_page(by, handle)
    assert (page.state, Return.objects.count(), Return.objects.get().state) == ("received", 1, "accepted")
    assert [(one.rule, one.explained) for one in page.queries] == [(YEAR_RULE, 1)]


def test_what_the_authority_refuses_at_submission_is_told(by: Any) -> None:
    from rollbook.records.models.collections import Collection

    handle = ground.send(by, census.a_file())
    submit_upload(by=by, handle=handle)
    Collection.objects.update(closed_at=clock.now())
    ground.work()
    page = upload_page(by, handle)
    assert (page.state, page.reasons[0].code) == ("refused", "collection-not-open")
    with people_zone():
        assert Upload.objects.get().content is None


def test_the_data_team_accepts_or_returns_and_the_school_answers_again(by: Any) -> None:
    custodian = actor_of(CUSTODIAN)
    handle = ground.send(by, census.a_file(WRONG_YEAR, ground.SECOND_WRONG_YEAR))
    explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY, places=[1])
    explain(by=by, handle=handle, rule=YEAR_RULE, text="Joined late")
    assert waiting_explanations(custodian) == (), "the data team sees no file that is not a return"
    submit_upload(by=by, handle=handle)
    ground.work()
    first, second = waiting_explanations(custodian)
    assert {first.queries, second.queries} == {1}
    with pytest.raises(InputRefused):
        return_explanation(by=custodian, handle=first.handle, words=" ")
    return_explanation(by=custodian, handle=first.handle, words="Which agreement?")
    accept_explanation(by=custodian, handle=second.handle)
    accept_explanation(by=custodian, handle=second.handle)
    assert waiting_explanations(custodian) == ()
    assert one_explanation(custodian, first.handle).state == "returned"
    assert [many for _, many in asked_again(by)] == [1]
    with pytest.raises(AccessDenied):
        accept_explanation(by=by, handle=first.handle)
    assert explain(by=by, handle=handle, rule=YEAR_RULE, text="The agreement of May") == 1
    (again,) = waiting_explanations(custodian)
    assert one_explanation(custodian, again.handle).text == "The agreement of May"
    assert asked_again(by) == ()


def test_explanations_of_a_return_that_was_replaced_are_not_listed(by: Any) -> None:
    for serial in ("001", "002"):
        handle = ground.send(by, census.a_file(WRONG_YEAR, serial=serial))
        if serial == "001":
            explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY)
        submit_upload(by=by, handle=handle)
        ground.work()
    (line,) = waiting_explanations(actor_of(CUSTODIAN))
    assert line.queries == 1
