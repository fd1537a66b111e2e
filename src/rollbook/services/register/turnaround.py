"""How long the checking of outputs takes, computed from the turns themselves: median and 95th percentile, by kind.

A turn runs from the moment its author hands the output in to the moment it is decided, whatever was decided. Figures
are by nearest rank and in whole hours, rounded up. They stand only on enough turns and enough checkers: a median of few
turns, or a 95th percentile of fewer than twenty (which would be the slowest turn itself), would be about one person.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from rollbook.policy.checking import MOST_CHECKERS
from rollbook.records.models.studies import Turn

FEWEST_TURNS: Final = 10
FEWEST_TURNS_FOR_95: Final = 20
# More than can take part in one turn, so that nobody who took part knows the others' time.
FEWEST_CHECKERS: Final = MOST_CHECKERS + 1
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Turnaround:
    """Of one kind of output: how many turns were `decided`, in how many hours; how many are `waiting` now.

    A figure is None where it would rest on too few turns or checkers.
    """

    kind: str
    decided: int
    median_hours: int | None
    p95_hours: int | None
    waiting: int


@dataclass(frozen=True, slots=True)
class _Took:
    kind: str
    hours: float | None
    checkers: frozenset[int]


def turnaround() -> tuple[Turnaround, ...]:
    """All outputs first, then each kind by name."""
    rows = Turn.objects.select_related("output").prefetch_related("verdicts").order_by("output__measure", "id")
    found = [
        _Took(row.output.measure, _hours(row.submitted_at, row.decided_at),
              frozenset(one.checker.holder_id or 0 for one in row.verdicts.all()))
        for row in rows
    ]  # fmt: skip
    kinds = [_row(kind, list(some)) for kind, some in groupby(found, key=lambda one: one.kind)]
    return (_row(ALL, found), *kinds) if found else ()


def percentile(hours: Sequence[float], share: float) -> int:
    """By nearest rank: the smallest value that at least this share of them do not exceed; whole hours, rounded up."""
    return math.ceil(sorted(hours)[max(math.ceil(share * len(hours)), 1) - 1])


def _row(kind: str, took: Iterable[_Took]) -> Turnaround:
    some = list(took)
    ended = [one for one in some if one.hours is not None]
    hours = [one.hours for one in ended if one.hours is not None]
    many = len(frozenset().union(*(one.checkers for one in ended))) >= FEWEST_CHECKERS
    return Turnaround(
        kind=kind,
        decided=len(hours),
        median_hours=percentile(hours, 0.5) if many and len(hours) >= FEWEST_TURNS else None,
        p95_hours=percentile(hours, 0.95) if many and len(hours) >= FEWEST_TURNS_FOR_95 else None,
        waiting=len(some) - len(ended),
    )


def _hours(submitted: datetime, decided: datetime | None) -> float | None:
    return None if decided is None else (decided - submitted).total_seconds() / 3600
