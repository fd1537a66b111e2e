"""Locks of background work, held by a database connection: when its process dies, so does the lock.

A job and the recovery at the next start may want the same run at once; whoever comes second leaves it alone. Clearing
away stray files needs that no job is at work anywhere, since a working job has files that no row names yet.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection

from rollbook.kernel.refusals import Reason, RollbookError, StateBroken, UseRefused

_SPACE = 0x526F6C6C  # 'Roll': apart from any other use of advisory locks in the same database
_WORKING = 0x526F6C6D
LANDING = 0x526F6C6C696E67  # 'Rolling': held while returns are matched and landed


class Work(IntEnum):
    """Kinds of background work that have locks."""

    RUN = 1
    RELEASE = 2
    CASE = 3
    UPLOAD = 5


@contextmanager
def alone(work: Work, number: int) -> Iterator[bool]:
    """Give True while this process alone works on that run, release, case or upload, False where another does."""
    key = f"{_SPACE + work}, {number}"
    with _shared():
        mine = _ask(f"SELECT pg_try_advisory_lock({key})")
        try:
            yield mine
        finally:
            if mine:
                _ask(f"SELECT pg_advisory_unlock({key})")


@contextmanager
def nobody_at_work() -> Iterator[bool]:
    """Give True while no job is at work and none can begin."""
    mine = _ask(f"SELECT pg_try_advisory_lock({_WORKING})")
    try:
        yield mine
    finally:
        if mine:
            _ask(f"SELECT pg_advisory_unlock({_WORKING})")


def no_return_lands() -> bool:
    """Whether no return is being taken in; if so, none can be until the caller's transaction has ended."""
    return _ask(f"SELECT pg_try_advisory_xact_lock({LANDING})")


def bring_to_end(numbers: Iterable[int], work: Callable[[int], None]) -> int:
    """Do `work` on each; one that is refused stops no other. Gives how many there were.

    Raises:
        StateBroken: the log cannot be written, so no other can go on either. UseRefused: the reasons of all refused
        ones.
    """
    done, refused = 0, list[Reason]()
    for number in numbers:
        done += 1
        try:
            work(number)
        except StateBroken:
            raise
        except RollbookError as refusal:
            refused += refusal.reasons
    if refused:
        raise UseRefused(refused)
    return done


@contextmanager
def _shared() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock_shared({_WORKING})")
    try:
        yield
    finally:
        _ask(f"SELECT pg_advisory_unlock_shared({_WORKING})")


def _ask(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (answer,) = cursor.fetchone()
    return bool(answer)
