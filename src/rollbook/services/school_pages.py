"""What a school's data manager sees: its own returns with their receipts, and the ways to check who somebody is."""

from dataclasses import dataclass

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.records.models.accounts import School
from rollbook.rights.bases import IDENTITY_CHECKS
from rollbook.services import returns
from rollbook.services.actors import Actor, Role, require_session
from rollbook.services.receipts import Receipt
from rollbook.services.schooling import school_of

PROOFS = tuple(IDENTITY_CHECKS.items())


@dataclass(frozen=True, slots=True)
class SchoolPage:
    """One school and its returns, newest first."""

    name: str
    laestab: str
    receipts: tuple[Receipt, ...]


def school_page(by: Actor) -> SchoolPage:
    """The asker's own school."""
    laestab = school_of(require_session(by, Role.SCHOOL_DATA_MANAGER))
    school = School.objects.get(pk=laestab)
    return SchoolPage(school.name, school.laestab, returns.returns_of(laestab))


def own_receipt(by: Actor, return_id: str) -> Receipt:
    """One receipt of the asker's own school.

    Raises:
        AccessDenied: code `no-receipt`, alike for another school's return and for none.
    """
    found = [one for one in school_page(by).receipts if one.return_id == return_id]
    if not found:
        raise AccessDenied(Reason("no-receipt", "Your school has no such return"))
    return found[0]
