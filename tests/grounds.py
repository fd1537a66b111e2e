"""Everything the gate asks for, made by the deeds themselves: an organisation, papers, an accreditation, a request.

`study_ground()` gives a request that the gate allows today, once the log has been written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.people import CONNECTION, OPERATOR, PANEL_MEMBER, POLICE_OFFICER, RESEARCHER, Person, account_of, actor_of

UNIVERSITY = ("Quillmere University", "RC900001", "university")
POLICE = ("Ostleshire Police", "PF900077", "police-force")
ITEMS = ("sex", "language", "ethnicity")
CASE_ITEMS = ("surname", "forename", "address-line", "postcode")
COLLECTION = "sc-spr-2025"
TEXTS = {
    "applicant_names": "Noor Feskettle, Quillmere University",
    "funders": "Quillmere University",
    "lay_summary": "Are pupils who speak another language at home found in every kind of school?",
    "public_benefit": "Schools can plan language support.",
    "technical_summary": "Counts by first language and sex.",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """References of what was made."""

    organisation: str
    agreement: str
    assessment: str
    request: str


def days(count: int) -> date:
    """The day `count` days from today, as the services see it."""
    from rollbook.services.platform import clock

    return clock.today() + timedelta(days=count)


def organisation(body: tuple[str, str, str] = UNIVERSITY, *members: Person) -> str:
    """A registered and verified organisation with members; gives its number."""
    from rollbook.records.models.accounts import Account, Organisation
    from rollbook.services.projects import governance

    name, number, sector = body
    if not Organisation.objects.filter(company_number=number).exists():
        governance.register_organisation(by=OPERATOR, name=name, number=number, sector=sector)
        governance.verify_organisation(by=OPERATOR, number=number)
    row = Organisation.objects.get(company_number=number)
    ids = [account_of(person).id for person in members]
    Account.objects.filter(id__in=ids).update(organisation=row)
    if not row.sites.exists():
        site(number)
    return number


def site(number: str, **change: Any) -> int:
    """A site of that organisation at the address where the tests come from; gives its number."""
    from rollbook.services.projects import safe_places

    facts: dict[str, Any] = {
        "name": "Library",
        "asks": "network",
        "networks": [f"{CONNECTION}/32"],
        "starts": days(0),
        "expires": days(1000),
    }
    return safe_places.accredit_site(by=OPERATOR, organisation=number, **(facts | change))


def agreement(number: str, **change: Any) -> str:
    """An agreement with that organisation, in force for a year."""
    from rollbook.services.projects import governance

    terms: dict[str, Any] = {
        "title": "Agreement on research",
        "power": "PWR-03",
        "purposes": ["research-analysis"],
        "items": list(ITEMS),
        "clauses": [governance.Clause("No copies", "The work is done inside.", "custodian")],
        "starts": days(0),
        "ends": days(365),
        "review_by": days(180),
    }
    return governance.record_agreement(by=OPERATOR, organisation=number, **(terms | change))


def police_agreement(number: str, **change: Any) -> str:
    """An agreement with the police under which one named child can be asked about."""
    terms = {
        "title": "Agreement on named children in investigations",
        "power": "PWR-10",
        "purposes": ["crime-investigation", "missing-child"],
        "items": list(CASE_ITEMS),
        "cited_law": "Crime and Disorder Act 1998, section 115",
    }
    return agreement(number, **(terms | change))


def assessment(**change: Any) -> str:
    """An impact assessment of research on the items, current for half a year."""
    from rollbook.services.projects import governance

    facts: dict[str, Any] = {
        "title": "Research on the school census",
        "purposes": ["research-analysis"],
        "items": list(ITEMS),
        "steps": [governance.Step("The need", "To know how pupils are served.")],
        "starts": days(0),
        "review_by": days(180),
    }
    return governance.record_assessment(by=OPERATOR, **(facts | change))


def accredited(person: Person = RESEARCHER, **change: Any) -> None:
    """The person's accreditation, current for a year, and training that counts for longer."""
    from rollbook.services.projects import safe_people

    facts: dict[str, Any] = {"scheme": "accredited-researcher", "starts": days(0), "expires": days(365)}
    safe_people.record_accreditation(by=OPERATOR, account_id=account_of(person).id, **(facts | change))
    trained(person)


def trained(person: Person = RESEARCHER, **change: Any) -> None:
    """A course the person passed."""
    from rollbook.services.projects import safe_people

    facts: dict[str, Any] = {"course": "Safe Researcher Training", "passed_on": days(0), "expires": days(700)}
    safe_people.record_training(by=OPERATOR, account_id=account_of(person).id, **(facts | change))


def ask(
    person: Person = RESEARCHER,
    *,
    items: Sequence[str] = ITEMS,
    texts: Mapping[str, str] = TEXTS,
    title: str = "Languages at home",
    **change: Any,
) -> str:
    """A public request by that person; gives its reference."""
    from rollbook.services.projects import requests

    facts: dict[str, Any] = {
        "purpose": "research-analysis",
        "power": "PWR-03",
        "collections": [COLLECTION],
        "starts": days(0),
        "ends": days(300),
    }
    return requests.make_request(by=actor_of(person), title=title, items=items, texts=texts, **(facts | change))


def approve(reference: str) -> None:
    """The panel's approval, for two hundred days."""
    from rollbook.services.projects import requests

    requests.decide(
        by=actor_of(PANEL_MEMBER), reference=reference, result="approve", reasons="Useful and safe.", expires=days(200)
    )


def refuse(reference: str, reasons: str = "More items than the question needs.") -> None:
    """The panel's refusal."""
    from rollbook.services.projects import requests

    requests.decide(by=actor_of(PANEL_MEMBER), reference=reference, result="refuse", reasons=reasons)


def study_ground() -> Ground:
    """All that a study of the researcher needs, except that the log be written."""
    number = organisation(UNIVERSITY, RESEARCHER)
    papers = agreement(number), assessment()
    accredited()
    request = ask()
    approve(request)
    return Ground(number, *papers, request)


def case_ground() -> Ground:
    """All that a case of the police officer needs, except that the log be written."""
    number = organisation(POLICE, POLICE_OFFICER)
    purposes = ["crime-investigation", "missing-child"]
    papers = police_agreement(number), assessment(title="Police cases", purposes=purposes, items=list(CASE_ITEMS))
    return Ground(number, *papers, "")


def written() -> None:
    """Give every waiting submission a place, for tests that need the answer of the log's writer and not its files."""
    from rollbook.records.models.log import LogSubmission

    last = LogSubmission.objects.exclude(index=None).count()
    for place, row in enumerate(LogSubmission.objects.filter(state=LogSubmission.WAITING).order_by("id")):
        row.state, row.index = LogSubmission.APPENDED, last + place
        row.save()
