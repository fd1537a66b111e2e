"""Reading the files of a study that came over HTTP: loose files or one zip, every byte taken as written by an enemy.

Nothing is unpacked onto a disk. A zip's own statements of size are not believed: each member is read up to a limit and
counted as it is read. What the files say is `rollbook.dataplane.runs.study`'s business.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from rollbook.kernel.refusals import InputRefused, Reason

MAX_UPLOAD: Final = 1024 * 1024
MAX_FILES: Final = 50
MAX_FILE: Final = 256 * 1024
MAX_TOTAL: Final = 2 * 1024 * 1024
_PATH = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}(/[a-z0-9][a-z0-9_-]{0,40})?\.(toml|sql|py|r)|study\.commit")
_ENCRYPTED = 0x1
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def files_of(uploads: Mapping[str, bytes]) -> dict[str, bytes]:
    """The study's files by path, from one zip or from files as they are.

    Raises:
        InputRefused: codes `upload-empty`, `upload-too-large`, `upload-too-many`, `upload-path`, `upload-link`,
            `upload-zip`, `upload-twice`, `upload-encrypted`.
    """
    if not uploads:
        raise _refused("upload-empty", "No file was sent", "", "Choose study.toml and its steps, or one zip.")
    if sum(len(data) for data in uploads.values()) > MAX_UPLOAD:
        raise _refused("upload-too-large", "The upload is too large", "", f"Send at most {MAX_UPLOAD // 1024} KiB.")
    if len(uploads) == 1:
        [(name, data)] = uploads.items()
        if name.lower().endswith(".zip"):
            return _unzip(data)
    return _checked(uploads)


def _refused(code: str, message: str, where: str, mend: str) -> InputRefused:
    return InputRefused(Reason(code, message, where, mend))


def _shown(path: str) -> str:
    return re.sub(r"[^\w./-]", "?", path[:60])


def _checked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    if len(files) > MAX_FILES:
        raise _refused("upload-too-many", f"More than {MAX_FILES} files", "", "Join some steps.")
    for path, data in files.items():
        _check_path(path)
        if len(data) > MAX_FILE:
            mend = f"A file of a study is at most {MAX_FILE // 1024} KiB; data does not belong in it."
            raise _refused("upload-too-large", "This file is too large", _shown(path), mend)
    return dict(files)


def _check_path(path: str) -> None:
    # One pattern of what may be, not a list of what may not: absolute paths, `..`, back-slashes, colons and control
    # characters are all outside it.
    if not _PATH.fullmatch(path):
        mend = "Use study.toml, and .sql, .py or .r files in the same folder or one folder below, in small letters."
        raise _refused("upload-path", "This is not a path a study may have", _shown(path), mend)


def _unzip(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _members(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError) as error:
        raise _refused("upload-zip", "The zip cannot be read", "", "Make it anew and send it again.") from error


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    members = [info for info in archive.infolist() if not _is_plain_folder(info)]
    if len(members) > MAX_FILES:
        raise _refused("upload-too-many", f"More than {MAX_FILES} files", "zip", "Join some steps.")
    files: dict[str, bytes] = {}
    total = 0
    for info in members:
        _check_member(info, files)
        # What is read counts, not what the zip says; entries that share the same compressed bytes count each time.
        with archive.open(info) as member:
            files[info.filename] = member.read(MAX_FILE + 1)
        total += len(files[info.filename])
        if len(files[info.filename]) > MAX_FILE or total > MAX_TOTAL:
            mend = f"Unpacked, a file is at most {MAX_FILE // 1024} KiB and all are at most {MAX_TOTAL // 1024} KiB."
            raise _refused("upload-too-large", "The zip unpacks to too much", _shown(info.filename), mend)
    if not files:
        raise _refused("upload-empty", "The zip holds no file", "zip", "Put study.toml and its steps into it.")
    return files


def _is_plain_folder(info: zipfile.ZipInfo) -> bool:
    return (
        info.is_dir() and not info.file_size and re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}/", info.filename) is not None
    )


def _check_member(info: zipfile.ZipInfo, files: Mapping[str, bytes]) -> None:
    where = _shown(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise _refused("upload-link", "This is a link or a special file", where, "Put the file itself into the zip.")
    # `orig_filename` keeps what a zero byte in the name would hide.
    _check_path(info.orig_filename)
    if info.flag_bits & _ENCRYPTED:
        raise _refused("upload-encrypted", "This file is encrypted", where, "Make the zip without a password.")
    if info.compress_type not in _PLAIN:
        raise _refused("upload-zip", "This file is packed in an unusual way", where, "Make an ordinary zip.")
    if info.filename in files:
        raise _refused("upload-twice", "The zip holds this file twice", where, "Keep one.")
