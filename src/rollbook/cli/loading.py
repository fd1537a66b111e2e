"""What is shown while a folder of returns is loaded, and what is said at its end."""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from rollbook.kernel.refusals import Family, RollbookError
from rollbook.services.returns.receipts import Receipt

# In a pipe a line is written this often, and at the end; in seconds.
LINE_EVERY = 10.0


class Kind(Enum):
    """What became of a file, in the words of the summary."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAULT = "left out by a fault"
    BEFORE = "received before"


@dataclass(slots=True)
class Summary:
    """Counts of a load so far."""

    total: int
    kinds: Counter[Kind] = field(default_factory=Counter)
    pupils: int = 0
    faults: list[RollbookError] = field(default_factory=list)
    _families: set[int] = field(default_factory=set)

    def add(self, outcome: Receipt | RollbookError | None, pupils: int) -> Kind:
        """Count one more; gives its kind."""
        kind = _kind(outcome)
        self.kinds[kind] += 1
        self.pupils += pupils
        if isinstance(outcome, RollbookError) and kind is Kind.FAULT:
            self.faults.append(outcome)
            self._families.add(int(outcome.family))
        elif kind is Kind.REFUSED:
            self._families.add(Family.INPUT)
        return kind

    @property
    def done(self) -> int:
        """How many files stand."""
        return self.kinds.total()

    @property
    def family(self) -> int:
        """The exit code: that of the gravest outcome, 0 when nothing was refused."""
        return max(self._families, default=0)

    def text(self) -> str:
        """The end of a load in a line, and one more for each fault."""
        counts = ", ".join(f"{self.kinds[kind]:,} {kind.value}" for kind in Kind)
        faults = [f"- {reason.sentence()}" for one in self.faults for reason in one.reasons]
        return "\n".join([f"{self.done:,} returns, {self.pupils:,} pupils: {counts}", *faults])


def _kind(outcome: Receipt | RollbookError | None) -> Kind:
    if outcome is None:
        return Kind.BEFORE
    if isinstance(outcome, Receipt):
        return Kind.ACCEPTED if outcome.accepted else Kind.REFUSED
    return Kind.REFUSED if outcome.family in (Family.INPUT, Family.REFUSED) else Kind.FAULT


class Progressing:
    """Files done of all, pupils a second and time left: on a terminal a line that is kept, in a pipe now and then one.

    Time left is that of the files, at the pace since `begin`.
    """

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("Returns"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("Returns", total=summary.total, pace="")
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self) -> None:
        """The readers are warm; the clock runs from here."""
        self._began = self._told = time.monotonic()

    def advance(self) -> None:
        """One more file stands."""
        now = time.monotonic()
        self._bar.update(self._task, advance=1, pace=self._pace(now))
        if not self._console.is_terminal and now - self._told >= LINE_EVERY:
            self._told = now
            print(f"{self._summary.done:,} of {self._summary.total:,} returns, {self._pace(now)}", file=sys.stderr)

    def _pace(self, now: float) -> str:
        took, done = max(now - self._began, 1e-3), max(self._summary.done, 1)
        left = int(took / done * (self._summary.total - done))
        time_left = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"
        return f"{round(self._summary.pupils / took):,} pupils a second, {time_left}"
