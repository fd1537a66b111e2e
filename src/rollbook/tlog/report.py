"""A verdict as lines of text for a terminal. The phrases are data, so that the page in the browser says the same."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from rollbook.kernel.refusals import RollbookError
from rollbook.tlog.steps import STEPS, step_of_log
from rollbook.tlog.verdict import COMPLETE, INVALID, BundleReport, Verdict

PHRASES: Final[Mapping[str, str]] = {
    "log": "The log {origin} has {size} entries, signed {time}.",
    "no-fault": "Every entry was read, hashed and checked against the rules: no fault.",
    "faults": "The log BREAKS ITS OWN RULES:",
    "unverifiable": "Cannot verify these entries: {entries}. Get a newer verifier.",
    "complete": "COMPLETE: every use of the month is answered",
    "incomplete": "INCOMPLETE: {count} uses have no answer",
    "unreadable": "NOT COMPLETE: the log has entries this program cannot read",
    "invalid": "INVALID. It proves nothing.",
    "refused": "REFUSED: the log or a file could not be used, so nothing was proved.",
    "failed": "The step that failed: {step}.",
    "no-use": "The log has no use of any record in this month.",
    "entry": "Entry {index}, {day}: {what}.",
    "unchecked": "Not checked, because no bundle was given: {months}.",
    "warning": "Warning: {warning}.",
    "limits": "What this cannot prove:",
}

# Beside a verdict of a page that a site served, with the policy it came with.
OWN_PAGE: Final = (
    "This page and its policy came from the authority itself. To trust nothing of the authority's, check again with a "
    "page and a policy from somebody you trust."
)
# What stands at the head of a verdict on a page.
TITLES: Final[Mapping[str, str]] = {
    "complete": "Complete: every use is answered, and the answers hold",
    "incomplete": "Not complete: something is missing",
    "invalid": "Not valid: do not believe it",
    "refused": "Nothing could be checked",
}


def lines(verdict: Verdict) -> Iterator[str]:
    """The verdict line by line, the limits of what it proves at its end."""
    signed = datetime.fromtimestamp(verdict.signed_at, UTC).strftime("%d %B %Y, %H:%M UTC")
    yield PHRASES["log"].format(origin=verdict.origin, size=f"{verdict.size:,}", time=signed)
    yield PHRASES["faults" if verdict.faults else "no-fault"]
    yield from (f"  {fault}" for fault in verdict.faults)
    if verdict.unverifiable:
        yield PHRASES["unverifiable"].format(entries=", ".join(map(str, verdict.unverifiable)))
    for report in verdict.bundles:
        yield ""
        yield from _bundle(report)
    if verdict.unchecked:
        yield ""
        yield PHRASES["unchecked"].format(months=", ".join(verdict.unchecked))
    if verdict.warning:
        yield ""
        yield PHRASES["warning"].format(warning=verdict.warning)
    yield ""
    yield PHRASES["limits"]
    yield from (f"  - {limit}" for limit in verdict.limits)


def refusal_lines(refusal: RollbookError) -> Iterator[str]:
    """A refusal before any bundle was looked at: the step that failed and every reason."""
    yield PHRASES["refused"]
    yield "  " + PHRASES["failed"].format(step=STEPS[step_of_log(refusal.reasons[0].code)])
    yield from (f"  {reason.sentence()}" for reason in refusal.reasons)


def _bundle(report: BundleReport) -> Iterator[str]:
    month = f", {report.epoch}" if report.epoch else ""
    if report.word == INVALID:
        yield f"{report.name}{month}: {PHRASES['invalid']}"
        yield "  " + PHRASES["failed"].format(step=STEPS[report.step])
        yield from (f"  {reason.sentence()}" for reason in report.refused)
        return
    yield f"{report.name}{month}: {_word(report)}."
    if not report.lines:
        yield f"  {PHRASES['no-use']}"
    for line in report.lines:
        yield "  " + PHRASES["entry"].format(index=line.index, day=line.at[:10], what=line.what)
        yield f"    {line.answer}"


def _word(report: BundleReport) -> str:
    if report.word == COMPLETE:
        return PHRASES["complete"]
    if report.unanswered:
        return PHRASES["incomplete"].format(count=report.unanswered)
    return PHRASES["unreadable"]
