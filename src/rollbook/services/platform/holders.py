"""Who is behind an account. Whatever needs two people compares human beings, not accounts: one may have several.

An operator records a reference from a proof of who somebody is when the account is opened
(`rollbook.services.accounts.accounts`).
"""

from collections.abc import Collection

from rollbook.records.models.accounts import Account


def accounts_of(account: int) -> frozenset[int]:
    """Every account of the human being behind this one, itself among them."""
    holder = Account.objects.filter(id=account, holder__isnull=False).values("holder")
    return frozenset({account, *Account.objects.filter(holder__in=holder).values_list("id", flat=True)})


def person_of(account: int) -> int:
    """One number for a human being, whichever of their accounts is asked about: the lowest of them."""
    return min(accounts_of(account))


def is_one_of(account: int, others: Collection[int | None]) -> bool:
    """Whether the human being behind `account` is behind any of the others too."""
    return not accounts_of(account).isdisjoint(others)
