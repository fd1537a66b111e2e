"""Starting an account with the code of a letter. The code opens nothing: it only lets an account ask to be let in.

A wrong code, a used or expired one, a stopped responsibility, an address that belongs to someone else: the caller gets
nothing back and one password has been hashed, whichever it was.
"""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.records.models.accounts import Account
from rollbook.records.models.identity import Access, Letter, Person
from rollbook.rights.authority import Standing
from rollbook.services.accounts.access_rows import born_of, standing_of, with_pupil
from rollbook.services.accounts.codes import code_hash
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.tries import count_try


def start_account(*, by: Actor, code: str, email: str, password: str, connection: str) -> None:
    """Start (or add to) the account of whoever holds a live code; says nothing about whether it did.

    `connection` is the network address the form came from, for counting tries. An account that exists is added to
    only with its own password.

    Raises:
        InputRefused: the address has no form of one, or the password is too weak; judged before the code is looked at.
        AccessDenied: with code `too-many-tries`.
    """
    email = _checked(email, password)
    now = clock.now()
    count_try("start-account", connection, now)
    with people_zone():
        letter = _letter(code)
        account = Account.objects.filter(email__iexact=email).first()
        # Exactly one hash is computed on every path, so that the time taken tells nothing.
        hashed = "" if account else make_password(password)
        knows = account.check_password(password) if account else True
        if letter is None or not knows or not _is_live(letter, now) or not _fits(letter, account):
            return
        if not Letter.objects.filter(pk=letter.pk, used_at=None).update(used_at=now):
            return  # another form with the same code was quicker
        account = account or _new_account(letter, email, hashed)
        _ask(letter, account, now)
        audit(by, "start-account", f"account:{account.pk}", letter=letter.pk)


def _checked(email: str, password: str) -> str:
    email = email.strip().lower()
    reasons = []
    try:
        validate_email(email)
    except ValidationError:
        mend = "Type it like name@example.com."
        reasons.append(Reason("email", "This is not an e-mail address", where="email", mend=mend))
    try:
        validate_password(password, Account(email=email))
    except ValidationError as weak:
        reasons += [Reason("password", message.rstrip("."), where="password") for message in weak.messages]
    if reasons:
        raise InputRefused(reasons)
    return email


def _letter(code: str) -> Letter | None:
    rows = Letter.objects.filter(code_hash=code_hash(code)).select_related("responsibility__person", "pupil")
    return with_pupil(rows, "responsibility__person").first()


def _is_live(letter: Letter, now: datetime) -> bool:
    if letter.used_at is not None or now >= letter.expires_at:
        return False
    held = letter.responsibility
    return held is None or standing_of(held, born_of(letter)) is Standing.ACTIVE


def _fits(letter: Letter, account: Account | None) -> bool:
    """An existing account must act in the letter's role, and no stop may lie between it and this child."""
    if account is None:
        return True
    person = _person(letter)
    keys = keys_of(person.pk) if person else ()
    earlier = Access.objects.filter(account=account, person_id__in=keys).select_related("responsibility")
    barred = any(
        one.state != Access.ENDED or (one.responsibility is not None and one.responsibility.stopped_at is not None)
        for one in earlier
    )
    return account.role == _role(letter) and account.is_active and not barred


def _person(letter: Letter) -> Person | None:
    return letter.responsibility.person if letter.responsibility else letter.pupil


def _role(letter: Letter) -> Role:
    return Role.PARENT if letter.responsibility_id is not None else Role.PUPIL


def _new_account(letter: Letter, email: str, hashed: str) -> Account:
    # A pupil's slip is not proof of who they are, so the account carries no name from the record.
    name = letter.responsibility.adult_name if letter.responsibility else "Pupil"
    return Account.objects.create(email=email, password=hashed, name=name, role=_role(letter).value)


def _ask(letter: Letter, account: Account, now: datetime) -> None:
    """Ask anew: nothing of an earlier access of this account stays."""
    Access.objects.update_or_create(
        account=account,
        person=_person(letter),
        defaults={
            "responsibility": letter.responsibility, "state": Access.ASKED, "how": "", "evidence": "", "asked_at": now,
            "confirmed_by": None, "confirmed_at": None, "first_used_at": None, "ended_at": None, "end_reason": "",
        },
    )  # fmt: skip
