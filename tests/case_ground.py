"""A police agreement and a child to ask about: what every test of the gateway starts from."""

from typing import Any

from rollbook.records.models.identity import GatewayCase, Sighting
from rollbook.services.platform.people_zone import people_zone
from tests import grounds
from tests.people import CUSTODIAN, POLICE_OFFICER, SECOND_CUSTODIAN, actor_of
from tests.run_ground import Writer

__all__ = ["CHILD", "GatewayCase", "asked", "confirmed", "matched", "police", "sighting", "the_child"]

# Filled by `police` with a pupil of the return.
CHILD: dict[str, Any] = {}


def police(log_writer: Writer, **change: Any) -> str:
    """An agreement with the police, in the log and in force; gives its reference. Names the child to ask about."""
    number = grounds.organisation(grounds.POLICE, POLICE_OFFICER)
    purposes = list(change.get("purposes", ["crime-investigation", "missing-child"]))
    items = list(change.get("items", grounds.CASE_ITEMS))
    grounds.assessment(title="Police cases", purposes=purposes, items=items)
    agreement = grounds.police_agreement(number, **change)
    log_writer.write()
    CHILD.update(the_child())
    return agreement


def the_child() -> dict[str, Any]:
    """Surname, first name and birth date of one pupil with a postcode, as the return has them."""
    with people_zone():
        row = Sighting.objects.exclude(postcode="").order_by("id")[0]
    return {"surname": row.surname, "forename": row.forename, "born": row.date_of_birth}


def sighting(**fields: Any) -> Sighting:
    """The one sighting with these fields."""
    with people_zone():
        return Sighting.objects.get(**fields)


def asked(agreement: str, **change: Any) -> str:
    """A case the officer opened; gives its reference."""
    from rollbook.services.gateway import gateway

    facts = {"purpose": "crime-investigation", "items": ["postcode", "surname"], **CHILD, **change}
    return gateway.open_case(by=actor_of(POLICE_OFFICER), agreement_ref=agreement, **facts)


def matched(agreement: str, **change: Any) -> str:
    """A case in which a custodian looked for the child."""
    from rollbook.services.gateway import gateway

    reference = asked(agreement, **change)
    gateway.match_case(by=actor_of(CUSTODIAN), reference=reference)
    return reference


def confirmed(agreement: str, **change: Any) -> Any:
    """A case that a second custodian confirmed; gives its row."""
    from rollbook.services.gateway import gateway

    reference = matched(agreement, **change)
    gateway.confirm_case(by=actor_of(SECOND_CUSTODIAN), reference=reference)
    return row_of(reference)


def row_of(reference: str) -> GatewayCase:
    """The row of a case."""
    with people_zone():
        return GatewayCase.objects.select_related("submission").get(reference=reference)
