"""From an untrusted zip to its members in memory, or a refusal. Nothing is ever written to disk under a member's name.

Sizes are refused as declared and counted again while unpacking, because a zip may lie about them.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.untrusted import Limits, refuse_large

MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PLAIN: Final = re.compile(r"(?:[A-Za-z0-9_(][A-Za-z0-9 ._()-]{0,99}/)?[A-Za-z0-9_(][A-Za-z0-9 ._()-]{0,99}")
_UNPACKED_BY_HAND: Final = "Put the CSV files alone into a new zip, without folders, and send that."
_RATIO_FROM: Final = 1024 * 1024
_FOR_MAC: Final = "__MACOSX/"


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin as a zip does."""
    return data.startswith(MAGIC)


def unpack(data: bytes, name: str, limits: Limits) -> dict[str, bytes]:
    """The members by base name. Raises InputRefused for all but a small, plain, unencrypted zip of plain files."""
    refuse_large(len(data), name, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = list(_files(archive, name, limits))
            _refuse_sizes(entries, name, limits)
            return _read_all(archive, entries, name, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise _damaged(name) from None


def _damaged(name: str) -> Exception:
    return refusal("zip-damaged", "The zip is damaged or cut short", name)


def _files(archive: zipfile.ZipFile, name: str, limits: Limits) -> Iterator[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > limits.max_members:
        raise refusal("zip-too-many", f"The zip holds more than {limits.max_members} files", name, _UNPACKED_BY_HAND)
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        _refuse_entry(entry, f"{name}, file {number} of the zip")
        if entry.is_dir() or entry.filename.startswith(_FOR_MAC):
            continue
        base = _base(entry)
        if base.lower() in seen:
            where = f"{name}, {base}"
            raise refusal("zip-twice", "Two files of the zip have the same name", where, _UNPACKED_BY_HAND)
        seen.add(base.lower())
        yield entry


def _base(entry: zipfile.ZipInfo) -> str:
    return entry.filename.rpartition("/")[2]


def _refuse_entry(entry: zipfile.ZipInfo, where: str) -> None:
    written = entry.orig_filename  # the library cuts filename at a NUL and turns slashes
    if entry.flag_bits & 0x1:
        raise refusal("zip-encrypted", "The zip is locked with a password", where, "Send it without a password.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise refusal("zip-path", "The zip holds a link to another file", where, _UNPACKED_BY_HAND)
    if not written.startswith(_FOR_MAC) and not _PLAIN.fullmatch(written.rstrip("/")):
        message = "A file of the zip has a name or folder that is not allowed"
        raise refusal("zip-path", message, where, _UNPACKED_BY_HAND)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refusal("zip-method", "The zip is packed in an unusual way", where, _UNPACKED_BY_HAND)


def _refuse_sizes(entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _RATIO_FROM and unpacked > limits.max_ratio * max(packed, 1):
        raise refusal("zip-bomb", "The zip unpacks to far more than any real tables would", name)
    if unpacked > limits.max_bytes:
        raise _too_large(name, limits)


def _too_large(name: str, limits: Limits) -> Exception:
    megabytes = limits.max_bytes / 1024 / 1024
    message = f"The zip unpacks to more than the limit of {megabytes:g} MB"
    return refusal("file-too-large", message, name, "Send one school a file.")


def _read_all(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str, limits: Limits) -> dict[str, bytes]:
    left = limits.max_bytes
    members: dict[str, bytes] = {}
    for entry in entries:
        with archive.open(entry) as file:
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise _too_large(name, limits)
        if is_zip(content):
            where = f"{name}, {_base(entry)}"
            raise refusal("zip-nested", "The zip holds another zip", where, _UNPACKED_BY_HAND)
        members[_base(entry)] = content
    return members
