"""Which school a pupil belongs to now. A school's data manager acts for those pupils and no others."""

from rollbook.kernel.refusals import AccessDenied, Reason, UseRefused
from rollbook.records.models.accounts import Account
from rollbook.records.models.identity import Person
from rollbook.services.accounts.access_rows import school_of_pupil, with_pupil


def school_of(account_id: int) -> str:
    """The school (LAESTAB) a data manager's account belongs to.

    Raises:
        AccessDenied: the account has none.
    """
    school = Account.objects.values_list("school_id", flat=True).get(pk=account_id)
    if school is None:
        raise AccessDenied(Reason("no-school", "Your account belongs to no school", mend="Ask the custodian."))
    return str(school)


def require_pupil_of(account_id: int, person_key: int) -> None:
    """Refuse unless the person's newest accepted return came from the account's school; called inside the people zone.

    The words are those for a pupil who does not exist: a school learns nothing of another school's pupils.
    """
    found = with_pupil(Person.objects.filter(pk=person_key), "pk").first()
    if found is None or school_of_pupil(found) != school_of(account_id):
        mend = "Check the UPN against the school's record."
        raise UseRefused(Reason("no-such-pupil", "No pupil of yours has this UPN", where="upn", mend=mend))
