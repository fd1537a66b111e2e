"""Invented uses of a nation's records: 2,000 populations over 20 years, made once and kept, encrypted by month.

The model: every birth year has as many people, numbered in its own block of keys. In each of 20 years 11 birth years
are in school, and 3 % of them, drawn anew each year, have no row. Of 2,000 uses 330 are of everyone in a year, 870 of
one to four birth years, 509 of a random 1 to 50 %, 291 of a random sample of 0.1 to 3 %. Each is of its own year or one
of the three before, and falls in one of 240 months in turn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyroaring import BitMap

from rollbook.dataplane.store.history_index import HistoryIndex, Sources
from rollbook.dataplane.store.history_segment import UseOfPeople
from rollbook.dataplane.store.populations import decode, encode, from_column
from rollbook.services.platform import config as settings
from rollbook.services.platform.keys import Keys, open_keys
from rollbook.services.uses.populations import write_durably

YEARS: Final = 20
USES_A_YEAR: Final = 100
_IN_SCHOOL: Final = 11
_BIRTH_YEARS: Final = YEARS + _IN_SCHOOL - 1
_FIRST_BLOCK: Final = 80
_SEED: Final = 20250901
_KINDS: Final = (330, 870, 509, 291)

People = NDArray[np.uint32]


@dataclass(frozen=True)
class Nation:
    """The uses of so many people, in a folder of its own."""

    home: Path
    people: int

    @cached_property
    def keys(self) -> Keys:
        """The keys of an installation that has nothing else."""
        folders = {"ROLLBOOK_DATA": str(self.home / "data"), "ROLLBOOK_KEYS": str(self.home / "keys")}
        return open_keys(settings.load(folders, process="operator"))

    @cached_property
    def uses(self) -> list[UseOfPeople]:
        """All uses, oldest first; made and written at first need."""
        folder = self.home / "populations"
        folder.mkdir(parents=True, exist_ok=True)
        whole = [UseOfPeople(f"{number:032x}", epoch) for number, epoch in enumerate(_months())]
        if not (self.home / "whole").exists():
            for use, people in zip(whole, _populations(self.people), strict=True):
                (folder / use.name).write_bytes(self._sealed(use, people))
            (self.home / "whole").touch()
        return whole

    def add(self, use: UseOfPeople, person_keys: People) -> None:
        """What a use costs the record: from a column of person keys to a durable encrypted file."""
        write_durably(self.home / "populations", use.name, self._sealed(use, person_keys))

    def _sealed(self, use: UseOfPeople, person_keys: People) -> bytes:
        people = from_column(pa.chunked_array([pa.array(person_keys, pa.uint32())]))
        return self.keys.seal(use.epoch, encode(people), use.name)

    def remove(self, use: UseOfPeople) -> None:
        """Take a use out again."""
        (self.home / "populations" / use.name).unlink()

    def stored(self, use: UseOfPeople) -> bytes:
        """A population, decrypted."""
        sealed = (self.home / "populations" / use.name).read_bytes()
        return self.keys.unseal(use.epoch, sealed, use.name)

    def population(self, use: UseOfPeople) -> BitMap:
        """A population as a set."""
        return decode(self.stored(use))

    def index(self) -> HistoryIndex:
        """The index of these uses, as a process that has just started sees it."""
        return HistoryIndex(
            self.home / "history", Sources(self.keys.segment_cipher, self.keys.destroyed_epochs, self.stored)
        )


def everyone(year: int, people: int) -> People:
    """The keys of all who are of school age in a year, ascending."""
    return np.concatenate([_birth_year(year + one, people) for one in range(_IN_SCHOOL)])


def some_people(people: int, many: int) -> list[int]:
    """Random people of all birth years, the same ones each time."""
    draw, a_year = np.random.default_rng(_SEED + 1), people // _BIRTH_YEARS
    blocks, places = draw.integers(0, _BIRTH_YEARS, many), draw.integers(0, a_year, many)
    return [int((_FIRST_BLOCK + block << 21) + place) for block, place in zip(blocks, places, strict=True)]


def _birth_year(number: int, people: int) -> People:
    start = (_FIRST_BLOCK + number) << 21
    return np.arange(start, start + people // _BIRTH_YEARS, dtype=np.uint32)


def _months() -> Iterator[str]:
    for number in range(YEARS * USES_A_YEAR):
        year, place = divmod(number, USES_A_YEAR)
        yield f"{2006 + year}-{1 + place * 12 // USES_A_YEAR:02}"


def _populations(people: int) -> Iterator[People]:
    draw = np.random.default_rng(_SEED)
    kinds = draw.permutation(np.repeat(np.arange(4), _KINDS))
    rolls = [_with_a_row(year, people) for year in range(YEARS)]
    for number, kind in enumerate(kinds.tolist()):
        year = number // USES_A_YEAR
        roll = rolls[int(draw.integers(max(0, year - 3), year + 1))]
        yield _drawn(kind, roll, draw)


def _with_a_row(year: int, people: int) -> People:
    of_age = everyone(year, people)
    return of_age[np.random.default_rng(_SEED + 100 + year).random(len(of_age), np.float32) >= 0.03]


def _drawn(kind: int, roll: People, draw: Any) -> People:
    if kind == 0:
        return roll
    if kind == 1:
        first, many = int(draw.integers(0, _IN_SCHOOL - 3)), int(draw.integers(1, 5))
        block = (int(roll[0]) >> 21) + first
        return roll[np.searchsorted(roll, block << 21) : np.searchsorted(roll, (block + many) << 21)]
    share: float = draw.uniform(0.01, 0.5) if kind == 2 else draw.uniform(0.001, 0.03)
    drawn: People = roll[draw.random(len(roll), np.float32) < share]
    return drawn
