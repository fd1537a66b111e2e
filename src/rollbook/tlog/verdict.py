"""The whole answer about a pupil's bundles: one word, the step that failed, and every use in plain words.

Every verifier gives this; `as_data` is the form in which their answers are compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rollbook.kernel.refusals import Reason, RollbookError, VerificationFailed
from rollbook.tlog import bundle
from rollbook.tlog.limits import LIMITS
from rollbook.tlog.reading import Log
from rollbook.tlog.steps import step_of_bundle, step_of_log
from rollbook.tlog.trust import Policy
from rollbook.tlog.words import EntryWords, corrections, describe

COMPLETE: Final = "complete"
INCOMPLETE: Final = "incomplete"
INVALID: Final = "invalid"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What one month of one file proves. `refused` is set, and the rest empty, where the file is invalid."""

    name: str
    epoch: str = ""
    complete: bool = False
    lines: tuple[EntryWords, ...] = ()
    refused: tuple[Reason, ...] = ()

    @property
    def unanswered(self) -> int:
        """How many uses of the month still lack an answer."""
        return sum(not line.answered for line in self.lines)

    @property
    def word(self) -> str:
        """Complete, incomplete or invalid."""
        return INVALID if self.refused else COMPLETE if self.complete else INCOMPLETE

    @property
    def step(self) -> str:
        """The step that failed, or an empty text."""
        if self.refused:
            return step_of_bundle(self.refused[0].code)
        return "" if self.complete else "nothing-missing"

    def as_data(self) -> dict[str, Any]:
        """The report as plain data."""
        lines, reasons = [asdict(line) for line in self.lines], [asdict(reason) for reason in self.refused]
        head = {"name": self.name, "epoch": self.epoch, "verdict": self.word, "step": self.step}
        return {**head, "reasons": reasons, "lines": lines}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole answer. `warning` goes with it where no independent witness signs; `limits` always."""

    origin: str
    size: int
    signed_at: int
    faults: tuple[str, ...]
    unverifiable: tuple[int, ...]
    bundles: tuple[BundleReport, ...]
    unchecked: tuple[str, ...]
    warning: str
    limits: tuple[str, ...] = LIMITS

    @property
    def sound(self) -> bool:
        """Whether the log has no fault and every bundle given is valid and complete."""
        return self.word == COMPLETE

    @property
    def word(self) -> str:
        """The worst there is: invalid, where the log breaks a rule or a file proves nothing; incomplete; complete."""
        words = {report.word for report in self.bundles}
        return INVALID if self.faults or INVALID in words else INCOMPLETE if INCOMPLETE in words else COMPLETE

    @property
    def step(self) -> str:
        """The first step that failed and led to the word, or an empty text."""
        if self.faults:
            return "log-rules"
        return next((report.step for report in self.bundles if report.word == self.word), "")

    def as_data(self) -> dict[str, Any]:
        """The verdict as plain data: what `--json` prints."""
        return {
            "verdict": self.word,
            "step": self.step,
            "reasons": [],
            "log": {"origin": self.origin, "size": self.size, "signed_at": self.signed_at},
            "faults": list(self.faults),
            "unverifiable": list(self.unverifiable),
            "bundles": [report.as_data() for report in self.bundles],
            "unchecked": list(self.unchecked),
            "warning": self.warning,
            "limits": list(self.limits),
        }

    def require_sound(self) -> None:
        """Refuse with every reason, for an exit code.

        Raises:
            VerificationFailed: the log has a fault or an unknown kind of entry, or a bundle is invalid or incomplete.
        """
        reasons = [Reason("log-fault", fault) for fault in self.faults]
        if self.unverifiable:
            mend = "Get a newer verifier."
            reasons.append(
                Reason("cannot-verify", "The log has entries of a kind this program does not know", mend=mend)
            )
        for report in self.bundles:
            reasons += report.refused
            if report.unanswered:
                mend = "Download the month's bundle again; if answers stay away, ask the regulator."
                reasons.append(Reason("incomplete", "The bundle does not answer every use", report.name, mend))
        if reasons:
            raise VerificationFailed(reasons)


def refused_data(refusal: RollbookError) -> dict[str, Any]:
    """The verdict where the log, the policy or the number could not be used, so that no bundle was looked at."""
    reasons = [asdict(reason) for reason in refusal.reasons]
    return {"verdict": REFUSED, "step": step_of_log(refusal.reasons[0].code), "reasons": reasons, "limits": [*LIMITS]}


def judge(files: Sequence[tuple[str, bytes]], pupil_id: str, log: Log, policy: Policy, now: int) -> Verdict:
    """Check files, given as name and bytes, against a log freshly read (V7 for each month of each file)."""
    reports = tuple(report for name, data in files for report in _reports(name, data, pupil_id, log, policy, now))
    seen = {report.epoch for report in reports}
    return Verdict(
        origin=log.checkpoint.body.origin,
        size=log.size,
        signed_at=log.checkpoint.time,
        faults=tuple(map(str, log.faults)),
        unverifiable=tuple(log.history.unverifiable()),
        bundles=reports,
        unchecked=tuple(epoch for epoch in log.history.epochs() if epoch not in seen),
        warning=log.checkpoint.warning,
    )


def _reports(name: str, data: bytes, pupil_id: str, log: Log, policy: Policy, now: int) -> Iterator[BundleReport]:
    try:
        is_history, months = bundle.read_file(data)
        checkpoint = bundle.verify_place(months[0], log, policy, now)
    except VerificationFailed as refused:
        yield _refused(name, refused)
        return
    given = {month.epoch: month for month in months}
    # A history promises every month: one it leaves out is told as unanswered, not passed over.
    for epoch in sorted({*given, *(log.history.epochs() if is_history else ())}):
        try:
            found = (
                bundle.verify_month(given[epoch], pupil_id, log, checkpoint)
                if epoch in given
                else bundle.unanswered_month(epoch, log, checkpoint)
            )
        except VerificationFailed as refused:
            yield _refused(name, refused, epoch)
        else:
            yield BundleReport(name, epoch, found.complete, _lines(found, log))


def _lines(found: bundle.BundleVerdict, log: Log) -> tuple[EntryWords, ...]:
    corrected = corrections(log.history)
    return tuple(
        describe(log.history, index, word, missing=index in found.missing, corrected=corrected)
        for index, word in found.results.items()
    )


def _refused(name: str, refused: VerificationFailed, epoch: str = "") -> BundleReport:
    return BundleReport(name, epoch, refused=tuple(_placed(reason, name) for reason in refused.reasons))


def _placed(reason: Reason, name: str) -> Reason:
    where = f"{name}, {reason.where}" if reason.where else name
    return Reason(reason.code, reason.message, where, reason.mend)
