"""The folder of keys: which sub-folder a process may open, and reading and writing one secret.

Files have mode 0600 and folders 0700. A file is written whole beside its name and then linked to it, so a
half-written key is never read and of two writers the first wins.
"""

import os
import secrets
from pathlib import Path

from rollbook.kernel.refusals import AccessDenied, Reason, SetupFailed, StateBroken
from rollbook.services.platform.config import Config, Process

# The web process reaches people from outside, so it opens least: its own secrets, public keys, and the keys that let
# the portal read which uses a person was in. Project, VRF and log keys are not among them.
OPENS: dict[Process, frozenset[str]] = {
    "web": frozenset({"web", "public", "populations"}),
    "jobs": frozenset({"jobs", "public", "populations"}),
    "log": frozenset({"log", "public"}),
    "operator": frozenset({"web", "jobs", "log", "public", "populations", "operator"}),
    "owner": frozenset({"web", "jobs", "log", "public", "populations", "operator"}),
}
FOLDERS = frozenset().union(*OPENS.values())
# Ends the name of the mark that a destroyed key leaves.
DESTROYED = ".destroyed"


class KeyFolder:
    """The keys of one installation as one process sees them."""

    def __init__(self, config: Config) -> None:
        self._root = config.keys
        self.process = config.process

    def read(self, folder: str, name: str) -> bytes:
        """One secret.

        Raises:
            AccessDenied: this process does not open that folder.
            SetupFailed: there is no such key, or its file can be read by others.
        """
        path = self._path(folder, name)
        if not path.exists():
            mend = "Run `rollbook setup`, or put the keys folder back from its own backup."
            raise SetupFailed(Reason("key-missing", "A key is missing", where=f"{folder}/{name}", mend=mend))
        if path.stat().st_mode & 0o077:
            mend = f"Run: chmod 600 {path}"
            raise SetupFailed(
                Reason("key-mode", "A key can be read by other users", where=f"{folder}/{name}", mend=mend)
            )
        return path.read_bytes()

    def has(self, folder: str, name: str) -> bool:
        """Whether the key is there."""
        return self._path(folder, name).exists()

    def names(self, folder: str) -> tuple[str, ...]:
        """Names of the keys in a folder, in order."""
        path = self._path(folder, "")
        return tuple(sorted(os.listdir(path))) if path.is_dir() else ()

    def write(self, folder: str, name: str, secret: bytes) -> bytes:
        """Keep a secret under a new name, durably; gives the one that stands, another writer's if that was first."""
        path = self._path(folder, name)
        make_private(path.parent, self._root)
        draft = path.parent / f".{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(secret)
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_folder(path.parent)
        return path.read_bytes()

    def destroy(self, folder: str, name: str) -> None:
        """Overwrite and remove a key, and leave a mark so that no new one is made under its name."""
        path = self._path(folder, name)
        self.write(folder, f"{name}{DESTROYED}", b"")
        if path.exists():
            path.write_bytes(secrets.token_bytes(path.stat().st_size))
            path.unlink()
            _sync_folder(path.parent)

    def must_live(self, folder: str, name: str) -> None:
        """Refuse when the key was destroyed.

        Raises:
            StateBroken: with code `key-destroyed`.
        """
        if self.has(folder, f"{name}{DESTROYED}"):
            raise StateBroken(Reason("key-destroyed", "This key was destroyed on purpose", where=f"{folder}/{name}"))

    def _path(self, folder: str, name: str) -> Path:
        top = folder.partition("/")[0]
        if top not in OPENS[self.process]:
            mend = "This work belongs to another process."
            raise AccessDenied(Reason("key-folder", f"The {self.process} process has no {top} keys", mend=mend))
        if ".." in Path(folder, name).parts or "/" in name:
            raise SetupFailed(Reason("key-name", "This is not the name of a key"))
        return self._root / folder / name


def make_private(folder: Path, root: Path) -> None:
    """Make `folder` with mode 0700, and what is missing between it and `root`."""
    root.parent.mkdir(parents=True, exist_ok=True)
    missing = [
        path for path in (folder, *folder.parents) if not path.exists() and (path == root or root in path.parents)
    ]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
