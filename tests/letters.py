"""The way from a recorded responsibility to an account that is let in, step by step, for tests."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from rollbook.services.accounts.access import own_number
from rollbook.services.accounts.confirming import confirm_in_person, waiting_at_school
from rollbook.services.accounts.letters import issue_letter, record_responsibility
from rollbook.services.accounts.starting import start_account
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor
from rollbook.services.platform.people_zone import people_zone
from tests.people import (
    CUSTODIAN,
    SCHOOL_DATA_MANAGER,
    Person,
    actor_of,
)
from tests.rolls import UPN, a_school

NOBODY = Actor(role=None, channel="web")
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


def clerk(school: Any = None) -> Actor:
    """The data manager of a school."""
    return actor_of(SCHOOL_DATA_MANAGER, school=school or a_school())


def recorded(adult: Person, upn: str = UPN, **changes: Any) -> str:
    """A recorded responsibility; gives its handle."""
    facts: dict[str, Any] = {
        "adult_name": adult.name, "address": adult.address, "basis": "parental-responsibility",
        "evidence": "birth-certificate", "evidence_on": date(2024, 9, 2), "starts": date(2024, 9, 2),
    }  # fmt: skip
    return record_responsibility(by=actor_of(CUSTODIAN), upn=upn, **(facts | changes))


def letter_code(responsibility: str) -> str:
    """Issue a letter and read the code off the paper."""
    found = CODE.search(issue_letter(by=actor_of(CUSTODIAN), responsibility=responsibility).text)
    assert found
    return found[0]


def start(code: str, person: Person, *, password: str | None = None, connection: str = "192.0.2.1") -> None:
    """What the start page does with the form."""
    start_account(by=NOBODY, code=code, email=person.email, password=password or person.password, connection=connection)


@dataclass(frozen=True)
class Family:
    """A parent who was let in, with the handle of the record in the parent's own addresses."""

    parent: Actor
    handle: str
    responsibility: str


def let_in(adult: Person, upn: str = UPN, school: Any = None, **changes: Any) -> Family:
    """Recorded, written to, started, confirmed face to face."""
    responsibility = recorded(adult, upn, **changes)
    start(letter_code(responsibility), adult)
    actor = actor_of(adult)
    confirm_in_person(
        by=clerk(school), access=handle_of(adult, responsibility), account_number=own_number(actor), evidence="passport"
    )
    return Family(actor, handle_of(adult, responsibility), responsibility)


def handle_of(adult: Person, responsibility: str) -> str:
    """The handle of an adult's access, which only their own pages show."""
    from rollbook.records.models.identity import Access

    with people_zone():
        return Access.objects.get(account__email=adult.email, responsibility__handle=responsibility).handle


def waiting_names(school: Any = None) -> list[str]:
    """Who waits at a school."""
    return [one.name for one in waiting_at_school(clerk(school))]


def at(monkeypatch: Any, moment: Any) -> None:
    """Make it `moment` for every deed."""
    monkeypatch.setattr(clock, "now", lambda: moment)
