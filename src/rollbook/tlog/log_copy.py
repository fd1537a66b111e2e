"""A copy of the whole log in one file, for a device that cannot read a folder of them.

A line with the name of the form, a line with the length of the checkpoint, the checkpoint, then every entry after its
length in two bytes: the entry bundles one after another.
"""

import re
from collections.abc import Mapping
from typing import Final

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.tlog.checkpoint import read_body
from rollbook.tlog.tiles import CHECKPOINT, WIDTH, tile_path

HEADER: Final = b"rollbook/log-copy@v1\n"
_LENGTH = re.compile(rb"([1-9][0-9]{0,5})\n")


def write_head(checkpoint: bytes) -> bytes:
    """What stands before the entries."""
    return HEADER + f"{len(checkpoint)}\n".encode() + checkpoint


def is_copy(data: bytes) -> bool:
    """Whether `data` says that it is a copy of a log."""
    return data.startswith(HEADER)


def read_copy(data: bytes) -> Mapping[str, bytes]:
    """The files of the log in a copy, by path; nothing in them is verified yet.

    Raises:
        InputRefused: code `log-source`, where the copy does not hold the entries its checkpoint speaks of.
        VerificationFailed: codes `note`, `checkpoint`.
    """
    length = _LENGTH.match(data, len(HEADER))
    if not is_copy(data) or length is None:
        raise _broken()
    start = length.end() + int(length[1])
    files = {CHECKPOINT: data[length.end() : start]}
    starts, count = _blocks(data, start)
    if count != read_body(files[CHECKPOINT]).size:
        raise _broken()
    for number, (begin, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        files[tile_path("entries", number, min(WIDTH, count - WIDTH * number))] = data[begin:end]
    return files


def _blocks(data: bytes, at: int) -> tuple[list[int], int]:
    """Where each block of entries starts and how many entries there are; -1 where the bytes end inside one."""
    starts, count = [], 0
    while at < len(data):
        if count % WIDTH == 0:
            starts.append(at)
        at += 2 + int.from_bytes(data[at : at + 2])
        count += 1
    return starts, count if at == len(data) else -1


def _broken() -> InputRefused:
    return InputRefused(Reason("log-source", "This file is not a copy of a log", mend="Save the copy again."))
