"""Loads the facts of a use from the records and asks the gate: for every study run and every gateway case."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Prefetch, QuerySet

from rollbook.kernel.refusals import Reason
from rollbook.policy.gate import Allowed, Refused, gate
from rollbook.policy.scope import MODES
from rollbook.policy.uses import (
    AgreementFacts,
    AssessmentFacts,
    DecisionFacts,
    FileFacts,
    OrganisationFacts,
    RecipientFacts,
    RequestFacts,
    SealedRequestFacts,
    SettingFacts,
    Use,
    UseKind,
)
from rollbook.records.models.accounts import Account, Accreditation, Organisation, Training
from rollbook.records.models.governance import Agreement, Assessment, Publication, Request
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Project, Run
from rollbook.services.catalogue.items import item_facts
from rollbook.services.platform import clock
from rollbook.services.platform.holders import person_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects.file_leave import leave_for
from rollbook.services.projects.safe_people import FULL, PROVISIONAL
from rollbook.services.projects.safe_places import Place, last_day, setting_facts, settings_of


def gate_for_run(*, run_id: int, objectors_left: int | None, people: int | None = None) -> Allowed | Refused:
    """The gate's answer for one run, today.

    `objectors_left` is how many people with a standing choice against this use are still in the population: the caller
    counts them after subtracting, and None (nobody looked) is refused. `people` is the size of the population.
    """
    run = Run.objects.select_related("study__project__request__organisation", "site__organisation", "device").get(
        id=run_id
    )
    project = run.study.project
    # The place it was asked for from, as that place stands now.
    places = (setting_facts(run.site, run.device),) if run.site is not None else ()
    team, file = project.members.all(), leave_for(project, run.study.file)
    return gate(_research(project.request, run.study.items, team, objectors_left, people, places, file))


def gate_for_request(*, reference: str) -> tuple[Reason, ...]:
    """What the gate would refuse today if the team used every item asked for, with choices applied as in every run."""
    request = Request.objects.select_related("organisation").get(reference=reference)
    places = settings_of(request.organisation)
    answer = gate(_research(request, request.items, team_of(request), 0, None, places))
    return answer.reasons if isinstance(answer, Refused) else ()


def gate_for_entry(*, project: Project, account_id: int, place: Place | None) -> tuple[Reason, ...]:
    """What the gate would refuse now if this member used the project from this place.

    Of the others on the team only what bars the whole project counts here: their own expiry is theirs to mend, and bars
    the run.
    """
    request = Request.objects.select_related("organisation").get(id=project.request_id)
    places = (place.facts(),) if place is not None else ()
    answer = gate(_research(request, request.items, project.members.all(), 0, None, places))
    mine = f"account {account_id}"
    reasons = answer.reasons if isinstance(answer, Refused) else ()
    return tuple(one for one in reasons if not one.code.startswith("recipient-") or one.where == mine)


def team_of(request: Request) -> QuerySet[Account]:
    """Who works with the data: the project's members, or whoever asked while there is no project."""
    project = Project.objects.filter(request=request).first()
    return project.members.all() if project else Account.objects.filter(id=request.requester_id)


def gate_for_case(*, case_id: int, confirmed_by: int | None = None, reveal_by: date | None = None) -> Allowed | Refused:
    """The gate\'s answer for one gateway case, today.

    `confirmed_by` and `reveal_by` stand in for what the confirming deed is about to record. Choices are not counted
    here: a power that no objection stops says so itself, and any other power is refused.
    """
    with people_zone():
        case = GatewayCase.objects.select_related("agreement__organisation", "asked_by__organisation").get(id=case_id)
        body = case.asked_by.organisation
        sealed = SealedRequestFacts(
            organisation_number=case.agreement.organisation.company_number,
            asked_by=person_of(case.asked_by_id),
            matched_by=_person(case.matched_by_id),
            confirmed_by=_person(confirmed_by or case.confirmed_by_id),
            outcome=case.outcome,
            reveal_by=reveal_by or case.reveal_by,
        )
        people = 0 if case.person_id is None else 1
    day = clock.today()
    return gate(
        Use(
            day=day,
            kind=UseKind.GATEWAY_CASE,
            mode=MODES[UseKind.GATEWAY_CASE],
            purpose=case.purpose,
            power=case.power,
            items=item_facts(case.items),
            request=sealed,
            organisation=_organisation(body),
            agreements=_agreements(Agreement.objects.filter(id=case.agreement_id), day),
            assessments=_assessments(day),
            recipients=_recipients(Account.objects.filter(id=case.asked_by_id)),
            objectors_left=None,
            people=people,
        )
    )


