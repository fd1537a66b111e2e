"""An index of uses with keys and populations of its own, in memory, for tests that break it."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyroaring import BitMap

from rollbook.dataplane.store import history_index
from rollbook.dataplane.store.history_segment import UseOfPeople
from rollbook.dataplane.store.populations import encode
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.platform import keys
from rollbook.services.platform.config import Config

MONTHS = tuple(f"2025-{month:02}" for month in range(1, 13))


@dataclass
class Uses:
    """Uses, their populations as plain sets, and the keys of an installation."""

    config: Config
    people: dict[UseOfPeople, set[int]] = field(default_factory=dict)

    @property
    def keys(self) -> keys.Keys:
        return keys.open_keys(self.config)

    def add(self, epoch: str, people: Iterable[int]) -> UseOfPeople:
        use = UseOfPeople(f"{len(self.people):032x}", epoch)
        self.keys.seal(epoch, b"makes the month's key", "x")
        self.people[use] = set(people)
        return use

    def population(self, use: UseOfPeople) -> bytes:
        if use.epoch in self.keys.destroyed_epochs():
            raise StateBroken(Reason("key-destroyed", "destroyed"))
        return encode(BitMap(self.people[use]))

    def index(self, folder: Path) -> history_index.HistoryIndex:
        sources = history_index.Sources(self.keys.segment_cipher, self.keys.destroyed_epochs, self.population)
        return history_index.HistoryIndex(folder, sources)

    def newest_first(self) -> dict[str, str]:
        return {use.name: use.epoch for use in reversed(self.people)}

    def truth(self, key: int) -> set[str]:
        return {use.name for use, people in self.people.items() if key in people}

    def some_keys(self, seed: int, many: int = 40) -> list[int]:
        draw = random.Random(seed)
        held = sorted(set().union(*self.people.values()))
        return [*draw.sample(held, min(many, len(held))), 0, 2**32 - 1, 5 << 21]


def filled(config: Config, uses: int, seed: int = 1, months: Sequence[str] = MONTHS[:3]) -> Uses:
    """So many uses over a few birth years: whole years, samples, runs of neighbours and single people."""
    draw, made = random.Random(seed), Uses(config)
    for number in range(uses):
        start = draw.choice((3, 4, 9)) << 21
        kind = number % 4
        if kind == 0:
            people: Iterable[int] = range(start, start + draw.randrange(1, 3000))
        elif kind == 1:
            people = (start + draw.randrange(200_000) for _ in range(draw.randrange(1, 500)))
        elif kind == 2:
            people = [start + draw.randrange(70_000)]
        else:
            people = (one for one in range(start, start + 2000) if draw.random() > 0.03)
        made.add(months[number * len(months) // uses], people)
    return made
