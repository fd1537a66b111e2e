"""Asks the published log whether an entry would stand, so that a deed fails at once and not only with the writer."""

from collections.abc import Mapping
from typing import Any

from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.log import LogSubmission
from rollbook.services.log.history import published_log
from rollbook.services.platform import clock
from rollbook.tlog.audit import judge
from rollbook.tlog.entries import VERSION
from rollbook.tlog.reading import format_at


def submission_at(index: int) -> LogSubmission:
    """The submission of a published entry.

    Raises:
        UseRefused: code `entry-unknown`.
    """
    row = LogSubmission.objects.filter(index=index, state=LogSubmission.APPENDED).first()
    if row is None:
        mend = "Give the number of an entry of the public log."
        raise UseRefused(Reason("entry-unknown", "The log has no such entry", f"entry {index}", mend))
    return row


def require_allowed(entry: Mapping[str, Any], *, of: int) -> None:
    """Refuse an entry about entry `of` that the rules of the log would not take as it stands.

    Raises:
        InputRefused: code `log-rule`, with the rule.
    """
    history = published_log().history
    at = max(format_at(int(clock.now().timestamp())), history.last_at)
    judged = judge(history, canonical.dumps({**entry, "of": of, "v": VERSION, "at": at}))
    if judged.fault is not None:
        mend = "See the rules of the log, docs/spec/transparency-log.md."
        raise InputRefused(Reason("log-rule", judged.fault.message, judged.fault.rule, mend))