def _person(account: int | None) -> int | None:
    """Three people's work is not done by three accounts of one."""
    return None if account is None else person_of(account)


def _research(
    request: Request,
    items: Iterable[str],
    team: Iterable[Account],
    objectors_left: int | None,
    people: int | None,
    places: tuple[SettingFacts, ...],
    file: FileFacts | None = None,
) -> Use:
    day = clock.today()
    return Use(
        day=day,
        kind=UseKind.STUDY_RUN,
        mode=request.mode,
        purpose=request.purpose,
        power=request.power,
        items=item_facts(items),
        request=_request(request),
        organisation=_organisation(request.organisation),
        agreements=_agreements(Agreement.objects.filter(organisation=request.organisation), day),
        assessments=_assessments(day),
        recipients=_recipients(team),
        objectors_left=objectors_left,
        people=people,
        settings=places,
        file=file,
    )


def _request(request: Request) -> RequestFacts:
    latest = request.decisions.select_related("submission").order_by("-made_at", "-id").first()
    return RequestFacts(
        state=request.state,
        organisation_number=request.organisation.company_number,
        purpose=request.purpose,
        power=request.power,
        items=frozenset(request.items),
        starts=request.starts,
        ends=request.ends,
        logged=_logged(request.submission),
        decision=DecisionFacts(latest.result, latest.expires, _logged(latest.submission)) if latest else None,
    )


def _organisation(body: Organisation | None) -> OrganisationFacts | None:
    if body is None:
        return None
    return OrganisationFacts(
        body.company_number, body.name, body.sector, body.verified_number, body.verified_name, body.verified_on
    )


def _agreements(rows: Iterable[Agreement], day: date) -> tuple[AgreementFacts, ...]:
    replaced = _replaced(day)
    return tuple(
        AgreementFacts(
            reference=row.publication.reference,
            organisation_number=row.organisation.company_number,
            power=row.power,
            purposes=frozenset(row.purposes),
            items=frozenset(row.items),
            cited_law=row.cited_law,
            starts=row.starts,
            ends=row.ends,
            review_by=row.review_by,
            published=_logged(row.publication.submission),
            superseded=row.publication_id in replaced,
        )
        for row in rows
    )


def _assessments(day: date) -> tuple[AssessmentFacts, ...]:
    replaced = _replaced(day)
    return tuple(
        AssessmentFacts(
            reference=row.publication.reference,
            items=frozenset(row.items),
            purposes=frozenset(row.purposes),
            starts=row.starts,
            review_by=row.review_by,
            published=_logged(row.publication.submission),
            superseded=row.publication_id in replaced,
        )
        for row in Assessment.objects.select_related("publication__submission").order_by("id")
    )


def _replaced(day: date) -> frozenset[int]:
    """Versions of which a later one has begun; until that day the old terms bind."""
    begun = Publication.objects.filter(starts__lte=day, supersedes__isnull=False)
    return frozenset(begun.values_list("supersedes_id", flat=True))


def _recipients(team: Iterable[Account]) -> tuple[RecipientFacts, ...]:
    ids = [account.id for account in team]
    papers = (
        Prefetch("accreditations", Accreditation.objects.order_by("id")),
        Prefetch("trainings", Training.objects.order_by("id")),
    )
    rows = Account.objects.filter(id__in=ids).select_related("organisation").prefetch_related(*papers).order_by("id")
    return tuple(
        RecipientFacts(
            account=row.id,
            organisation_number=row.organisation.company_number if row.organisation else "",
            active=row.is_active,
            accredited=_periods(row, FULL),
            provisional=_periods(row, PROVISIONAL),
            trained=tuple((one.passed_on, one.expires) for one in row.trainings.all()),
        )
        for row in rows
    )


def _periods(account: Account, kind: str) -> tuple[tuple[date, date], ...]:
    of_kind = (one for one in account.accreditations.all() if one.kind == kind)
    return tuple((one.starts, last_day(one.expires, one.ended_on)) for one in of_kind)


def _logged(submission: LogSubmission) -> bool:
    return submission.state == LogSubmission.APPENDED
