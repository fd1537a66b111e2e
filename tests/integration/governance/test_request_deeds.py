"""Asking, deciding and withdrawing: who may, what stands in the log, and that a rollback leaves nothing behind."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import transaction

from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, UseRefused
from rollbook.policy.register_fields import TEXT_FIELDS
from rollbook.records.models.control import Audit
from rollbook.records.models.governance import Decision, Request
from rollbook.records.models.log import LogDocument, LogSubmission
from rollbook.services.log.documents import digests_of
from rollbook.services.projects import requests
from tests import grounds
from tests.people import CUSTODIAN, DPO, OPERATOR, PANEL_MEMBER, RESEARCHER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def researcher_of_a_university() -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)


def codes(refused: pytest.ExceptionInfo[RollbookError]) -> set[str]:
    return {reason.code for reason in refused.value.reasons}


def test_a_request_is_public_at_once_and_handed_to_the_log() -> None:
    reference = grounds.ask()
    request = Request.objects.get(reference=reference)
    entry = request.submission.entry
    assert reference.startswith("RB-")
    assert request.state == "open"
    assert entry["type"] == "request"
    assert entry["org"] == {"name": "Quillmere University", "sector": "university", "id": "RC900001"}
    assert (entry["purpose"], entry["basis"], entry["mode"]) == ("research-analysis", "pwr-03", "safe-setting")
    assert entry["items"] == list(grounds.ITEMS)
    assert Audit.objects.get(deed="make-request").target == reference


def test_the_register_text_has_every_text_field_and_no_name_stands_in_the_entry() -> None:
    request = Request.objects.get(reference=grounds.ask())
    (digest,) = digests_of(request.submission.entry)
    body = bytes(LogDocument.objects.get(digest=digest).body)
    texts = json.loads(body.split(b"\n\n", 1)[1])
    assert set(texts) == {field.key for field in TEXT_FIELDS}
    assert texts["applicant_names"].startswith("Noor")
    assert "Noor" not in json.dumps(request.submission.entry)
    assert texts["starts"] == str(request.starts)


def test_references_run_on() -> None:
    first, second = grounds.ask(), grounds.ask(title="Another question")
    assert int(second[-4:]) == int(first[-4:]) + 1


def test_a_rollback_leaves_neither_request_nor_audit_row_nor_submission() -> None:
    with transaction.atomic():
        grounds.ask()
        transaction.set_rollback(True)
    assert not Request.objects.exists()
    assert not Audit.objects.filter(deed="make-request").exists()
    assert not LogSubmission.objects.filter(entry__type="request").exists()


def test_when_the_log_will_not_take_it_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise InputRefused(requests.Reason("entry-form", "no"))

    monkeypatch.setattr(requests, "submit", refuse)
    with pytest.raises(InputRefused):
        grounds.ask()
    assert not Request.objects.exists()
    assert not Audit.objects.filter(deed="make-request").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": " "}, "text-length"),
        ({"title": "x" * 201}, "text-length"),
        ({"purpose": "curiosity"}, "purpose"),
        ({"purpose": "crime-investigation"}, "purpose"),
        ({"power": "PWR-05"}, "power"),
        ({"power": "PWR-01"}, "power-purpose"),
        ({"items": []}, "items-none"),
        ({"items": ["shoe-size"]}, "item-unknown"),
        ({"collections": []}, "collections-none"),
        ({"collections": ["sc-spr-1925"]}, "collection-unknown"),
        ({"texts": {}}, "field-missing"),
        ({"texts": {**grounds.TEXTS, "motto": "x"}}, "field-unknown"),
        ({"texts": {**grounds.TEXTS, "processing": "x" * 5001}}, "text-length"),
        ({"texts": {**grounds.TEXTS, "applicant_names": "Write to noor@example.org"}}, "text-email"),
        ({"texts": {**grounds.TEXTS, "lay_summary": "About H801200001001 alone"}}, "text-upn"),
        ({"title": "Ask a.b@example.org"}, "text-email"),
    ],
)
def test_a_bad_request_is_refused_with_the_reason(change: dict[str, object], code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.ask(**change)
    assert code in codes(refused)
    assert not Request.objects.exists()


def test_dates_must_make_sense() -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.ask(starts=grounds.days(3), ends=grounds.days(1))
    assert codes(refused) == {"date-order"}
    with pytest.raises(InputRefused) as refused:
        grounds.ask(starts=grounds.days(-3), ends=grounds.days(-1))
    assert codes(refused) == {"date-order"}


def test_who_belongs_to_no_organisation_cannot_ask() -> None:
    from rollbook.records.models.accounts import Account

    Account.objects.filter(email=RESEARCHER.email).update(organisation=None)
    with pytest.raises(AccessDenied) as refused:
        grounds.ask()
    assert codes(refused) == {"organisation"}


def test_the_panel_approves_until_a_day() -> None:
    reference = grounds.ask()
    grounds.approve(reference)
    request, decision = Request.objects.get(reference=reference), Decision.objects.get()
    assert request.state == "approved"
    assert decision.submission.entry["expires"] == str(grounds.days(200))
    assert decision.submission.entry["by"] == "panel-member"
    assert decision.submission.refs == {"of": request.submission_id}
    assert "Useful" not in json.dumps(decision.submission.entry)
    assert Audit.objects.filter(deed="approve-request", target=reference).exists()


def test_a_refusal_keeps_the_request_and_its_reasons() -> None:
    reference = grounds.ask()
    grounds.refuse(reference, "Too many items.")
    assert Request.objects.get(reference=reference).state == "rejected"
    assert Decision.objects.get().reasons == "Too many items."
    with pytest.raises(UseRefused) as refused:
        grounds.approve(reference)
    assert codes(refused) == {"state"}


def test_an_approval_can_be_taken_back_and_the_latest_decision_counts() -> None:
    reference = grounds.ask()
    grounds.approve(reference)
    grounds.refuse(reference, "The funder has changed.")
    assert list(Decision.objects.order_by("id").values_list("result", flat=True)) == ["approve", "refuse"]
    assert Request.objects.get(reference=reference).state == "rejected"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"result": "approve", "reasons": "Good.", "expires": None}, "expires-missing"),
        ({"result": "approve", "reasons": "Good.", "expires": 0}, "expires-past"),
        ({"result": "approve", "reasons": " ", "expires": 9}, "reasons-missing"),
        ({"result": "refuse", "reasons": "", "expires": None}, "reasons-missing"),
        ({"result": "refuse", "reasons": "No.", "expires": 9}, "expires-refused"),
        ({"result": "withdraw", "reasons": "No.", "expires": None}, "result"),
        ({"result": "refuse", "reasons": "Write to a@example.org", "expires": None}, "text-email"),
    ],
)
def test_a_decision_without_what_it_needs_is_refused(facts: dict[str, object], code: str) -> None:
    reference = grounds.ask()
    days = facts.pop("expires")
    expires = grounds.days(days) if isinstance(days, int) else None
    with pytest.raises(InputRefused) as refused:
        requests.decide(by=actor_of(PANEL_MEMBER), reference=reference, expires=expires, **facts)  # type: ignore[arg-type]
    assert code in codes(refused)
    assert not Decision.objects.exists()
    assert Request.objects.get(reference=reference).state == "open"


def test_a_member_of_the_organisation_that_asks_cannot_decide() -> None:
    reference = grounds.ask()
    grounds.organisation(grounds.UNIVERSITY, PANEL_MEMBER)
    with pytest.raises(AccessDenied) as refused:
        grounds.approve(reference)
    assert codes(refused) == {"own-organisation"}


def test_a_request_that_does_not_exist_cannot_be_decided() -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.approve("RB-1999-0001")
    assert codes(refused) == {"request-unknown"}


def test_only_who_asked_withdraws_and_it_stays() -> None:
    reference = grounds.ask()
    requests.withdraw(by=actor_of(RESEARCHER), reference=reference, reasons="Our question has been answered.")
    assert Request.objects.get(reference=reference).state == "withdrawn"
    assert Decision.objects.get().submission.entry["result"] == "withdraw"


def test_another_researcher_cannot_withdraw_it() -> None:
    other = replace(RESEARCHER, key="other-researcher")
    reference = grounds.ask()
    with pytest.raises(AccessDenied) as refused:
        requests.withdraw(by=actor_of(other), reference=reference, reasons="I do not like it.")
    assert codes(refused) == {"not-requester"}


def test_a_change_is_asked_for_by_the_same_organisation_only() -> None:
    other = replace(RESEARCHER, key="other-researcher")
    grounds.organisation(("Ostle Institute", "RC900002", "charity"), other)
    reference = grounds.ask()
    change = Request.objects.get(reference=grounds.ask(title="A change", amends=reference))
    assert change.submission.entry["kind"] == "amend"
    assert change.submission.refs == {"amends": Request.objects.get(reference=reference).submission_id}
    for named in (reference, "RB-1999-0001"):
        with pytest.raises(InputRefused) as refused:
            grounds.ask(other, title="Another's change", amends=named)
        assert codes(refused) == {"amends-unknown"}


def _make(by: object) -> None:
    requests.make_request(
        by=by,  # type: ignore[arg-type]
        title="Languages", purpose="research-analysis", power="PWR-03", items=["sex"], collections=["sc-spr-2025"],
        starts=grounds.days(0), ends=grounds.days(9), texts=grounds.TEXTS,
    )  # fmt: skip


def _decide(by: object) -> None:
    requests.decide(by=by, reference="RB-2026-0001", result="refuse", reasons="No.")  # type: ignore[arg-type]


def _withdraw(by: object) -> None:
    requests.withdraw(by=by, reference="RB-2026-0001", reasons="No.")  # type: ignore[arg-type]


@pytest.mark.parametrize(("deed", "person"), [(_make, RESEARCHER), (_decide, PANEL_MEMBER), (_withdraw, RESEARCHER)])
def test_no_command_and_no_half_session_can_do_it(deed: Callable[[object], None], person: object) -> None:
    whole = actor_of(person)  # type: ignore[arg-type]
    for by, code in (
        (OPERATOR, "role"),
        (replace(OPERATOR, role=whole.role), "session"),
        (replace(whole, second_factor=False), "second-factor"),
        (actor_of(CUSTODIAN), "role"),
        (actor_of(DPO), "role"),
    ):
        with pytest.raises(AccessDenied) as refused:
            deed(by)
        assert codes(refused) == {code}
