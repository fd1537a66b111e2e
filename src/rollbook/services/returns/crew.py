"""Processes that read and judge files for a load: started once, kept warm, with neither Django nor a connection.

Results come back in the order of the files, and only so many are under way that memory does not grow with the load. A
process that dies (a fault in a library, no memory left) takes one file with it: the others are read again.
"""

import hashlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from rollbook.dataplane.census.examples import model_return
from rollbook.dataplane.census.untrusted import Limits, refuse_large
from rollbook.kernel.refusals import InputRefused, Reason, RollbookError, StateBroken
from rollbook.services.platform import clock
from rollbook.services.platform.faults import unforeseen
from rollbook.services.returns.prepared import Prepared, read_and_prepare

UNDER_WAY = 64  # files for each process: while a batch is taken in, they go on
_held: frozenset[str] = frozenset()
_quickly = False
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that cannot be a return, and why; without reasons one that was received before.

    `fault`: it is a fault of ours that refused it, and not the file. Reasons, for an error does not travel well between
    processes.
    """

    reasons: tuple[Reason, ...] = ()
    fault: bool = False

    @property
    def refusal(self) -> RollbookError | None:
        """The refusal, if it is one."""
        if not self.reasons:
            return None
        return StateBroken(self.reasons) if self.fault else InputRefused(self.reasons)


class ReaderDied(Exception):
    """The process that read a file ended without a word, twice."""


@dataclass(slots=True)
class Crew:
    """Warm processes, replaced when one of them dies. `received` are the SHA-256 of files not to be read again;
    `quickly` readers load compiled code first, which takes a second or two and pays for many files.
    """

    workers: int
    received: frozenset[str] = frozenset()
    quickly: bool = False
    _pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Start the processes anew and wait until they are warm."""
        self.stop()
        # Not forked: a copy of this process would share its connection to the database.
        how = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self.workers, how, _warm, (self.received, self.quickly))
        list(self._pool.map(_ready, range(self.workers)))

    def stop(self) -> None:
        """End the processes; what they have under way is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, work: Callable[[str], T], path: Path) -> "Future[T]":
        """Have one file worked on."""
        if self._pool is None:
            raise RuntimeError("the crew was not started")
        try:
            return self._pool.submit(work, str(path))
        except BrokenExecutor as died:
            failed: Future[T] = Future()
            failed.set_exception(died)
            return failed


@contextmanager
def crew(workers: int, received: Collection[str] = (), *, quickly: bool = False) -> Iterator[Crew]:
    """Warm processes, see `Crew`."""
    hands = Crew(workers, frozenset(received), quickly)
    hands.start()
    try:
        yield hands
    finally:
        hands.stop()


@dataclass(slots=True)
class _UnderWay(Generic[T]):
    """Files that are being worked on, in order."""

    hands: Crew
    work: Callable[[str], T]
    files: deque[tuple[Path, "Future[T]"]]

    def add(self, path: Path) -> None:
        self.files.append((path, self.hands.submit(self.work, path)))

    def take(self) -> T | ReaderDied:
        """What became of the first; all that were under way beside one that died are started again."""
        path, first = self.files.popleft()
        try:
            return first.result()
        except BrokenExecutor:
            # Whose fault it was cannot be seen, so the first is tried again, alone.
            self.hands.start()
            alone = self._once_more(path)
            self.files = deque((other, self.hands.submit(self.work, other)) for other, _ in self.files)
            return alone

    def _once_more(self, path: Path) -> T | ReaderDied:
        try:
            return self.hands.submit(self.work, path).result()
        except BrokenExecutor:
            self.hands.start()
            return ReaderDied()


def in_order(hands: Crew, work: Callable[[str], T], paths: Sequence[Path], most: int) -> Iterator[T | ReaderDied]:
    """What `work` makes of each path, in order; at most `most` are under way or waiting to be taken."""
    under_way: _UnderWay[T] = _UnderWay(hands, work, deque())
    for path in paths:
        under_way.add(path)
        if len(under_way.files) >= most:
            yield under_way.take()
    while under_way.files:
        yield under_way.take()


def prepare_file(path: str) -> Prepared | Unread:
    """Read, judge and lay out one file. A fault nobody foresaw is that file's own."""
    file = Path(path)
    try:
        refuse_large(file.stat().st_size, file.name, Limits())
        data = file.read_bytes()
        if _held and hashlib.sha256(data).hexdigest() in _held:
            return Unread()
        return read_and_prepare(data, file.name, clock.now(), quickly=_quickly)
    except InputRefused as refused:
        return Unread(refused.reasons)
    except OSError as error:
        what = f"The file cannot be read: {error.strerror or 'no reason given'}"
        return Unread((Reason("file", what, file.name, "Check the path."),))
    except Exception as fault:
        return Unread(unforeseen(fault, file.name).reasons, fault=True)


def _warm(received: frozenset[str], quickly: bool = False) -> None:
    global _held, _quickly
    _held, _quickly = received, quickly
    if quickly:
        read_and_prepare(model_return(), "model", clock.now(), quickly=True)


def _ready(number: int) -> int:
    return number
