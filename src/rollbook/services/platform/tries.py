"""How often something secret may be tried from one connection, and from everywhere, in one hour."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.records.models.control import TryCount

PER_CONNECTION = 10
EVERYWHERE = 1000


def count_try(what: str, connection: str, now: datetime) -> None:
    """Count one try of `what` from `connection`; before the secret is looked at, so that the answer says nothing
    about it.

    The count is kept even when the deed that follows fails. Connections are kept as keyed hashes and for a day only.

    Raises:
        AccessDenied: with code `too-many-tries`.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        TryCount.objects.filter(hour__lt=hour.replace(hour=0)).delete()
        counts = (_add(f"{what}:{connection}", hour), _add(f"{what}:*", hour))
    if counts[0] > PER_CONNECTION or counts[1] > EVERYWHERE:
        mend = "Wait an hour, then try again."
        raise AccessDenied(Reason("too-many-tries", "Too many codes were tried from this connection", mend=mend))


def _add(bucket: str, hour: datetime) -> int:
    key = salted_hmac("rollbook.services.tries", bucket, algorithm="sha256").hexdigest()
    TryCount.objects.get_or_create(bucket=key, hour=hour)
    TryCount.objects.filter(bucket=key, hour=hour).update(tries=F("tries") + 1)
    return TryCount.objects.get(bucket=key, hour=hour).tries
