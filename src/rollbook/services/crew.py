"""Processes that read and judge files for a load: started once, kept warm, with neither Django nor a connection.

Results come back in the order of the files, and only so many are under way that memory does not grow with the load.
"""

import hashlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rollbook.dataplane.census.untrusted import Limits, refuse_large
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services import clock
from rollbook.services.prepared import Prepared, read_and_prepare

UNDER_WAY = 24  # files for each process
_held: frozenset[str] = frozenset()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that cannot be a return, and why; without reasons one that was received before."""

    reasons: tuple[Reason, ...] = ()


@contextmanager
def crew(workers: int, received: Collection[str] = ()) -> Iterator[ProcessPoolExecutor]:
    """Warm processes. `received` are the SHA-256 of files that need not be read again."""
    # Not forked: a copy of this process would share its connection to the database.
    how = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, how, _warm, (frozenset(received),)) as pool:
        list(pool.map(_ready, range(workers)))
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def in_order(pool: ProcessPoolExecutor, work: Callable[[str], T], paths: Sequence[Path], most: int) -> Iterator[T]:
    """What `work` makes of each path, in order; at most `most` are under way or waiting to be taken."""
    under_way: deque[Future[T]] = deque()
    for path in paths:
        under_way.append(pool.submit(work, str(path)))
        if len(under_way) >= most:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def prepare_file(path: str) -> Prepared | Unread:
    """Read, judge and lay out one file."""
    file = Path(path)
    try:
        refuse_large(file.stat().st_size, file.name, Limits())
        data = file.read_bytes()
        if _held and hashlib.sha256(data).hexdigest() in _held:
            return Unread()
        return read_and_prepare(data, file.name, clock.now())
    except InputRefused as refused:
        return Unread(refused.reasons)
    except OSError as error:
        what = f"The file cannot be read: {error.strerror or 'no reason given'}"
        return Unread((Reason("file", what, file.name, "Check the path."),))


def _warm(received: frozenset[str]) -> None:
    global _held
    _held = received


def _ready(number: int) -> int:
    return number
