"""Reads the files of a log from a web address or a folder, for people outside the authority. No Django, no database."""

import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog.entries import LONGEST_ENTRY
from rollbook.tlog.log_copy import read_copy
from rollbook.tlog.notes import LONGEST_NOTE
from rollbook.tlog.tiles import CHECKPOINT, WIDTH, tile_path

SECONDS: Final = 30
# A server that sends a byte now and then keeps each wait short and the whole endless.
SECONDS_FOR_A_FILE: Final = 300
_PART: Final = 65_536
_LARGEST: Final = WIDTH * (LONGEST_ENTRY + 2)
Fetch = Callable[[str], bytes]


def open_source(log: str) -> Fetch:
    """A function from a path of the log to its bytes; `log` is an http(s) address, a folder, or a copy in one file.

    Raises:
        InputRefused: code `log-source`, where `log` is none of them.
    """
    if urlsplit(log).scheme in ("http", "https"):
        return lambda path: _fetch(f"{log.rstrip('/')}/{path}")
    folder = Path(log)
    if folder.is_file():
        return from_copy(folder.read_bytes())
    if not folder.is_dir():
        mend = "Give the address of the log (https://…/log), a folder with its files, or a copy of it."
        raise InputRefused(Reason("log-source", "There is no log at this place", where=log, mend=mend))
    return lambda path: _read(folder / path)


def from_copy(data: bytes) -> Fetch:
    """The same, for the bytes of a copy of the log.

    Raises:
        InputRefused: code `log-source`.
    """
    files = read_copy(data)

    def read(path: str) -> bytes:
        if path not in files:
            raise _unreadable(path)
        return files[path]

    return read


def read_checkpoint(fetch: Fetch) -> bytes:
    """The served checkpoint.

    Raises:
        VerificationFailed: code `log-unreadable`.
    """
    return fetch(CHECKPOINT)[: LONGEST_NOTE + 1]


def read_bundles(fetch: Fetch, size: int) -> list[bytes]:
    """The entry bundles of a log of a verified size.

    Raises:
        VerificationFailed: code `log-unreadable`.
    """
    # One path at a time: whatever size was signed, the first file that is not there ends it.
    full, rest = divmod(size, WIDTH)
    bundles = [fetch(tile_path("entries", number)) for number in range(full)]
    return [*bundles, fetch(tile_path("entries", full, rest))] if rest else bundles


def _fetch(address: str) -> bytes:
    try:
        with urlopen(address, timeout=SECONDS) as answer:  # noqa: S310  the scheme was checked when the source was opened
            return _limited(_read_in_time(answer), address)
    except HTTPError as refusal:
        refusal.close()
        raise _unreadable(address) from refusal
    except (URLError, OSError, ValueError, HTTPException) as fault:
        raise _unreadable(address) from fault


def _read_in_time(answer: HTTPResponse) -> bytes:
    """At most one byte more than a file may have, within `SECONDS_FOR_A_FILE`."""
    ends, data = time.monotonic() + SECONDS_FOR_A_FILE, bytearray()
    while len(data) <= _LARGEST and (part := answer.read1(_PART)):
        data += part
        if time.monotonic() > ends:
            raise TimeoutError
    return bytes(data)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _limited(file.read(_LARGEST + 1), path.name)
    except OSError as fault:
        raise _unreadable(path.name) from fault


def _limited(data: bytes, where: str) -> bytes:
    if len(data) > _LARGEST:
        raise VerificationFailed(Reason("log-unreadable", "A file of the log is larger than any may be", where=where))
    return data


def _unreadable(where: str) -> VerificationFailed:
    mend = "Try again; if it stays away, the log is being kept from you."
    return VerificationFailed(Reason("log-unreadable", "A file of the log cannot be read", where=where, mend=mend))
