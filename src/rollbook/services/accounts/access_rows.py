"""Access rows with what deciding on them needs, in one query. For the services around the portal only."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import QuerySet, Subquery

from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Access, Responsibility, Sighting
from rollbook.rights.authority import Authority, Standing, standing
from rollbook.rights.bases import Deed
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Role
from rollbook.services.platform.one_person import family


def with_pupil(rows: QuerySet[Any], person: str = "person") -> QuerySet[Any]:
    """`rows` with the pupil's birth date, names and present school beside them, from the latest sighting."""
    seen = Sighting.objects.filter(person_id__in=family(person))
    latest = seen.order_by("-source__received_at", "-pk")
    at_school = seen.filter(source__state=Return.ACCEPTED, on_roll=True).order_by(
        "-source__collection__reference_date", "-source__received_at", "-pk"
    )
    beside: QuerySet[Any] = rows.annotate(
        born=Subquery(latest.values("date_of_birth")[:1]),
        forename=Subquery(latest.values("forename")[:1]),
        surname=Subquery(latest.values("surname")[:1]),
        preferred_surname=Subquery(latest.values("preferred_surname")[:1]),
        school_now=Subquery(at_school.values("source__school_id")[:1]),
    )
    return beside


def confirmed_of(account_id: int) -> QuerySet[Access]:
    """Confirmed accesses of one account, ready for `passing`."""
    return ready(Access.objects.filter(account_id=account_id, state=Access.CONFIRMED))


def ready(accesses: QuerySet[Access]) -> QuerySet[Access]:
    """`accesses` with account, responsibility and pupil joined in, oldest first."""
    return with_pupil(accesses.select_related("responsibility", "account")).order_by("pk")


def passing(accesses: Iterable[Access], deed: Deed = Deed.SEE) -> list[Access]:
    """Those of `accesses` (from `ready`) whose authority allows `deed` today."""
    return [one for one in accesses if passes(one, deed)]


def passes(access: Access, deed: Deed) -> bool:
    """Whether the authority behind an access (from `ready`) allows `deed` today; its state is not looked at."""
    held = access.responsibility
    if held is None:
        # A pupil's own account: the record is theirs, and the school vouched for them.
        return bool(access.account.role == Role.PUPIL)
    return standing_of(held, born_of(access), deed) is Standing.ACTIVE


def standing_of(responsibility: Responsibility, born: date | None, deed: Deed = Deed.SEE) -> Standing:
    """How a recorded responsibility stands today."""
    recorded = Authority(
        basis=responsibility.basis,
        starts=responsibility.starts,
        ends=responsibility.ends,
        stopped=responsibility.stopped_at is not None,
    )
    return standing(recorded, deed, born, clock.today())


def born_of(row: Any) -> date | None:
    """The birth date `with_pupil` put beside a row."""
    born: date | None = row.born
    return born


def name_of(row: Any) -> str:
    """The name `with_pupil` put beside a row, as the pupil is called."""
    return f"{row.forename or ''} {row.preferred_surname or row.surname or ''}".strip()


def school_of_pupil(row: Any) -> str | None:
    """The school (LAESTAB) `with_pupil` put beside a row; None for a pupil on no roll."""
    school: str | None = row.school_now
    return school
