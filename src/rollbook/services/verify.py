"""What a pupil or parent runs to check their bundles against the public log, on a machine of their own.

Needs `kernel` and `tlog` only, and a way to read files; it holds no key and asks the authority nothing about the pupil.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.services.log_source import open_source, read_bundles, read_checkpoint
from rollbook.services.verify_words import EntryWords, describe
from rollbook.tlog.bundle import BundleVerdict, verify
from rollbook.tlog.checkpoint import read_body, verify_checkpoint
from rollbook.tlog.labels import is_pupil_id
from rollbook.tlog.limits import LIMITS
from rollbook.tlog.reading import Log, read_log, require_growth
from rollbook.tlog.trust import Policy, parse_policy

_UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]\Z")
_ULN = re.compile(r"[0-9]{10}\Z")


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What one bundle file proves. `refused` is set, and the rest empty, where it is invalid."""

    name: str
    epoch: str = ""
    complete: bool = False
    lines: tuple[EntryWords, ...] = ()
    refused: tuple[Reason, ...] = ()

    @property
    def unanswered(self) -> int:
        """How many uses of the month still lack an answer."""
        return sum(not line.answered for line in self.lines)


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
        return not self.faults and all(report.complete for report in self.bundles)

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


def parse_identifier(text: str) -> str:
    """The pupil's identifier as the log writes it, from what a person types: a UPN or ULN, with or without its scheme.

    Raises:
        InputRefused: code `pupil-id`. What was typed is not repeated.
    """
    value = "".join(text.split())
    scheme, colon, number = value.rpartition(":")
    number = number.upper()
    scheme = scheme.lower() if colon else ("upn" if _UPN.match(number) else "uln" if _ULN.match(number) else "")
    if not is_pupil_id(f"{scheme}:{number}"):
        mend = (
            "Give the Unique Pupil Number (a letter and twelve more characters) or the ten digits of a learner number."
        )
        raise InputRefused(Reason("pupil-id", "This is not an identifier of a pupil", mend=mend))
    return f"{scheme}:{number}"


def read_identifier(path: Path) -> str:
    """The identifier in a file.

    Raises:
        InputRefused: code `file` or `pupil-id`.
    """
    return parse_identifier(_read_text(path))


def default_state(policy: Path) -> Path:
    """Where this user's machine remembers the last state seen of the policy's log, whatever address it is read from.

    Raises:
        InputRefused: code `file` or `policy`.
    """
    origin = parse_policy(_read_text(policy)).logs[0].name
    return Path.home() / ".local/state/rollbook" / f"{sha256(origin.encode()).hex()[:16]}.checkpoint"


def verify_bundles(
    *, bundles: Sequence[Path], pupil_id: str, log: str, policy: Path, now: int, state: Path | None = None
) -> Verdict:
    """Read and audit the whole log, then check each bundle for the pupil (V4 and V7).

    `log` is an address or a folder. `state` keeps the last checkpoint seen on this device: a log that does not grow
    out of it is refused, and both checkpoints are kept as evidence. `now` is POSIX seconds.

    Raises:
        InputRefused: the policy, a file or the identifier cannot be used.
        VerificationFailed: the log itself does not verify, so nothing can be said. An invalid bundle is in the verdict.
    """
    trusted = parse_policy(_read_text(policy))
    read = _read_log(log, trusted, now, state)
    reports = tuple(_report(path, pupil_id, read, trusted, now) for path in bundles)
    seen = {report.epoch for report in reports}
    return Verdict(
        origin=read.checkpoint.body.origin,
        size=read.size,
        signed_at=read.checkpoint.time,
        faults=tuple(map(str, read.faults)),
        unverifiable=tuple(read.history.unverifiable()),
        bundles=reports,
        unchecked=tuple(epoch for epoch in read.history.epochs() if epoch not in seen),
        warning=read.checkpoint.warning,
    )


def _read_log(source: str, policy: Policy, now: int, state: Path | None) -> Log:
    fetch = open_source(source)
    checkpoint = verify_checkpoint(read_checkpoint(fetch), policy, now, fresh=True)
    log = read_log(checkpoint, read_bundles(fetch, checkpoint.body.size))
    if state is not None:
        _compare_with_last_seen(log, state)
    return log


def _compare_with_last_seen(log: Log, state: Path) -> None:
    """V4, steps 4 and 6. The older checkpoint stays in place when the two conflict, or the evidence would be lost."""
    if state.exists():
        try:
            require_growth(log, read_body(state.read_bytes()))
        except VerificationFailed as rewritten:
            conflict = state.with_name(state.name + ".conflict")
            conflict.write_bytes(log.checkpoint.note)
            kept = Reason("evidence", f"Both checkpoints are kept: {state} and {conflict}")
            raise VerificationFailed([*rewritten.reasons, kept]) from None
    state.parent.mkdir(parents=True, exist_ok=True)
    draft = state.with_name(f".{state.name}")
    draft.write_bytes(log.checkpoint.note)
    draft.replace(state)


def _report(path: Path, pupil_id: str, log: Log, policy: Policy, now: int) -> BundleReport:
    data = _read_bytes(path)
    try:
        verdict = verify(data, pupil_id, log, policy, now)
    except VerificationFailed as refused:
        return BundleReport(path.name, refused=tuple(_placed(reason, path.name) for reason in refused.reasons))
    return BundleReport(path.name, verdict.epoch, verdict.complete, _lines(verdict, log))


def _lines(verdict: BundleVerdict, log: Log) -> tuple[EntryWords, ...]:
    results: Mapping[int, str] = verdict.results
    return tuple(describe(log.history, index, word, index in verdict.missing) for index, word in results.items())


def _placed(reason: Reason, name: str) -> Reason:
    where = f"{name}, {reason.where}" if reason.where else name
    return Reason(reason.code, reason.message, where, reason.mend)


def _read_text(path: Path) -> str:
    try:
        return _read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise InputRefused(Reason("file", "This file is not text", where=path.name)) from None


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise InputRefused(Reason("file", "This file cannot be read", where=path.name)) from None
