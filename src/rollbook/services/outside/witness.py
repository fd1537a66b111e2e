"""A witness that a second body runs: it remembers the last checkpoint of each log and cosigns growth of it alone.

One folder holds everything: the keys, one state file, and requests that show a log to have been rewritten. No Django,
no database, nothing of the authority's; what is right to sign is decided in `rollbook.tlog.witness`.
"""

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import InputRefused, Reason, SetupFailed, StateBroken
from rollbook.tlog import notes
from rollbook.tlog.checkpoint import read_body
from rollbook.tlog.notes import Body, KeyType, VerifierKey, write_note
from rollbook.tlog.trust import parse_policy
from rollbook.tlog.witness import Asked, WitnessRefused, check_asked, check_growth, origin_path, read_request

STATE: Final = "state.json"
KEY: Final = "key.json"
# What a hostile log can make a witness keep.
MOST_EVIDENCE: Final = 100
_KEY_BYTES: Final = 32
Logs = Mapping[str, Sequence[VerifierKey]]


@dataclass(frozen=True, slots=True)
class WitnessKeys:
    """A witness's name and its two private keys."""

    name: str
    ed25519: Ed25519PrivateKey
    ml_dsa: MLDSA44PrivateKey

    def public(self) -> tuple[VerifierKey, VerifierKey]:
        """The two verifier keys: Ed25519 and ML-DSA-44, both for cosignatures with a time."""
        ed25519 = notes.ed25519_key(self.name, self.ed25519, KeyType.ED25519_COSIGNATURE)
        return ed25519, notes.ml_dsa_key(self.name, self.ml_dsa)

    def cosign(self, body: Body, now: int) -> list[str]:
        """Both cosignature lines over a checkpoint at POSIX second `now`."""
        return [
            notes.cosign_ed25519(self.name, self.ed25519, body, now),
            notes.cosign_ml_dsa(self.name, self.ml_dsa, body, now),
        ]


def create(folder: Path, name: str) -> WitnessKeys:
    """Make a witness's keys and its empty state, once.

    Raises:
        InputRefused: code `witness-name`. SetupFailed: code `witness-exists`.
    """
    if not name or len(name.encode()) > 255 or "+" in name or any(sign.isspace() or sign < " " for sign in name):
        mend = "Use an address of yours without the scheme, for example witness.university.example/rollbook."
        raise InputRefused(Reason("witness-name", "This cannot be the name of a witness", mend=mend))
    if (folder / KEY).exists():
        mend = "Serve it, or choose another folder: a new key is another witness."
        raise SetupFailed(Reason("witness-exists", "There is a witness in this folder already", str(folder), mend))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seeds = {kind: secrets.token_hex(_KEY_BYTES) for kind in ("ed25519", "ml_dsa_44")}
    _write(folder / STATE, b"{}")
    _write(folder / KEY, json.dumps({"name": name, **seeds}).encode())
    return open_keys(folder)


def open_keys(folder: Path) -> WitnessKeys:
    """The keys of the witness in this folder.

    Raises:
        SetupFailed: code `witness-key`.
    """
    path = folder / KEY
    if not path.is_file() or path.stat().st_mode & 0o077:
        mend = "Make one with `rollbook witness key`; its file must be readable by its owner alone (mode 600)."
        raise SetupFailed(Reason("witness-key", "There is no private witness key here", str(path), mend))
    kept = json.loads(path.read_bytes())
    return WitnessKeys(
        kept["name"],
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["ed25519"])),
        MLDSA44PrivateKey.from_seed_bytes(bytes.fromhex(kept["ml_dsa_44"])),
    )


def policy_lines(keys: WitnessKeys, address: str) -> str:
    """The lines that name this witness in a policy: its two keys, and the group in which they count once."""
    short = keys.name.replace("/", "-")
    lines = [f"witness {short}-{kind} {key} {address}\n" for kind, key in zip(("ed", "ml"), keys.public(), strict=True)]
    return "".join(lines) + f"group {short} any {short}-ed {short}-ml\n"


def logs_of(policy: str) -> Logs:
    """The keys of each log that a policy file names, by origin.

    Raises:
        InputRefused: code `policy`.
    """
    logs: dict[str, list[VerifierKey]] = {}
    for key in parse_policy(policy).logs:
        logs.setdefault(key.name, []).append(key)
    return logs


class Witness:
    """One witness over its folder. Comparing with the last checkpoint and replacing it are one step.

    A second process over the same folder is refused: each would cosign without knowing of the other.
    """

    def __init__(self, folder: Path, logs: Logs) -> None:
        self.keys = open_keys(folder)
        self._folder = folder
        self._logs = logs
        self._guard = threading.Lock()
        self._held = _hold(folder)
        self._notes = _read_state(folder)

    def add_checkpoint(self, data: bytes, now: int) -> bytes:
        """The cosignature lines for a request at POSIX second `now`; what is cosigned is durable first.

        Raises:
            WitnessRefused: with the HTTP status that the protocol fixes.
        """
        asked = check_asked(read_request(data), self._logs)
        with self._guard:
            last = self._notes.get(asked.body.origin)
            try:
                check_growth(asked, None if last is None else read_body(last))
            except WitnessRefused as refused:
                if refused.status == 422:
                    self._keep_evidence(data)
                raise
            self._require_time(last, now)
            lines = self.keys.cosign(asked.body, now)
            self._keep(asked, lines)
        return "".join(f"{line}\n" for line in lines).encode()

    def last(self, path: str) -> bytes | None:
        """The last checkpoint cosigned, by the path it is served under; None where there is none."""
        with self._guard:
            return next((note for origin, note in self._notes.items() if origin_path(origin) == path), None)

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._held)

    def _keep(self, asked: Asked, lines: list[str]) -> None:
        kept = {**self._notes, asked.body.origin: write_note(asked.text, [*map(str, asked.lines), *lines])}
        _write(self._folder / STATE, json.dumps({origin: note.decode() for origin, note in kept.items()}).encode())
        self._notes = kept

    def _require_time(self, last: bytes | None, now: int) -> None:
        """A cosignature says what was the largest tree at its time, so its time may not go back."""
        if last is not None and now < _newest_time(last, self.keys.public()):
            raise WitnessRefused(503, "The clock of this witness is behind its last cosignature")

    def _keep_evidence(self, data: bytes) -> None:
        folder = self._folder / "evidence"
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / sha256(data).hex()
        if not path.exists() and len(os.listdir(folder)) < MOST_EVIDENCE:
            _write(path, data)


def _newest_time(note: bytes, keys: Sequence[VerifierKey]) -> int:
    names = {(key.name, key.id) for key in keys}
    lines = notes.open_note(note)[1]
    return max((int.from_bytes(line.signature[:8]) for line in lines if (line.name, line.key_id) in names), default=0)


def _hold(folder: Path) -> int:
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        os.close(handle)
        mend = "Stop the other one first."
        raise StateBroken(Reason("witness-runs", "A witness runs over this folder already", mend=mend)) from taken
    return handle


def _read_state(folder: Path) -> dict[str, bytes]:
    try:
        kept: dict[str, str] = json.loads((folder / STATE).read_bytes())
    except (OSError, ValueError) as lost:
        mend = (
            "Never sign with this key again: without its memory it could cosign a second history. Make a new witness."
        )
        raise StateBroken(Reason("witness-state", "The state of this witness is lost", str(folder), mend)) from lost
    return {origin: note.encode() for origin, note in kept.items()}


def _write(path: Path, data: bytes) -> None:
    """Put a private file in place, durably and whole."""
    draft = path.with_name(f".{path.name}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
