"""The files of the log on disk: a staging folder that is not served, and the served folder, whose files never change.

Guarantees: `stage` returns once files and folders are durable. `move` and `publish` rename, so a reader sees a file
whole or not at all; each may be repeated after a crash, at any point of which it goes on where it stopped. Nothing
here retries.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.config import Config
from rollbook.tlog.tiles import CHECKPOINT, UNWITNESSED, bundle_paths


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
        for path, data in files.items():
            write_durably(top / path, data)
        _sync_folders({top, self.staging, *((top / path).parent for path in files)})

    def move(self, state: State) -> None:
        """Move the staged files of `state` into place (step 6); those that were moved before are there already."""
        top = self.staging / state.folder
        moved = sorted(path for path in top.rglob("*") if path.is_file()) if top.is_dir() else []
        targets = [self.served / path.relative_to(top) for path in moved]
        for source, target in zip(moved, targets, strict=True):
            _make_folder(target.parent, self.served)
            source.rename(target)
        _sync_folders(target.parent for target in targets)
        shutil.rmtree(top, ignore_errors=True)

    def publish(self, checkpoint: bytes, name: str = CHECKPOINT) -> None:
        """Put a signed checkpoint in the place of the one before (step 9); an unwitnessed one beside it goes."""
        draft = self.served / f".{name}"
        write_durably(draft, checkpoint)
        draft.rename(self.served / name)
        if name == CHECKPOINT:
            (self.served / UNWITNESSED).unlink(missing_ok=True)
        _sync_folders([self.served])

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
        for file in (self.served / path, self.staging / state.folder / path):
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


def _make_folder(folder: Path, top: Path) -> None:
    """Make `folder` durably with all between it and `top`: a forgotten name would lose what lies under it."""
    missing = [path for path in (folder, *folder.parents) if not path.exists() and (path == top or top in path.parents)]
    folder.mkdir(parents=True, exist_ok=True)
    _sync_folders(path.parent for path in missing)


def _sync_folders(folders: Iterable[Path]) -> None:
    for folder in sorted(set(folders)):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
