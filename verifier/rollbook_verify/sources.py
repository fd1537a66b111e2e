"""Reads files and the public log, from a web address or a folder. Nothing here decides anything."""

import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit
from urllib.request import urlopen

from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog.checkpoint import read_body, verify_checkpoint
from rollbook.tlog.entries import LONGEST_ENTRY
from rollbook.tlog.log_copy import read_copy
from rollbook.tlog.notes import LONGEST_NOTE
from rollbook.tlog.reading import Log, read_log, require_growth
from rollbook.tlog.tiles import CHECKPOINT, WIDTH, tile_path
from rollbook.tlog.trust import Policy

SECONDS: Final = 30
SECONDS_FOR_A_FILE: Final = 300
LARGEST: Final = WIDTH * (LONGEST_ENTRY + 2)  # of a file of the log
Fetch = Callable[[str], bytes]


def read_file(path: Path) -> bytes:
    """The bytes of a file on this machine.

    Raises:
        InputRefused: code `file`.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise InputRefused(Reason("file", "This file cannot be read", where=path.name)) from None


def open_log(log: str) -> Fetch:
    """A function from a path of the log to its bytes; `log` is an http(s) address, a folder, or a copy.

    Raises:
        InputRefused: code `log-source`.
    """
    if urlsplit(log).scheme in ("http", "https"):
        return lambda path: _download(f"{log.rstrip('/')}/{path}")
    if Path(log).is_file():
        files = read_copy(read_file(Path(log)))
        return lambda path: files[path] if path in files else _missing(path)
    if not Path(log).is_dir():
        mend = "Give the address of the log (https://…/log), a folder with its files, or a copy of it."
        raise InputRefused(Reason("log-source", "There is no log at this place", where=log, mend=mend))
    return lambda path: _open(Path(log) / path)


def read_whole_log(fetch: Fetch, policy: Policy, now: int, state: Path) -> Log:
    """The log, hashed against its freshly signed checkpoint, audited, and grown out of the one seen here before.

    Raises:
        VerificationFailed: it does not verify; nothing can be said.
    """
    checkpoint = verify_checkpoint(fetch(CHECKPOINT)[: LONGEST_NOTE + 1], policy, now, fresh=True)
    full, rest = divmod(checkpoint.body.size, WIDTH)
    bundles = [fetch(tile_path("entries", number)) for number in range(full)]
    if rest:
        bundles.append(fetch(tile_path("entries", full, rest)))
    log = read_log(checkpoint, bundles)
    if state.exists():
        _compare(log, state)
    state.parent.mkdir(parents=True, exist_ok=True)
    draft = state.with_name(f".{state.name}")
    draft.write_bytes(checkpoint.note)
    draft.replace(state)
    return log


def default_state(policy: Policy) -> Path:
    """Where this machine remembers the last state seen of the policy's log."""
    return Path.home() / ".local/state/rollbook" / f"{sha256(policy.logs[0].name.encode()).hex()[:16]}.checkpoint"


def _compare(log: Log, state: Path) -> None:
    try:
        require_growth(log, read_body(state.read_bytes()))
    except VerificationFailed as rewritten:
        # The older state stays in place: together the two are evidence.
        conflict = state.with_name(state.name + ".conflict")
        conflict.write_bytes(log.checkpoint.note)
        kept = Reason("evidence", f"Both checkpoints are kept: {state} and {conflict}")
        raise VerificationFailed([*rewritten.reasons, kept]) from None


def _download(address: str) -> bytes:
    try:
        with urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  open_log looked at the scheme
            ends, data = time.monotonic() + SECONDS_FOR_A_FILE, bytearray()
            while len(data) <= LARGEST and (part := answer.read1(65_536)):
                data += part
                if time.monotonic() > ends:
                    raise TimeoutError
    except (OSError, ValueError, HTTPException) as fault:
        raise _unreadable(address) from fault
    return _limited(bytes(data), address)


def _open(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _limited(file.read(LARGEST + 1), path.name)
    except OSError as fault:
        raise _unreadable(path.name) from fault


def _limited(data: bytes, where: str) -> bytes:
    if len(data) > LARGEST:
        raise VerificationFailed(Reason("log-unreadable", "A file of the log is larger than any may be", where=where))
    return data


def _missing(path: str) -> NoReturn:
    raise _unreadable(path)


def _unreadable(where: str) -> VerificationFailed:
    mend = "Try again; if it stays away, the log is being kept from you."
    return VerificationFailed(Reason("log-unreadable", "A file of the log cannot be read", where=where, mend=mend))
