"""Accounts an operator opens for staff, panel, researchers and schools. Pupils and parents start from a letter."""

from typing import Any
from unicodedata import normalize

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.accounts import WITHOUT_HOLDER, Account, Holder, Organisation, School
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit

LONGEST_NAME = 120
SHORTEST_REFERENCE = 4
# These come by a letter and a school's confirmation, or stand for no person.
NOT_OPENED_HERE = frozenset({Role.PUPIL, Role.PARENT, Role.OPERATOR, Role.SYSTEM})


def open_account(
    *,
    by: Actor,
    email: str,
    name: str,
    role: Role,
    password: str,
    organisation_id: int | None = None,
    laestab: str | None = None,
    holder: str = "",
    namesake: bool = False,
) -> int:
    """Open an account in one role; gives its number. Its second factor is set up at the first sign-in.

    `holder` is the reference from the proof of who they are that the operator looked at, the same for all accounts of
    one human being; only schools' accounts do without. `namesake` says that another human being has the same name.

    Raises:
        InputRefused: the address, name, password, role or holder cannot be used (`holder-missing`, `holder-namesake`,
        `holder-role`), or there is no such school or organisation.
    """
    require_role(by, Role.OPERATOR)
    if role in NOT_OPENED_HERE:
        mend = "Pupils and parents start with the code in their letter."
        raise InputRefused(Reason("account-role", "No account of this role is opened by an operator", mend=mend))
    _check(email, name, password)
    _check_body(organisation_id, laestab)
    reference = plain_reference(holder)
    _check_holder(reference, name, role, organisation_id, namesake=namesake)
    with transaction.atomic():
        fields: dict[str, Any] = {"organisation_id": organisation_id, "school_id": laestab}
        fields["holder"] = Holder.objects.get_or_create(reference=reference)[0] if reference else None
        account = Account.objects.create_user(email, password, name=name, role=role, **fields)
        audit(by, "open-account", f"account:{account.pk}", role=role.value)
    return int(account.pk)


def record_holder(*, by: Actor, account_id: int, holder: str) -> None:
    """Say who is behind an account after all, where it was recorded wrongly. Past deeds are judged by it from now on.

    Raises:
        InputRefused: codes `account-unknown`, `holder-missing`.
    """
    require_role(by, Role.OPERATOR)
    reference = plain_reference(holder)
    if not reference:
        raise InputRefused(_no_holder())
    with transaction.atomic():
        row, _ = Holder.objects.get_or_create(reference=reference)
        if not Account.objects.filter(pk=account_id).update(holder=row):
            raise InputRefused(_no_account(account_id))
        audit(by, "record-holder", f"account:{account_id}", holder=row.pk)


def close_account(*, by: Actor, account_id: int) -> None:
    """Let nobody sign in with this account any more, from this moment on; what was done with it stands.

    Raises:
        InputRefused: code `account-unknown`.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        if not Account.objects.filter(pk=account_id, is_active=True).update(is_active=False):
            raise InputRefused(_no_account(account_id))
        audit(by, "close-account", f"account:{account_id}")


def plain_reference(text: str) -> str:
    """A reference as it is compared: letters and digits alone, in small letters."""
    return "".join(one for one in text.casefold() if one.isalnum())[:64]


def forget_second_factor(*, by: Actor, account_id: int) -> None:
    """Let a person who lost their authenticator set up a new one, after the operator has checked who asks.

    Raises:
        InputRefused: code `account-unknown`.
    """
    require_role(by, Role.OPERATOR)
    if not Account.objects.filter(pk=account_id).exists():
        raise InputRefused(_no_account(account_id))
    with transaction.atomic():
        Authenticator.objects.filter(user_id=account_id).delete()
        audit(by, "forget-second-factor", f"account:{account_id}")


def set_second_factor(*, by: Actor, account_id: int, secret: str) -> None:
    """Give a demonstration account a known authenticator secret (base 32).

    Raises:
        UseRefused: under production settings, where only the person may know it.
    """
    require_role(by, Role.OPERATOR)
    if settings.ROLLBOOK.production:
        raise UseRefused(Reason("production", "In production nobody but the person sets up a second factor"))
    with transaction.atomic():
        TOTP.activate(Account.objects.get(pk=account_id), secret)
        audit(by, "set-second-factor", f"account:{account_id}")


def _check_body(organisation_id: int | None, laestab: str | None) -> None:
    reasons = []
    if organisation_id is not None and not Organisation.objects.filter(pk=organisation_id).exists():
        mend = "Register it first: `rollbook organisation register`."
        reasons.append(Reason("organisation-unknown", "This organisation is not registered", "organisation", mend))
    if laestab is not None and not School.objects.filter(pk=laestab).exists():
        reasons.append(
            Reason("school-unknown", "This school is not registered", laestab[:16], "Run `rollbook school` first.")
        )
    if reasons:
        raise InputRefused(reasons)


def _no_account(number: int) -> Reason:
    mend = "Give the number that opening the account printed."
    return Reason("account-unknown", "There is no open account of this number", str(number), mend)


def _no_holder() -> Reason:
    mend = "Look at a proof of who they are, and give a staff or accreditation number of 4 letters and digits or more."
    return Reason("holder-missing", "It is not recorded who is behind this account", "holder", mend)


def _check_holder(reference: str, name: str, role: Role, organisation_id: int | None, *, namesake: bool) -> None:
    if not reference and role in WITHOUT_HOLDER:
        return
    if len(reference) < SHORTEST_REFERENCE:
        raise InputRefused(_no_holder())
    theirs = Account.objects.filter(holder__reference=reference, is_active=True)
    if theirs.filter(role=role, organisation=organisation_id).exists():
        mend = "They sign in with the account they have; close it first if it is lost."
        raise InputRefused(Reason("holder-role", "They have an account in this role already", "holder", mend))
    others = Account.objects.filter(holder__isnull=False).exclude(holder__reference=reference)
    if not namesake and _name(name) in {_name(one) for one in others.values_list("name", flat=True)}:
        mend = "Give the reference recorded for them, or say that they are two people (--namesake)."
        message = "Somebody of this name is recorded under another reference"
        raise InputRefused(Reason("holder-namesake", message, "holder", mend))


def _name(text: str) -> tuple[str, ...]:
    """A name as it is compared: words in any order, without accents and case."""
    plain = "".join(one for one in normalize("NFKD", text.casefold()) if one.isalpha() or one.isspace())
    return tuple(sorted(plain.split()))


def _check(email: str, name: str, password: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise InputRefused(Reason("account", f"A name has 1 to {LONGEST_NAME} characters", "name", "Shorten it."))
    try:
        validate_email(email)
        validate_password(password, Account(email=email, name=name))
    except ValidationError as error:
        raise InputRefused([Reason("account", text.rstrip(".")) for text in error.messages]) from None
    if Account.objects.filter(email__iexact=email).exists():
        raise InputRefused(Reason("account-exists", "There is already an account with this address"))
