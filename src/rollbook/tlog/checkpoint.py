"""Checkpoints: the signed statement of how large the log is and what its root is. V2 of the specification."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rollbook.kernel.encoding import HASH_BYTES, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog.notes import Body, KeyType, SignatureLine, VerifierKey, open_note, verify_line
from rollbook.tlog.trust import NO_WITNESS_SENTENCE, Policy

FUTURE_SECONDS: Final = 600
FRESH_SECONDS: Final = 86_400
_BOTH = frozenset({KeyType.ED25519, KeyType.ML_DSA_44_COSIGNATURE})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose signatures meet a policy.

    `time` is the quorum time `t_q`, POSIX seconds; `note` the bytes as read.
    """

    body: Body
    time: int
    witnessed: bool
    note: bytes

    @property
    def warning(self) -> str:
        """The sentence that every verdict must carry; empty where independent witnesses signed."""
        return "" if self.witnessed else NO_WITNESS_SENTENCE


def parse_body(text: str) -> Body:
    """The three lines of a checkpoint.

    Raises:
        VerificationFailed: code `checkpoint`.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise _refused("It does not have exactly three lines")
    origin, size, root = lines[:3]
    if not size.isascii() or not size.isdigit() or (size[0] == "0" and size != "0") or len(size) > 19:
        raise _refused("Its size is not a plain number")
    try:
        return Body(origin, int(size), unb64(root, HASH_BYTES))
    except InputRefused:
        raise _refused("Its root is not base64 of 32 bytes") from None


def read_body(note: bytes) -> Body:
    """The body of a checkpoint note, with no signature verified: for asking sizes only, never for a verdict."""
    return parse_body(open_note(note)[0])


def verify_checkpoint(note: bytes, policy: Policy, now: int, *, fresh: bool) -> Checkpoint:
    """Verify a checkpoint under `policy` at time `now` (V2); `fresh` asks for a quorum time within a day.

    Raises:
        VerificationFailed: codes `note`, `checkpoint`, `origin`, `signature`, `log-signature`, `quorum`, `future`,
        `stale`; `log-key-unknown` where the log signs with newer keys than the policy's.
    """
    text, lines = open_note(note)
    body = parse_body(text)
    log_keys = [key for key in policy.logs if key.name == body.origin]
    if not log_keys:
        raise VerificationFailed(Reason("origin", "This is not a log that the policy names", where=body.origin[:255]))
    log_times = _verify_log_lines(log_keys, lines, text, body)
    time = _quorum_time(policy, lines, text, body, log_times, now)
    if fresh and now - time > FRESH_SECONDS:
        mend = "Ask again later; a log that stays stale is being kept from you or is not being kept up."
        raise VerificationFailed(
            Reason("stale", "The newest signatures on the log are more than 24 hours old", mend=mend)
        )
    return Checkpoint(body, time, policy.quorum is not None, note)


def _verify_log_lines(keys: list[VerifierKey], lines: tuple[SignatureLine, ...], text: str, body: Body) -> list[int]:
    """Refuse unless one line of each type among the log's keys verifies; gives the times its lines state."""
    times: list[int] = []
    found: set[KeyType] = set()
    for key in keys:
        for line in _lines_of(key, lines):
            time = verify_line(key, line, text, body)
            found.add(key.type)
            if key.type is KeyType.ML_DSA_44_COSIGNATURE and time is not None:
                times.append(time)
    if not found >= _BOTH | {key.type for key in keys}:
        whole = {key.type for key in keys} >= _BOTH
        if whole and {line.key_id for line in lines if line.name == body.origin} - {key.id for key in keys}:
            mend = (
                "Get the newest verifier from where you got this one, never from the log: its policy has the new keys."
            )
            raise VerificationFailed(
                Reason("log-key-unknown", "The log signs with keys that this policy does not know", mend=mend)
            )
        mend = "Both an Ed25519 and an ML-DSA-44 line of the log are needed."
        raise VerificationFailed(Reason("log-signature", "A signature of the log itself is missing", mend=mend))
    return times


def _quorum_time(
    policy: Policy, lines: tuple[SignatureLine, ...], text: str, body: Body, log_times: list[int], now: int
) -> int:
    # Lines of all known witnesses are verified even where none is needed: a false line refuses the note.
    times: dict[str, int] = {}
    for name, key in policy.witnesses.items():
        stated = [verify_line(key, line, text, body) for line in _lines_of(key, lines)]
        counted = [time for time in stated if time is not None and time <= now + FUTURE_SECONDS]
        if counted:
            times[name] = max(counted)
    if policy.quorum is None:
        if max(log_times) > now + FUTURE_SECONDS:
            raise VerificationFailed(
                Reason("future", "The log's signature is from the future", mend="Check your clock.")
            )
        return max(log_times)
    met = policy.quorum_time(times)
    if met is None:
        raise VerificationFailed(Reason("quorum", "Too few independent witnesses have signed this state of the log"))
    return met


def _lines_of(key: VerifierKey, lines: Iterable[SignatureLine]) -> list[SignatureLine]:
    return [line for line in lines if line.name == key.name and line.key_id == key.id]


def _refused(why: str) -> VerificationFailed:
    return VerificationFailed(Reason("checkpoint", f"The checkpoint cannot be read: {why[0].lower()}{why[1:]}"))
