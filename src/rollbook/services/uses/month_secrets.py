"""The pupils' secrets of a month, each computed once: a set pays for the pupils no earlier set of the month had.

Kept encrypted under the month's key, which ends them. A small set computes its own and keeps nothing: its few pupils
would stand in a file of their own, and a sealed case must leave no such trace.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.platform.keys import Keys
from rollbook.services.uses.set_files import put_in_place
from rollbook.tlog.labels import SECRET_BYTES

# Sets up to this size are computed afresh, in about a tenth of a second.
SMALL: Final = 1024
_PUPILS_A_PART: Final = 250_000
_ID_BYTES: Final = 17
_Ids = NDArray[np.bytes_]
_Rows = NDArray[np.uint8]


def secrets_of(folder: Path, keys: Keys, epoch: str, pupil_ids: Sequence[str]) -> Iterator[bytes]:
    """`y` of each pupil in a month, 32 bytes each, in the order given; `folder` keeps those of earlier sets.

    Raises:
        StateBroken: a kept file was changed, or the month's key was destroyed.
    """
    if len(pupil_ids) <= SMALL:
        return iter(keys.vrf_evaluate(epoch, pupil_ids))
    wanted: _Ids = np.array(pupil_ids, dtype=f"S{_ID_BYTES}")
    found, rows = np.zeros(len(wanted), bool), np.zeros((len(wanted), SECRET_BYTES), np.uint8)
    home = folder / epoch
    for path in sorted(home.glob("[0-9a-f]*")) if home.is_dir() else ():
        for ids, kept in _read(path, keys, epoch):
            _take(wanted, found, rows, ids, kept)
    _compute(home, keys, epoch, wanted, found, rows)
    flat = rows.tobytes()
    return (flat[at : at + SECRET_BYTES] for at in range(0, len(flat), SECRET_BYTES))


def _compute(home: Path, keys: Keys, epoch: str, wanted: _Ids, found: NDArray[np.bool_], rows: _Rows) -> None:
    """Fill in the rows that no file has, and keep them."""
    new = np.flatnonzero(~found)
    if not len(new):
        return
    made = keys.vrf_evaluate(epoch, [one.decode("ascii") for one in wanted[new].tolist()])
    rows[new] = np.frombuffer(b"".join(made), np.uint8).reshape(-1, SECRET_BYTES)
    order = new[np.argsort(wanted[new], kind="stable")]
    _write(home, keys, epoch, wanted[order], rows[order])


def _take(wanted: _Ids, found: NDArray[np.bool_], rows: _Rows, ids: _Ids, kept: _Rows) -> None:
    places = np.searchsorted(ids, wanted)
    places[places == len(ids)] = 0
    hit = (ids[places] == wanted) & ~found
    rows[hit] = kept[places[hit]]
    found |= hit


def _write(home: Path, keys: Keys, epoch: str, ids: _Ids, rows: _Rows) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    cipher, draft = keys.set_cipher(epoch, name, make=True), home / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for number, at in enumerate(range(0, len(ids), _PUPILS_A_PART)):
            part = slice(at, at + _PUPILS_A_PART)
            sealed = cipher.seal(number, ids[part].tobytes() + rows[part].tobytes())
            file.write(len(sealed).to_bytes(8, "big") + sealed)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(draft, home / name)


def _read(path: Path, keys: Keys, epoch: str) -> Iterator[tuple[_Ids, _Rows]]:
    cipher, number = keys.set_cipher(epoch, path.name), 0
    with path.open("rb") as file:
        while length := file.read(8):
            data = cipher.open(number, file.read(int.from_bytes(length, "big")))
            count, rest = divmod(len(data), _ID_BYTES + SECRET_BYTES)
            if rest:
                raise StateBroken(Reason("secrets-broken", "A file of the month's secrets does not read", path.name))
            ids = np.frombuffer(data[: count * _ID_BYTES], f"S{_ID_BYTES}")
            yield ids, np.frombuffer(data[count * _ID_BYTES :], np.uint8).reshape(-1, SECRET_BYTES)
            number += 1
