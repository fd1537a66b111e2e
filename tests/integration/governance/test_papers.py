"""Organisations, publications, agreements, assessments and accreditations: what is recorded, logged and refused."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from rollbook.kernel.encoding import b64, sha256
from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError
from rollbook.records.models.accounts import Accreditation, Organisation
from rollbook.records.models.control import Audit
from rollbook.records.models.governance import Agreement, Assessment, Publication
from rollbook.records.models.log import LogDocument, LogSubmission
from rollbook.services.projects import governance, safe_people, safe_places
from tests import grounds
from tests.people import CHECKER, OPERATOR, PARENT, RESEARCHER, account_of, actor_of

pytestmark = pytest.mark.django_db


def codes(refused: pytest.ExceptionInfo[RollbookError]) -> set[str]:
    return {reason.code for reason in refused.value.reasons}


def notice(**change: Any) -> str:
    facts: dict[str, Any] = {
        "kind": "notice", "title": "What we collect", "document": "We collect these items.", "from_": grounds.days(0),
        "review_by": grounds.days(300),
    }  # fmt: skip
    return governance.publish(by=OPERATOR, **(facts | change))


def test_a_notice_is_published_as_a_plain_document_named_in_the_log() -> None:
    reference = notice(items=["sex"])
    paper = Publication.objects.get(reference=reference)
    entry = paper.submission.entry
    assert entry["document"] == paper.document == b64(sha256(b"We collect these items."))
    assert (entry["type"], entry["kind"], entry["id"]) == ("publication", "notice", reference)
    assert bytes(LogDocument.objects.get().body) == b"We collect these items."
    assert Audit.objects.get(deed="publish").target == reference


def test_a_new_version_supersedes_and_the_old_one_stays() -> None:
    first = notice()
    second = notice(document="We collect fewer items.", supersedes=first)
    assert Publication.objects.get(reference=second).supersedes == Publication.objects.get(reference=first)
    assert LogSubmission.objects.get(entry_id=second).refs == {
        "supersedes": LogSubmission.objects.get(entry_id=first).id
    }
    with pytest.raises(InputRefused) as refused:
        notice(supersedes=first)
    assert codes(refused) == {"superseded"}


def test_a_rollback_leaves_neither_paper_nor_audit_row_nor_submission() -> None:
    with transaction.atomic():
        notice()
        transaction.set_rollback(True)
    assert not Publication.objects.exists()
    assert not Audit.objects.exists()
    assert not LogSubmission.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "agreement"}, "publication-kind"),
        ({"kind": "rumour"}, "publication-kind"),
        ({"review_by": -1}, "date-order"),
        ({"items": ["shoe-size"]}, "item-unknown"),
        ({"supersedes": "notice-1999-0001"}, "supersedes"),
        ({"title": "x" * 201}, "entry-form"),
    ],
)
def test_a_bad_publication_is_refused(change: dict[str, Any], code: str) -> None:
    if isinstance(change.get("review_by"), int):
        change = {"review_by": grounds.days(change["review_by"])}
    with pytest.raises(InputRefused) as refused:
        notice(**change)
    assert codes(refused) == {code}
    assert not Publication.objects.exists()


def test_the_agreement_the_public_reads_says_what_the_gate_reads() -> None:
    number = grounds.organisation()
    reference = grounds.agreement(number)
    row = Agreement.objects.get(publication__reference=reference)
    text = row.publication.body
    assert row.organisation.company_number == number
    assert row.clauses == [{"title": "No copies", "text": "The work is done inside.", "owner": "custodian"}]
    for said in (
        "Quillmere University",
        number,
        "SI 2009/1563",
        "Research or analysis",
        "sex, language",
        "1. No copies",
    ):
        assert said in text
    assert str(row.review_by) in text
    assert row.publication.submission.entry["review_by"] == str(row.review_by)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"power": "PWR-99"}, "power-unknown"),
        ({"purposes": []}, "purposes-none"),
        ({"purposes": ["curiosity"]}, "purpose-unknown"),
        ({"items": []}, "items-none"),
        ({"items": ["shoe-size"]}, "item-unknown"),
        ({"clauses": []}, "clauses-none"),
        ({"power": "PWR-10"}, "agreement-law"),
        ({"ends": -1}, "date-order"),
        ({"review_by": -1}, "date-order"),
    ],
)
def test_a_bad_agreement_is_refused(change: dict[str, Any], code: str) -> None:
    number = grounds.organisation()
    dated = {key: grounds.days(value) for key, value in change.items() if isinstance(value, int)}
    with pytest.raises(InputRefused) as refused:
        grounds.agreement(number, **(change | dated))
    assert codes(refused) == {code}
    assert not Agreement.objects.exists()


def test_an_agreement_needs_a_registered_organisation() -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.agreement("RC000000")
    assert codes(refused) == {"organisation-unknown"}
    assert not Publication.objects.exists()


def test_an_assessment_is_published_step_by_step() -> None:
    row = Assessment.objects.get(publication__reference=grounds.assessment())
    assert "1. The need" in row.publication.body
    assert row.items == list(grounds.ITEMS)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"steps": []}, "steps-none"), ({"items": ["shoe-size"]}, "item-unknown"), ({"purposes": []}, "purposes-none")],
)
def test_a_bad_assessment_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.assessment(**change)
    assert codes(refused) == {code}


def test_an_organisation_is_verified_under_its_name_and_number() -> None:
    number = grounds.organisation()
    body = Organisation.objects.get()
    assert (body.verified_name, body.verified_number) == (body.name, number)
    governance.rename_organisation(by=OPERATOR, number=number, name="Quillmere Analytics")
    body.refresh_from_db()
    assert body.verified_name != body.name


def test_the_same_number_is_not_registered_twice_under_another_name() -> None:
    number = grounds.organisation()
    with pytest.raises(InputRefused) as refused:
        governance.register_organisation(by=OPERATOR, name="A new trading name", number=number, sector="company")
    assert codes(refused) == {"organisation-taken"}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"sector": "friends"}, "sector"),
        ({"name": " "}, "text-length"),
        ({"number": ""}, "text-length"),
        ({"name": "x" * 201}, "text-length"),
    ],
)
def test_a_bad_organisation_is_refused(facts: dict[str, str], code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        governance.register_organisation(
            by=OPERATOR, **({"name": "A body", "number": "RC1", "sector": "charity"} | facts)
        )
    assert codes(refused) == {code}


def test_only_a_researcher_is_accredited_and_not_backwards() -> None:
    grounds.accredited()
    assert Accreditation.objects.get().account == account_of(RESEARCHER)
    with pytest.raises(InputRefused) as refused:
        grounds.accredited(PARENT)
    assert codes(refused) == {"account"}
    with pytest.raises(InputRefused) as refused:
        grounds.accredited(expires=grounds.days(-1))
    assert codes(refused) == {"date-order"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"scheme": "x" * 65}, "text-length"),
        ({"scheme": " "}, "text-length"),
        ({"kind": "honorary"}, "kind"),
        # Five years in full and three provisionally, to the day: the terms the UK Statistics Authority publishes.
        ({"kind": "full", "starts": date(2026, 3, 2), "expires": date(2031, 3, 3)}, "term"),
        ({"kind": "provisional", "starts": date(2026, 3, 2), "expires": date(2029, 3, 3)}, "term"),
    ],
)
def test_an_accreditation_of_another_form_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.accredited(**wrong)
    assert codes(refused) == {code}


@pytest.mark.parametrize("kind", [("full", 2031), ("provisional", 2029)])
def test_an_accreditation_may_last_its_whole_term(kind: tuple[str, int]) -> None:
    grounds.accredited(kind=kind[0], starts=date(2026, 3, 2), expires=date(kind[1], 3, 2))
    assert Accreditation.objects.get().kind == kind[0]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"course": "x" * 121}, "text-length"),
        ({"passed_on": date(2026, 3, 2), "expires": date(2026, 3, 1)}, "date-order"),
        ({"passed_on": date(2199, 1, 1), "expires": date(2199, 1, 2)}, "date-future"),
    ],
)
def test_a_training_of_another_form_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(InputRefused) as refused:
        grounds.trained(**wrong)
    assert codes(refused) == {code}


DEEDS: list[Callable[..., object]] = [
    lambda by: governance.register_organisation(by=by, name="A", number="1", sector="charity"),
    lambda by: governance.verify_organisation(by=by, number="RC900001"),
    lambda by: governance.rename_organisation(by=by, number="RC900001", name="B"),
    lambda by: governance.publish(by=by, kind="notice", title="T", document="D", from_=grounds.days(0)),
    lambda by: governance.record_agreement(
        by=by, organisation="RC900001", title="T", power="PWR-03", purposes=["statistics"], items=["sex"],
        clauses=[governance.Clause("a", "b", "c")], starts=grounds.days(0), ends=grounds.days(1),
        review_by=grounds.days(1),
    ),
    lambda by: governance.record_assessment(
        by=by, title="T", purposes=["statistics"], items=["sex"], steps=[governance.Step("a", "b")],
        starts=grounds.days(0), review_by=grounds.days(1),
    ),
    lambda by: safe_people.record_accreditation(
        by=by, account_id=1, scheme="s", starts=grounds.days(0), expires=grounds.days(1)
    ),
    lambda by: safe_people.record_training(
        by=by, account_id=1, course="c", passed_on=grounds.days(0), expires=grounds.days(1)
    ),
    lambda by: safe_places.accredit_site(
        by=by, organisation="RC900001", name="Library", asks="network", networks=["192.0.2.0/24"],
        starts=grounds.days(0), expires=grounds.days(1),
    ),
    lambda by: safe_places.end_site(by=by, site_id=1),
    lambda by: safe_places.accredit_device(by=by, site_id=1, label="One", expires=grounds.days(1)),
    lambda by: safe_places.end_device(by=by, device_id=1),
]  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("person", [RESEARCHER, CHECKER, PARENT])
def test_nobody_but_the_operator_records_papers(deed: Callable[..., object], person: Any) -> None:
    grounds.organisation()
    by = actor_of(person)
    before = Audit.objects.count()
    with pytest.raises(AccessDenied):
        deed(by)
    assert Audit.objects.count() == before
