"""The first entries of a log, and the key of each month. Every call may be repeated; what stands is left alone."""

from datetime import date

from django.conf import settings

from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.log import LogSubmission
from rollbook.services.log.documents import plain_document
from rollbook.services.log.outbox import submit
from rollbook.services.log.trust import policy_text
from rollbook.services.platform import clock
from rollbook.services.platform.keys import open_keys
from rollbook.tlog.entries import SPEC
from rollbook.tlog.vrf import SUITE

GENESIS_ID = "LOG"
POLICY_ID = "POL-1"


def found_log(operator: str = "") -> None:
    """Hand in the genesis, the policy and the VRF key of this month. `operator` is the authority's name.

    Raises:
        SetupFailed: code `witnesses`, in production without independent witnesses.
    """
    config, today = settings.ROLLBOOK, clock.today()
    if not _handed_in(GENESIS_ID):
        name = operator or f"The authority at {config.log_origin}"
        submit({"type": "genesis", "id": GENESIS_ID, "origin": config.log_origin, "spec": SPEC, "operator": name})
    if not _handed_in(POLICY_ID):
        digest, data = plain_document(policy_text(config).encode())
        submit({"type": "policy", "id": POLICY_ID, "policy": digest, "from": today.isoformat()}, documents=[data])
    announce_key(month_of(today))


def announce_key(epoch: str) -> None:
    """Hand in the VRF key of a month, in which no set may be made before the entry stands.

    A later month's key shuts earlier months out (log rule L7), so this is called for the present month only.
    """
    entry_id = f"VRF-{epoch}"
    if _handed_in(entry_id):
        return
    public = open_keys(settings.ROLLBOOK).vrf_public(epoch)
    try:
        submit({"type": "vrf-key", "id": entry_id, "epoch_from": epoch, "suite": SUITE, "pk": b64(public)})
    except InputRefused as refused:
        # Another job announced the month in the same moment; its transaction has committed, or this one would have won.
        if refused.reasons[0].code != "entry-id":
            raise


def has_key(epoch: str) -> bool:
    """Whether the VRF key of a month was handed in, so that a set may be made for it."""
    return _handed_in(f"VRF-{epoch}")


def announce_this_month() -> None:
    """Hand in this month's key where the log has begun: a month without one could never hold a late release."""
    if _handed_in(GENESIS_ID):
        announce_key(month_of(clock.today()))


def month_of(day: date) -> str:
    """The epoch of a day."""
    return f"{day:%Y-%m}"


def _handed_in(entry_id: str) -> bool:
    return LogSubmission.objects.filter(entry_id=entry_id).exists()
