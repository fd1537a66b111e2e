"""The files of the log on disk: a staging folder that is not served, and the served folder, whose files never change.

Guarantees: `stage` returns once files and folders are durable. `move` and `publish` rename, so a reader sees a file
whole or not at all; each may be repeated after a crash, at any point of which it goes on where it stopped. Nothing
here retries.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.platform.config import Config
from rollbook.tlog.tiles import CHECKPOINT, UNWITNESSED, bundle_paths

_SYNCS_AT_ONCE: Final = 16
# The staging folder of a state is flat, so that one sync of it makes all its names durable.
_SLASH: Final = "~"


@dataclass(frozen=True, slots=True)
class State:
    """What the log has signed, or is about to: its size and its root, 32 bytes."""

    size: int
    root: bytes

    @property
    def folder(self) -> str:
        """The name of the staging folder of exactly this state, so that two attempts never mix their files."""
        return f"{self.size}-{self.root.hex()}"


class LogFolder:
    """The served and the staging folder of one installation."""

    def __init__(self, served: Path, staging: Path) -> None:
        self.served = served
        self.staging = staging

    def stage(self, state: State, files: Mapping[str, bytes]) -> None:
        """Write the files that `state` adds, durably, where nobody is served (step 4)."""
        top = self.staging / state.folder
        top.mkdir(parents=True, exist_ok=True)
        # Written first and synced together: one after the other, each sync would wait for the disk alone.
        _sync([_write(f"{top}/{path.replace('/', _SLASH)}", data) for path, data in files.items()])
        _sync([str(top), str(self.staging)])

    def move(self, state: State) -> None:
        """Move the staged files of `state` into place (step 6); those that were moved before are there already."""
        top = self.staging / state.folder
        names = sorted(os.listdir(top)) if top.is_dir() else []
        parents = {self.served / name.rpartition(_SLASH)[0].replace(_SLASH, "/") for name in names}
        made = {folder for parent in parents for folder in _make(parent, self.served)}
        for name in names:
            os.rename(f"{top}/{name}", f"{self.served}/{name.replace(_SLASH, '/')}")
        _sync(map(str, parents | {folder.parent for folder in made}))
        shutil.rmtree(top, ignore_errors=True)

    def publish(self, checkpoint: bytes, name: str = CHECKPOINT) -> None:
        """Put a signed checkpoint in the place of the one before (step 9); an unwitnessed one beside it goes."""
        draft = self.served / f".{name}"
        write_durably(draft, checkpoint)
        draft.rename(self.served / name)
        if name == CHECKPOINT:
            (self.served / UNWITNESSED).unlink(missing_ok=True)
        _sync([str(self.served)])

    def checkpoint(self, name: str = CHECKPOINT) -> bytes | None:
        """The served checkpoint, or None where nothing was ever published."""
        try:
            return (self.served / name).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, path: str, data: bytes) -> bool:
        """Whether exactly these bytes are served under `path`."""
        file = self.served / path
        return file.is_file() and file.read_bytes() == data

    def read(self, path: str) -> bytes:
        """A served file.

        Raises:
            StateBroken: code `log-files`, where it is missing.
        """
        return self._read(path, State(0, b""))

    def bundles(self, state: State) -> list[bytes]:
        """The entry bundles of `state`, from the served folder or from its own staging folder.

        Raises:
            StateBroken: code `log-files`, where one is missing.
        """
        return [self._read(path, state) for path in bundle_paths(state.size)]

    def drop_staging(self) -> None:
        """Remove what attempts that came to nothing have left."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _read(self, path: str, state: State) -> bytes:
        for file in (self.served / path, self.staging / state.folder / path.replace("/", _SLASH)):
            if file.is_file():
                return file.read_bytes()
        mend = "Bring the log's files back from a mirror or monitor; nothing is signed until then."
        raise StateBroken(Reason("log-files", "A file of the log is missing", where=path, mend=mend))


def log_folder(config: Config) -> LogFolder:
    """The folders of an installation."""
    return LogFolder(config.log, config.data / "log-staging")


def write_durably(path: Path, data: bytes) -> None:
    """Write a file and wait until its bytes are on disk; its folder's own entry is the caller's to make durable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def _make(folder: Path, top: Path) -> list[Path]:
    """Make `folder` and what is missing between it and `top`; gives what was made, for its parents to be synced."""
    missing = [path for path in (folder, *folder.parents) if not path.exists() and (path == top or top in path.parents)]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _write(path: str, data: bytes) -> str:
    with open(path, "wb") as file:
        file.write(data)
    return path


def _sync(paths: Iterable[str]) -> None:
    """Wait until files' bytes, or folders' names, are on disk: all at once, since the disk takes them together."""
    wanted = sorted(set(paths))
    if len(wanted) < 2:
        for path in wanted:
            _sync_one(path)
        return
    with ThreadPoolExecutor(min(_SYNCS_AT_ONCE, len(wanted)), thread_name_prefix="sync") as pool:
        for done in [pool.submit(_sync_one, path) for path in wanted]:
            done.result()


def _sync_one(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
