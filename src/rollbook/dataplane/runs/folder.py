"""Reading a folder that someone else wrote: every entry is opened without following links, and counted and measured
first.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from rollbook.kernel.refusals import InputRefused, Reason

MAX_ENTRIES = 500
MAX_BYTES = 1024 * 1024
# The folders `rollbook study dummy` fills, and version control: never read as part of a study.
_PASSED_OVER = frozenset({"dummy", "dummy-truth", ".git"})
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_folder(folder: Path, *, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """The wanted files of `folder` and of the folders just below it, by path with `/`.

    Raises:
        InputRefused: for a link, a device, a pipe, too many entries or too many bytes, wherever in the folder.
    """
    try:
        top = os.open(folder, _DIRECTORY)
    except OSError as error:
        mend = "Give a folder that holds study.toml, not a link to one."
        raise InputRefused(Reason("study-folder", "The study's folder cannot be opened", folder.name, mend)) from error
    try:
        return _Reading(wanted).read(top)
    finally:
        os.close(top)


class _Reading:
    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self.wanted = wanted
        self.entries = 0
        self.bytes = 0
        self.files: dict[str, bytes] = {}

    def read(self, directory: int, prefix: str = "") -> dict[str, bytes]:
        for name in sorted(os.listdir(directory)):
            if not prefix and name in _PASSED_OVER:
                continue
            self.entries += 1
            if self.entries > MAX_ENTRIES:
                raise InputRefused(
                    Reason("study-too-many", f"More than {MAX_ENTRIES} files", mend="Keep data elsewhere.")
                )
            self._entry(directory, name, prefix + name)
        return self.files

    def _entry(self, directory: int, name: str, path: str) -> None:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            self._below(directory, name, path)
        elif not stat.S_ISREG(mode):
            kind = "a link" if stat.S_ISLNK(mode) else "not a plain file"
            mend = "Put the file itself there, or take it out."
            raise InputRefused(Reason("study-link", f"This is {kind}", ascii(path)[1:-1][:80], mend))
        elif self.wanted(path):
            self.files[path] = self._bytes(directory, name, path)

    def _below(self, directory: int, name: str, path: str) -> None:
        # A study's steps lie at most one folder deep, so anything deeper cannot be part of it.
        if "/" in path:
            return
        below = os.open(name, _DIRECTORY, dir_fd=directory)
        try:
            self.read(below, path + "/")
        finally:
            os.close(below)

    def _bytes(self, directory: int, name: str, path: str) -> bytes:
        with os.fdopen(os.open(name, _FILE, dir_fd=directory), "rb") as file:
            data = file.read(MAX_BYTES - self.bytes + 1)
        self.bytes += len(data)
        if self.bytes > MAX_BYTES:
            mend = f"A study is at most {MAX_BYTES // 1024} KiB of text; data does not belong in it."
            raise InputRefused(Reason("study-too-large", "The study is too large", path, mend))
        return data
