"""A monitor's finding goes into the log that it is about: nobody can then say that it was never told."""

import json
import secrets

from django.db import transaction

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.log.documents import text_document
from rollbook.services.log.monitor_report import KIND, Breach
from rollbook.services.log.outbox import submit
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit

LONGEST = 1_000_000


def log_report(*, by: Actor, monitor: str, report: bytes) -> str:
    """Hand in a monitor's report, whole, under the name of who ran it; gives the entry's id.

    Raises:
        AccessDenied: code `role`. InputRefused: code `monitor-report` where it is no report of a monitor.
    """
    require_role(by, Role.OPERATOR)
    result, size, root = _read(report)
    digest, document = text_document(report.decode("utf-8"))
    name = f"monitor-{secrets.token_hex(8)}"
    entry = {
        "type": "monitor-report", "id": name, "monitor": monitor, "result": result, "size": size, "root": root,
        "report_text": digest,
    }  # fmt: skip
    with transaction.atomic():
        submit(entry, documents=[document])
        audit(by, "log-monitor-report", name)
    return name


def _read(report: bytes) -> tuple[str, int, str]:
    """The result in one word, and size and root of the log it is about; the first breach is of the worst family."""
    try:
        fields = json.loads(report.decode("utf-8"))
        families = [one["family"] for one in sorted(fields["breaches"], key=lambda one: Breach[one["family"].upper()])]
        if fields["kind"] == KIND and len(report) <= LONGEST:
            return (families or ["sound"])[0], int(fields["size"]), str(fields["root"])
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    mend = "Give the file that `rollbook log monitor --json` wrote."
    raise InputRefused(Reason("monitor-report", "This is no report of a monitor", mend=mend))
