"""Accounts an operator opens for staff, panel, researchers and schools. Pupils and parents start from a letter."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.accounts import Account, Organisation, School
from rollbook.services.actors import Actor, Role, require_role
from rollbook.services.audit import audit

LONGEST_NAME = 120
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
) -> int:
    """Open an account in one role; gives its number. Its second factor is set up at the first sign-in.

    Raises:
        InputRefused: the address, name, password or role cannot be used, or there is no such school or organisation.
    """
    require_role(by, Role.OPERATOR)
    if role in NOT_OPENED_HERE:
        mend = "Pupils and parents start with the code in their letter."
        raise InputRefused(Reason("account-role", "No account of this role is opened by an operator", mend=mend))
    _check(email, name, password)
    _check_body(organisation_id, laestab)
    with transaction.atomic():
        fields: dict[str, Any] = {"organisation_id": organisation_id, "school_id": laestab}
        account = Account.objects.create_user(email, password, name=name, role=role, **fields)
        audit(by, "open-account", f"account:{account.pk}", role=role.value)
    return int(account.pk)


def forget_second_factor(*, by: Actor, account_id: int) -> None:
    """Let a person who lost their authenticator set up a new one, after the operator has checked who asks.

    Raises:
        InputRefused: code `account-unknown`.
    """
    require_role(by, Role.OPERATOR)
    if not Account.objects.filter(pk=account_id).exists():
        mend = "Give the number that opening the account printed."
        raise InputRefused(Reason("account-unknown", "There is no account of this number", str(account_id), mend))
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
        mend = "Register the organisation first."
        reasons.append(Reason("organisation-unknown", "This organisation is not registered", "organisation", mend))
    if laestab is not None and not School.objects.filter(pk=laestab).exists():
        reasons.append(
            Reason("school-unknown", "This school is not registered", laestab[:16], "Run `rollbook school` first.")
        )
    if reasons:
        raise InputRefused(reasons)


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
