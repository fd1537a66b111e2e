"""The end of a month: its keys are destroyed, and with them every list of who was in a use of that month.

The rule is public and leaves no choice: no month ends before its time, and none while a case of it is sealed. What the
log says stays for ever; proof files already given out still verify. Source: the specification of the log, section 21.
"""

import re
from typing import Final

from django.conf import settings
from django.db import transaction

from rollbook.kernel.encoding import b64, sha256
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import DisclosureSet
from rollbook.records.models.studies import Run
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import populations, sets

# A pupil of four can ask about a use until they are an adult of twenty-five.
KEPT_YEARS: Final = 21
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")


def end_month(*, by: Actor, epoch: str) -> int:
    """Destroy the keys of a month and remove what they opened; gives how many files went.

    The entry in the log and the audit row stand before a key is touched; repeated after a stop, the deed goes on.

    Raises:
        AccessDenied: code `role`. InputRefused: code `epoch`.
        UseRefused: code `month-kept` before its time, `month-sealed` while a case of the month is not told.
    """
    require_role(by, Role.OPERATOR)
    if not _MONTH.match(epoch):
        raise InputRefused(Reason("epoch", "A month is written as YYYY-MM", epoch[:20]))
    _require_over(epoch)
    with transaction.atomic():
        _tell(epoch)
        audit(by, "end-month", epoch)
    keys = open_keys(settings.ROLLBOOK)
    keys.destroy_epoch(epoch)
    keys.destroy_vrf(epoch)
    return sets.forget_month(epoch) + populations.forget(_population_files(epoch))


def _require_over(epoch: str) -> None:
    today = clock.today()
    if (int(epoch[:4]) + KEPT_YEARS, int(epoch[5:])) >= (today.year, today.month):
        mend = f"Lists of who was in a use are kept for {KEPT_YEARS} years after the month."
        raise UseRefused(Reason("month-kept", "The time of this month is not over", epoch, mend))
    if DisclosureSet.objects.filter(epoch=epoch, sealed=True).exists():
        mend = "Tell the sealed cases of the month first (`rollbook case hand`)."
        raise UseRefused(Reason("month-sealed", "A case of this month is still sealed", epoch, mend))


def _tell(epoch: str) -> None:
    """A public paper that the month has ended, once."""
    text = (
        f"On {clock.today()} the keys of {epoch} were destroyed, {KEPT_YEARS} years after the month.\n"
        "Nobody can read any more who was in a use of that month, and no new proof file can be made for it.\n"
        "The entries of the log stay, and proof files given out before still verify.\n"
    ).encode()
    entry = {
        "type": "publication", "id": f"month-ended-{epoch}", "kind": "retention", "title": f"Keys of {epoch} destroyed",
        "document": b64(sha256(text)), "from": str(clock.today()),
    }  # fmt: skip
    try:
        with transaction.atomic():
            submit(entry, documents=[text])
    except InputRefused as refused:
        if refused.reasons[0].code != "entry-id":
            raise


def _population_files(epoch: str) -> list[str]:
    runs = Run.objects.filter(epoch=epoch).exclude(population_file="")
    with people_zone():
        dids = list(DisclosureSet.objects.filter(epoch=epoch).values_list("store", flat=True))
        cases = GatewayCase.objects.filter(set_store__in=dids).exclude(population_file="")
        return [*runs.values_list("population_file", flat=True), *cases.values_list("population_file", flat=True)]
