"""Safe people: that a researcher is accredited and trained, each with the day on which it ends.

Source of the kinds and their longest terms: the accreditation of researchers under the Digital Economy Act 2017,
section 64, as the Office for National Statistics publishes it: full for five years, provisional for three and under
supervision. Rows are added, and never changed but for a withdrawal; an end bites when the gate is asked, not by a
job.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from types import MappingProxyType
from typing import Final

from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import Account, Accreditation, Training
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit

FULL, PROVISIONAL = "full", "provisional"
LONGEST_YEARS: Final = MappingProxyType({FULL: 5, PROVISIONAL: 3})


def record_accreditation(
    *, by: Actor, account_id: int, scheme: str, starts: date, expires: date, kind: str = FULL
) -> None:
    """Record that a researcher may work with de-identified data from one day to another, both included.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `account`, `kind`, `term`, `date-order`, `text-length`.
    """
    require_role(by, Role.OPERATOR)
    _refuse(
        [*_dates(starts, expires), *_term(kind, starts, expires), *_text("scheme", scheme, 64), *_account(account_id)]
    )
    with transaction.atomic():
        Accreditation.objects.create(account_id=account_id, scheme=scheme, kind=kind, starts=starts, expires=expires)
        audit(by, "record-accreditation", f"account {account_id}", scheme=scheme, kind=kind, expires=str(expires))


def end_accreditation(*, by: Actor, account_id: int) -> None:
    """Withdraw whatever accreditation a researcher has: they work in no project any more, from this moment on.

    Raises:
        AccessDenied: code `role`. InputRefused: code `account`, where there is none to withdraw.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        if not Accreditation.objects.filter(account=account_id, ended_on=None).update(ended_on=clock.today()):
            mend = "See the project's page for who is accredited."
            raise InputRefused(Reason("account", "This account has no accreditation", str(account_id), mend))
        audit(by, "end-accreditation", f"account {account_id}")


def record_training(*, by: Actor, account_id: int, course: str, passed_on: date, expires: date) -> None:
    """Record that a researcher passed a course, and the last day on which that counts.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `account`, `date-order`, `date-future`, `text-length`.
    """
    require_role(by, Role.OPERATOR)
    reasons = [*_dates(passed_on, expires), *_text("course", course, 120), *_account(account_id)]
    if passed_on > clock.today():
        reasons.append(Reason("date-future", "Nobody has passed a course yet to come", str(passed_on), "Wait for it."))
    _refuse(reasons)
    with transaction.atomic():
        Training.objects.create(account_id=account_id, course=course, passed_on=passed_on, expires=expires)
        audit(by, "record-training", f"account {account_id}", course=course, expires=str(expires))


def _term(kind: str, starts: date, expires: date) -> Iterator[Reason]:
    if kind not in LONGEST_YEARS:
        yield Reason("kind", "An accreditation is full or provisional", kind[:16], "Choose one of the two.")
    elif expires > _years_after(starts, LONGEST_YEARS[kind]):
        message = f"A {kind} accreditation lasts at most {LONGEST_YEARS[kind]} years"
        yield Reason("term", message, str(expires), "Give an earlier day.")


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, month=3, day=1)


def _account(account_id: int) -> Iterator[Reason]:
    if not Account.objects.filter(id=account_id, role=Role.RESEARCHER, is_active=True).exists():
        mend = "Only an open account of a researcher can be accredited."
        yield Reason("account", "There is no such researcher", str(account_id), mend)


def _dates(starts: date, until: date) -> Iterator[Reason]:
    if until < starts:
        yield Reason("date-order", "This day lies before the first day", str(until), "Give a later day.")


def _text(where: str, text: str, longest: int) -> Iterator[Reason]:
    if not text.strip() or len(text) > longest:
        yield Reason("text-length", f"This text has between 1 and {longest} characters", where, "Shorten or fill it.")


def _refuse(reasons: Iterable[Reason]) -> None:
    if found := tuple(reasons):
        raise InputRefused(found)
