"""The exact numbers of a period, entered in the log: every number the authority gives anyone cites such an entry.

Nothing is typed. Requests and uses are counted from the published log, pupils from the manifests of its sets; of sealed
cases only how many were asked about and how many were told something.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason, StateBroken
from rollbook.policy.states import CaseState
from rollbook.records.models.identity import GatewayCase
from rollbook.services.log.history import published_log
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import sets
from rollbook.tlog.history import History
from rollbook.tlog.manifests import read_manifest
from rollbook.tlog.totals import Count, basis_of, count


def enter_totals(*, by: Actor, first: date, last: date) -> str:
    """Count the days from `first` to `last` and hand the numbers in; gives the id of the entry.

    Raises:
        AccessDenied: code `role`. InputRefused: code `period` where it is not over, or has nothing to count;
        `entry-id` where it was counted before. StateBroken: a set of the period can no longer be read.
    """
    require_role(by, Role.OPERATOR)
    if not first <= last < clock.today():
        raise InputRefused(Reason("period", "A period is counted once it is over", f"{first} to {last}"))
    log = published_log()
    counted = count(log.history, log.size, str(first), str(last))
    if not counted:
        raise InputRefused(Reason("period", "Nothing happened in this period", f"{first} to {last}"))
    pupils = _pupils(log.history, str(first), str(last))
    rows = [_row(group, one, *pupils.get(group, (0, 0, 0))) for group, one in sorted(counted.items())]
    name = f"totals-{first}-{last}"
    with transaction.atomic():
        submit({"type": "totals", "id": name, "from": str(first), "to": str(last), "rows": rows})
        audit(by, "enter-totals", name)
    return name


def _row(group: str, one: Count, pupils: int, asked: int, returned: int) -> dict[str, str | int]:
    row: dict[str, str | int] = {
        "group": group, "requests": one.requests, "disclosures": one.disclosures, "pupils": pupils,
    }  # fmt: skip
    return row | ({"asked": asked, "returned": returned} if asked else {})


def _pupils(history: History, first: str, last: str) -> Mapping[str, tuple[int, int, int]]:
    """For each group the pupils in its sets, and of cases how many were asked about and told of."""
    found: dict[str, tuple[int, int, int]] = {}
    told = _told()
    for index in history.set_bearing:
        body = history.body(index)
        if index in history.faulty or not first <= body["at"][:10] <= last:
            continue
        sealed = body["type"] == "sealed"
        more = (int(told[index]), 1, int(told[index])) if sealed and index in told else (0, int(sealed), 0)
        if not sealed:
            more = (_manifest_pupils(body["did"]), 0, 0)
        group = basis_of(history, body)
        before = found.get(group, (0, 0, 0))
        found[group] = (before[0] + more[0], before[1] + more[1], before[2] + more[2])
    return found


def _manifest_pupils(did: str) -> int:
    pupils = read_manifest(sets.manifest_of(did))["pupils"]
    if not isinstance(pupils, int):
        raise StateBroken(Reason("manifest", "A manifest does not say how many pupils its set has"))
    return pupils


def _told() -> dict[int, bool]:
    """For each case in the log whether anything was told."""
    with people_zone():
        rows = GatewayCase.objects.filter(submission__index__isnull=False)
        pairs = rows.values_list("submission__index", "state", "told_at")
        return {int(index or 0): state == CaseState.DISCLOSED and told is not None for index, state, told in pairs}
