"""Changing the keys the log signs with, and announcing whose signatures count: deeds of the operator.

A change takes two deeds with months between them. First a new pair signs beside the old one and the log announces a
policy that names both; then, once verifiers with the new policy are out, the old pair's private keys are destroyed.
What the old pair signed goes on verifying, since every later policy names it still.
"""

from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from rollbook.kernel.encoding import b64, sha256
from rollbook.policy.roles import Role
from rollbook.records.models.log import LogSubmission
from rollbook.services.log.documents import plain_document
from rollbook.services.log.genesis import POLICY_ID
from rollbook.services.log.outbox import submit
from rollbook.services.log.trust import own_policy
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys


def add_log_keys(*, by: Actor) -> str | None:
    """Make a second pair of keys, which signs from now on, and announce the policy that names both pairs.

    Gives the id of the `policy` entry. Safe to repeat after a stop: a pair that was made is announced.

    Raises:
        AccessDenied: code `role`. StateBroken: code `log-keys`, where two pairs sign and are announced already.
    """
    require_role(by, Role.OPERATOR)
    if _is_announced():
        open_keys(settings.ROLLBOOK).add_log_keys()
    return announce_policy(by=by)


def retire_log_keys(*, by: Actor) -> None:
    """End the older of two pairs: its private keys are destroyed, and nothing is signed with it again.

    Raises:
        AccessDenied: code `role`. StateBroken: code `log-keys`, where one pair alone signs.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        audit(by, "retire-log-keys", settings.ROLLBOOK.log_origin)
        open_keys(settings.ROLLBOOK).retire_log_keys()


def announce_policy(*, by: Actor, starts: date | None = None) -> str | None:
    """Hand in a `policy` entry where the policy has changed since the last one; gives its id, or None.

    Raises:
        AccessDenied: code `role`. SetupFailed: the file of witnesses cannot be used.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        digest, data = plain_document(own_policy().encode())
        if _last_announced() == digest:
            return None
        entry_id = f"{POLICY_ID.rpartition('-')[0]}-{_policies().count() + 1}"
        begins = (starts or clock.today()).isoformat()
        submit({"type": "policy", "id": entry_id, "policy": digest, "from": begins}, documents=[data])
        audit(by, "announce-log-policy", entry_id, policy=digest)
    return entry_id


def _is_announced() -> bool:
    return _last_announced() == b64(sha256(own_policy().encode()))


def _last_announced() -> str | None:
    last = _policies().order_by("-id").first()
    return None if last is None else str(last.entry["policy"])


def _policies() -> QuerySet[LogSubmission]:
    return LogSubmission.objects.filter(entry__type="policy").exclude(state__in=LogSubmission.WITHOUT_PLACE)
