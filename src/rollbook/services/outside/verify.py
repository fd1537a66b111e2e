"""What a pupil or parent runs to check their bundles against the public log, on a machine of their own.

Needs `kernel` and `tlog` only, and a way to read files; it holds no key and asks the authority nothing about the pupil.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import InputRefused, Reason, RollbookError, VerificationFailed
from rollbook.services.log.log_source import open_source, read_bundles, read_checkpoint
from rollbook.tlog import report
from rollbook.tlog.checkpoint import read_body, verify_checkpoint
from rollbook.tlog.labels import parse_identifier
from rollbook.tlog.reading import Log, read_log, require_growth
from rollbook.tlog.trust import Policy, parse_policy
from rollbook.tlog.verdict import Verdict, judge, refused_data


def typed_identifier(text: str) -> str:
    """The identifier a person typed.

    Raises:
        InputRefused: code `pupil-id`.
    """
    return parse_identifier(text)


def words_of(verdict: Verdict) -> Iterator[str]:
    """The verdict as lines for a terminal."""
    return report.lines(verdict)


def data_of_refusal(refusal: RollbookError) -> dict[str, Any]:
    """The answer as plain data, where no bundle could be looked at."""
    return refused_data(refusal)


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
    return judge([(path.name, _read_bytes(path)) for path in bundles], pupil_id, read, trusted, now)


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
