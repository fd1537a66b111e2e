"""Who was in which use, for one person at a time: an index that is never the record.

The record is one population file for each use. Every 256 uses that no segment has are made into one; the newest, at
most 255, are asked one by one and held in memory. Whatever is wrong with a segment (gone, cut short, changed, under a
key that was destroyed), its uses are answered from their populations, and the next `compact` makes it again.

Destroying an epoch's key ends every segment that covers the epoch, in the folder and in every copy of it, since the
segment's own key is made from the keys of all its epochs. Segments and populations held in memory are let go at the
next look-up. Sealed sets never come here: the names given must be of open uses.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final

from pyroaring import BitMap

from rollbook.dataplane.store.history_segment import MOST_USES, Cipher, Column, Segment, UseOfPeople, header_of, write
from rollbook.dataplane.store.populations import decode
from rollbook.kernel.refusals import Reason, StateBroken

SUFFIX: Final = ".segment"
SEALED: Final = "sealed-"
_HELD: Final = 2 * MOST_USES


@dataclass(frozen=True, slots=True)
class Sources:
    """What the index needs of the keys and the record.

    `cipher(epochs, name)`: the cipher of a segment; refuses with StateBroken once an epoch's key was destroyed.
    `dead()`: the epochs whose keys were destroyed, as of now. `population(use)`: its bytes, or StateBroken.
    """

    cipher: Callable[[Sequence[str], str], Cipher]
    dead: Callable[[], frozenset[str]]
    population: Callable[[UseOfPeople], bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """By person key, the names of the uses it was in; and the uses whose people can no longer be read."""

    inside: Mapping[int, frozenset[str]]
    unknown: frozenset[str]


class HistoryIndex:
    """The index in one folder. Any number of processes may look up while one compacts; safe between threads."""

    def __init__(self, folder: Path, sources: Sources) -> None:
        self._folder, self._sources = folder, sources
        self._lock = Lock()
        self._open: dict[str, Segment] = {}
        self._refused: set[str] = set()
        self._held: dict[UseOfPeople, BitMap] = {}

    def look_up(self, uses: Mapping[str, str], person_keys: Sequence[int]) -> Answer:
        """Which of `uses` (name of the population to its epoch) each person was in."""
        with self._lock:
            dead = self._sources.dead()
            inside, answered = self._from_segments(dead, person_keys)
            loose = {UseOfPeople(name, uses[name]) for name in uses.keys() - answered}
            unknown: set[str] = set()
            self._from_populations(loose, dead, inside, unknown)
            self._forget(loose, dead)
        return Answer({key: frozenset(names & uses.keys()) for key, names in inside.items()}, frozenset(unknown))

    def compact(self, uses: Sequence[UseOfPeople]) -> int:
        """Clear away what no longer serves, then make segments while 256 of `uses` (oldest first) have none; gives how
        many were made. Nothing is done while another process compacts.
        """
        _refuse_sealed([one.name for one in uses])
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(self._folder) as mine:
            if not mine:
                return 0
            covered, made = self._clear({one.name for one in uses}), 0
            loose = [one for one in uses if one.name not in covered]
            columns = self._readable(loose) if len(loose) >= MOST_USES else iter(())
            while len(batch := list(islice(columns, MOST_USES))) == MOST_USES:
                self._make(batch)
                made += 1
            return made

    def _from_segments(self, dead: frozenset[str], keys: Sequence[int]) -> tuple[dict[int, set[str]], set[str]]:
        inside: dict[int, set[str]] = {key: set() for key in keys}
        answered: set[str] = set()
        for name, segment in self._segments(dead):
            try:
                found = [(key, segment.names_with(key)) for key in inside]
            except StateBroken:
                # Changed bytes stay changed: the next compaction finds its uses without a segment.
                segment.path.unlink(missing_ok=True)
                continue
            except OSError:
                self._refused.add(name)
                self._open.pop(name).close()
                continue
            answered |= segment.names
            for key, names in found:
                inside[key].update(names)
        return inside, answered

    def _segments(self, dead: frozenset[str]) -> list[tuple[str, Segment]]:
        """The segments that stand and read; those that ended or went are let go."""
        standing = {path.name: path for path in self._paths()}
        for name in [name for name, one in self._open.items() if name not in standing or one.epochs & dead]:
            self._open.pop(name).close()
        for name in standing.keys() - self._open.keys() - self._refused:
            try:
                self._open[name] = self._opened(standing[name])
            except (StateBroken, OSError):
                self._refused.add(name)
        return list(self._open.items())

    def _opened(self, path: Path) -> Segment:
        name, epochs = header_of(path)
        return Segment(path, self._sources.cipher(epochs, name))

    def _from_populations(
        self, uses: Set[UseOfPeople], dead: frozenset[str], inside: dict[int, set[str]], unknown: set[str]
    ) -> None:
        for use in uses:
            if use.epoch in dead:
                unknown.add(use.name)
                continue
            try:
                people = self._people(use)
            except StateBroken:
                unknown.add(use.name)
                continue
            for key, names in inside.items():
                if key in people:
                    names.add(use.name)

    def _people(self, use: UseOfPeople) -> BitMap:
        if use in self._held:
            return self._held[use]
        _refuse_sealed([use.name])
        people = decode(self._sources.population(use))
        # More than the newest are loose only until the next compaction; they are not all kept.
        if len(self._held) < _HELD:
            self._held[use] = people
        return people

    def _forget(self, loose: Set[UseOfPeople], dead: frozenset[str]) -> None:
        for use in [use for use in self._held if use not in loose or use.epoch in dead]:
            del self._held[use]

    def _paths(self) -> list[Path]:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        return [self._folder / name for name in names if name.endswith(SUFFIX) and name[0] != "."]

    def _clear(self, wanted: set[str]) -> set[str]:
        """Remove drafts, segments that do not open and those others make needless; gives the names covered."""
        covered: set[str] = set()
        for path in self._folder.glob(f".*{SUFFIX}"):
            path.unlink()
        for path in sorted(self._paths()):
            try:
                segment = self._opened(path)
            except StateBroken:
                path.unlink()
                continue
            segment.close()
            names = {one.name for one in segment.uses}
            if path.name in self._refused or not (names & wanted) - covered:
                path.unlink()
            else:
                covered |= names
        return covered

    def _readable(self, uses: Sequence[UseOfPeople]) -> Iterator[Column]:
        dead = self._sources.dead()
        for use in uses:
            if use.epoch not in dead:
                try:
                    yield Column(use, self._sources.population(use))
                except StateBroken:
                    continue

    def _make(self, columns: Sequence[Column]) -> None:
        name = secrets.token_hex(16)
        draft, path = self._folder / f".{name}{SUFFIX}", self._folder / f"{name}{SUFFIX}"
        cipher = self._sources.cipher(sorted({one.use.epoch for one in columns}), name)
        write(draft, name, columns, cipher)
        check(draft, columns, cipher)
        draft.rename(path)
        sync_folder(self._folder)


def check(path: Path, columns: Sequence[Column], cipher: Cipher, people: int = 64) -> None:
    """Compare a segment with the populations it was made from, for random people of each and for people beside them.

    Raises:
        StateBroken: they differ for somebody.
    """
    populations = [(one.use.name, decode(one.stored)) for one in columns]
    draw = secrets.SystemRandom()
    some = [held for _, held in draw.sample(populations, min(people, len(populations))) if held]
    keys = [held[draw.randrange(len(held))] for held in some]
    segment = Segment(path, cipher)
    try:
        for key in {*keys, *(key ^ 1 for key in keys)}:
            if segment.names_with(key) != [name for name, held in populations if key in held]:
                mend = "Nothing was put in its place; the populations answer."
                raise StateBroken(Reason("history-differs", "The index differs from the populations", path.name, mend))
    finally:
        segment.close()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_sealed(names: Sequence[str]) -> None:
    if any(name.startswith(SEALED) for name in names):
        mend = "A sealed case is told by its reveal."
        raise StateBroken(Reason("history-sealed", "A sealed set is never in the index of uses", mend=mend))


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """True while this process alone changes the folder; its death ends the lock."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield False
        return
    try:
        yield True
    finally:
        os.close(handle)
