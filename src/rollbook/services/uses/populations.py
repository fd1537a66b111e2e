"""Population files: the exact set of people in one use, encrypted under the key of its month, under a random name.

A file is durable before the row that names it is committed. A file that no row names was left by a process that died
before that commit; `forget_unnamed` removes it.
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from pyroaring import BitMap

from rollbook.dataplane.store.history_index import SEALED, sync_folder
from rollbook.dataplane.store.populations import decode, encode
from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.platform.keys import open_keys


def folder() -> Path:
    """Where the files lie."""
    path: Path = settings.ROLLBOOK.data / "populations"
    return path


def digest(people: BitMap) -> bytes:
    """SHA-256 of the population as `decode` gives it back: what the confidential manifest commits to."""
    return sha256(encode(people))


def keep(people: BitMap, epoch: str) -> str:
    """Write the population of a use that the portal may show; gives the file's name."""
    name = secrets.token_hex(16)
    write_durably(folder(), name, open_keys(settings.ROLLBOOK).seal(epoch, encode(people), name))
    return name


def keep_sealed(people: BitMap) -> str:
    """Write the population of a sealed case, for the overseer's key alone: no process of the authority reads it
    again.
    """
    name = f"{SEALED}{secrets.token_hex(16)}"
    write_durably(folder(), name, open_keys(settings.ROLLBOOK).seal_for_overseer(encode(people)))
    return name


def read(name: str, epoch: str) -> BitMap:
    """The population `keep` was given.

    Raises:
        StateBroken: the file is missing or was changed, or its month's key was destroyed.
    """
    return decode(read_bytes(name, epoch))


def read_bytes(name: str, epoch: str) -> bytes:
    """What `read` decodes: the population in the portable Roaring format. Refuses alike."""
    try:
        sealed = (folder() / name).read_bytes()
    except FileNotFoundError:
        mend = "Restore it from a backup."
        raise StateBroken(Reason("population-missing", "A population file is missing", name, mend)) from None
    return open_keys(settings.ROLLBOOK).unseal(epoch, sealed, name)


def forget_unnamed(named: set[str]) -> int:
    """Remove the files that no row names; gives how many."""
    if not folder().is_dir():
        return 0
    stray = [path for path in folder().iterdir() if path.name.removeprefix(".") not in named or path.name[0] == "."]
    for path in stray:
        path.unlink()
    return len(stray)


def forget(names: Iterable[str]) -> int:
    """Remove files that nobody can read any more; gives how many were there."""
    there = [folder() / name for name in names if (folder() / name).exists()]
    for path in there:
        path.unlink()
    return len(there)


def write_durably(place: Path, name: str, data: bytes) -> None:
    """Write a file that is there whole or not at all, and stays once this returns."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    draft.rename(place / name)
    sync_folder(place)
