"""Set stores on disk: one file a set, in parts that are encrypted one by one, so that a proof reads some kilobytes.

The file is its mark and one byte, the number of bits by which labels are divided; then the parts in order, the index
last. Needs neither Django nor the records.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.tlog.set_store import INDEX, MOST_BITS, Index, bits_for, build, index_bytes, read_index
from rollbook.tlog.trie_proof import LABEL_BYTES

MARK: Final = b"rollbook/set@v1\n"
_HEAD: Final = len(MARK) + 1
# What encryption adds to a part: the tag of AES-GCM.
TAG_BYTES: Final = 16


class Cipher(Protocol):
    """Seals the numbered parts of one set store, each once."""

    def seal(self, number: int, plaintext: bytes) -> bytes:
        """Encrypt and authenticate part `number`."""
        ...

    def open(self, number: int, sealed: bytes) -> bytes:
        """What `seal` was given, or `StateBroken`."""
        ...


def write(path: Path, labels: Iterable[bytes], size: int, cipher: Cipher) -> Index:
    """Build the set of `labels` and write its store; durable, whole or not there, once this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 1 << 20) as file:
        file.write(MARK + bytes([bits_for(size)]))
        index = build(labels, size, lambda number, part: _write_part(file, cipher, number, part))
        file.flush()
        os.fsync(file.fileno())
    put_in_place(draft, path)
    return index


def put_in_place(draft: Path, path: Path) -> None:
    """Give a file its name, durably."""
    draft.rename(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def prove(path: Path, label: bytes, cipher: Cipher) -> bytes:
    """The proof that `label` is, or is not, in the set whose store lies at `path`.

    Raises:
        StateBroken: the store is missing or was changed.
    """
    try:
        with path.open("rb") as file:
            index = _read_index(file, path.name, cipher)
            number = index.part_of(label)
            return index.prove(label, cipher.open(number, _read_part(file, index, number)))
    except FileNotFoundError:
        raise _missing(path.name) from None


def labels(path: Path, cipher: Cipher) -> Iterator[bytes]:
    """Every label of a set, in order. Refuses like `prove`."""
    try:
        with path.open("rb") as file:
            index = _read_index(file, path.name, cipher)
            for number in range(1, len(index.starts)):
                part = cipher.open(number, _read_part(file, index, number))
                yield from (part[at : at + LABEL_BYTES] for at in range(0, len(part), LABEL_BYTES))
    except FileNotFoundError:
        raise _missing(path.name) from None


def _missing(name: str) -> StateBroken:
    return StateBroken(Reason("set-missing", "A set store is missing", name, "Restore it from a backup."))


def _write_part(file: BinaryIO, cipher: Cipher, number: int, part: bytes) -> None:
    # The index comes last under a number of its own, so no two parts share one.
    file.write(cipher.seal(number, part))


def _read_index(file: BinaryIO, name: str, cipher: Cipher) -> Index:
    head = file.read(_HEAD)
    if head[:-1] != MARK or head[-1] > MOST_BITS:
        raise StateBroken(Reason("set-broken", "A set store does not read", name, "Restore it from a backup."))
    length = index_bytes(head[-1]) + TAG_BYTES
    file.seek(max(_HEAD, file.seek(0, os.SEEK_END) - length))
    return read_index(cipher.open(INDEX, file.read(length)), head[-1])


def _read_part(file: BinaryIO, index: Index, number: int) -> bytes:
    first, after = index.span(number)
    file.seek(_HEAD + first * LABEL_BYTES + (number - 1) * TAG_BYTES)
    return file.read((after - first) * LABEL_BYTES + TAG_BYTES)
