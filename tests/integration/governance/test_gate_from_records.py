"""The gate as the records feed it: each paper taken away or let run out in the database is a refusal, that day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rollbook.policy.gate import Allowed, Refused
from rollbook.records.models.accounts import Account, Accreditation, Organisation, Site, Training
from rollbook.records.models.governance import Agreement, Assessment, Decision, Request
from rollbook.records.models.identity import GatewayCase, Person
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Project, Run, Study
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects import governance
from tests import grounds
from tests.people import CUSTODIAN, OPERATOR, POLICE_OFFICER, RESEARCHER, SECOND_CUSTODIAN, account_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ground() -> grounds.Ground:
    made = grounds.study_ground()
    grounds.written()
    return made


@pytest.fixture
def run_id(ground: grounds.Ground) -> int:
    request = Request.objects.get(reference=ground.request)
    Request.objects.filter(id=request.id).update(state="live")
    project = Project.objects.create(reference=f"project-{uuid4()}", request=request, opened_at=clock.now())
    project.members.add(account_of(RESEARCHER))
    study = Study.objects.create(
        project=project, author=account_of(RESEARCHER), title="Languages", digest="0" * 64, files={},
        items=["sex", "language"], submitted_at=clock.now(),
    )  # fmt: skip
    return Run.objects.create(
        study=study, asked_by=account_of(RESEARCHER), queued_at=clock.now(), site=Site.objects.get()
    ).id


def codes(answer: Allowed | Refused) -> set[str]:
    return {reason.code for reason in answer.reasons} if isinstance(answer, Refused) else set()


def asked(run_id: int, objectors_left: int | None = 0) -> set[str]:
    return codes(governance.gate_for_run(run_id=run_id, objectors_left=objectors_left, people=100))


def test_with_every_paper_there_the_run_is_allowed(run_id: int) -> None:
    assert asked(run_id) == set()


def test_before_the_log_is_written_nothing_is_allowed() -> None:
    ground = grounds.study_ground()
    reasons = governance.gate_for_request(reference=ground.request)
    assert {reason.code for reason in reasons} == {
        "request-log", "decision-log", "agreement-log", "assessment-current"
    }  # fmt: skip


def test_an_open_request_is_told_everything_it_lacks() -> None:
    grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    reasons = governance.gate_for_request(reference=grounds.ask())
    assert {reason.code for reason in reasons} == {
        "request-log", "request-state", "decision-missing", "agreement-missing", "assessment-missing",
        "recipient-accreditation", "recipient-training",
    }  # fmt: skip


TAKEN_AWAY: list[tuple[str, Callable[[], object]]] = [
    ("request-state", lambda: Request.objects.update(state="closed")),
    ("mode-file", lambda: Request.objects.update(mode="file")),
    ("request-items", lambda: Request.objects.update(items=["sex"])),
    ("request-dates", lambda: Request.objects.update(ends=grounds.days(-1))),
    ("power-force", lambda: Request.objects.update(power="PWR-05")),
    ("purpose-kind", lambda: Request.objects.update(purpose="safeguarding")),
    ("decision-expired", lambda: Decision.objects.update(expires=grounds.days(-1))),
    ("agreement-missing", lambda: Agreement.objects.all().delete()),
    ("agreement-review", lambda: Agreement.objects.update(review_by=grounds.days(-1))),
    ("agreement-ended", lambda: Agreement.objects.update(ends=grounds.days(-1))),
    ("agreement-items", lambda: Agreement.objects.update(items=["sex"])),
    ("assessment-missing", lambda: Assessment.objects.all().delete()),
    ("assessment-current", lambda: Assessment.objects.update(review_by=grounds.days(-1))),
    ("assessment-items", lambda: Assessment.objects.update(items=["sex"])),
    ("organisation-verified", lambda: Organisation.objects.update(verified_on=None)),
    ("organisation-changed", lambda: Organisation.objects.update(name="A new trading name")),
    ("recipient-accreditation", lambda: Accreditation.objects.update(expires=grounds.days(-1))),
    ("recipient-training", lambda: Training.objects.update(expires=grounds.days(-1))),
    ("recipients-supervision", lambda: Accreditation.objects.update(kind="provisional")),
    ("setting-missing", lambda: Run.objects.update(site=None)),
    ("setting-expired", lambda: Site.objects.update(expires=grounds.days(-1))),
    # Ended today is over today.
    ("setting-expired", lambda: Site.objects.update(ended_on=grounds.days(0))),
    ("setting-device", lambda: Site.objects.update(asks="device")),
    ("recipient-closed", lambda: Account.objects.update(is_active=False)),
    ("recipient-other", lambda: Account.objects.update(organisation=None)),
    ("recipients-none", lambda: Project.members.through.objects.all().delete()),
    ("items-none", lambda: Study.objects.update(items=[])),
    ("item-unknown", lambda: Study.objects.update(items=["shoe-size"])),
    ("item-identifies", lambda: Study.objects.update(items=["surname"])),
    ("item-withdrawn", lambda: Study.objects.update(items=["nationality"])),
    ("agreement-log", lambda: LogSubmission.objects.update(state=LogSubmission.WAITING)),
]


@pytest.mark.parametrize(("code", "take"), TAKEN_AWAY, ids=[code for code, _ in TAKEN_AWAY])
def test_one_thing_less_and_the_run_is_refused(run_id: int, code: str, take: Callable[[], object]) -> None:
    take()
    assert code in asked(run_id)


def test_nobody_counting_the_objectors_is_a_refusal(run_id: int) -> None:
    assert asked(run_id, None) == {"choices-unknown"}
    assert asked(run_id, 1) == {"choices-ignored"}


def test_an_expiry_bites_at_the_moment_of_use(run_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    day = clock.today()
    for days, expected in ((180, set()), (181, {"agreement-review", "assessment-current"})):
        later = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda later=later: later)
        assert asked(run_id) == expected


def test_a_later_agreement_replaces_the_old_one_only_from_its_first_day(
    ground: grounds.Ground, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    grounds.agreement(
        ground.organisation, items=["sex"], starts=grounds.days(10), ends=grounds.days(300), supersedes=ground.agreement
    )
    grounds.written()
    assert asked(run_id) == set()
    later = clock.now() + timedelta(days=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert asked(run_id) == {"agreement-items"}


def test_a_renamed_organisation_is_let_in_again_once_verified(ground: grounds.Ground, run_id: int) -> None:
    governance.rename_organisation(by=OPERATOR, number=ground.organisation, name="Quillmere and Ostle University")
    assert asked(run_id) == {"organisation-changed"}
    governance.verify_organisation(by=OPERATOR, number=ground.organisation)
    assert asked(run_id) == set()


def _case(ground: grounds.Ground, **change: object) -> int:
    with people_zone():
        person = Person.objects.create(key=7)
        facts: dict[str, object] = {
            "reference": "case-1",
            "agreement": Agreement.objects.get(publication__reference=ground.agreement),
            "power": "PWR-10",
            "purpose": "crime-investigation",
            "items": ["surname", "postcode"],
            "asked_by": account_of(POLICE_OFFICER),
            "asked_at": clock.now(),
            "outcome": "match",
            "person": person,
            "state": "matched",
            "matched_by": account_of(CUSTODIAN),
        }
        return GatewayCase.objects.create(**(facts | change)).id


def case_codes(case_id: int, *, confirmed: bool = True) -> set[str]:
    answer = governance.gate_for_case(
        case_id=case_id,
        confirmed_by=account_of(SECOND_CUSTODIAN).id if confirmed else None,
        reveal_by=grounds.days(90),
    )
    return codes(answer)


@pytest.fixture
def police() -> grounds.Ground:
    made = grounds.case_ground()
    grounds.written()
    return made


def test_a_case_with_every_ground_is_allowed(police: grounds.Ground) -> None:
    assert case_codes(_case(police)) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outcome": "potential-match"}, "case-match"),
        ({"outcome": ""}, "case-match"),
        ({"person": None}, "people-one"),
        ({"items": ["surname", "language"]}, "agreement-items"),
        ({"purpose": "immigration-enforcement"}, "power-purpose"),
        ({"purpose": "research-analysis"}, "purpose-kind"),
    ],
)
def test_a_case_without_one_ground_is_refused(police: grounds.Ground, change: dict[str, object], code: str) -> None:
    assert code in case_codes(_case(police, **change))


def test_a_case_nobody_confirmed_is_refused(police: grounds.Ground) -> None:
    assert case_codes(_case(police), confirmed=False) == {"case-confirmed"}


def test_who_matched_cannot_confirm(police: grounds.Ground) -> None:
    case_id = _case(police, matched_by=account_of(SECOND_CUSTODIAN))
    assert case_codes(case_id) == {"case-people"}


def test_an_overdue_review_of_the_agreement_stops_the_case(police: grounds.Ground) -> None:
    Agreement.objects.update(review_by=grounds.days(-1))
    assert case_codes(_case(police)) == {"agreement-review"}
