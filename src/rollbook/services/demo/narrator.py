"""How the demonstration speaks: one line a step, with the time it took and a link to look at."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from rollbook.kernel.refusals import Reason, StateBroken

Thing = TypeVar("Thing")


@dataclass
class Step:
    """A step under way. `says` replaces the line's words when it ends; `link` is shown under it."""

    says: str
    link: str = ""
    bar: Progress = field(default_factory=Progress)
    task: TaskID = field(default=TaskID(0))

    def through(self, things: Sequence[Thing]) -> Iterator[Thing]:
        """Go through `things`; the bar shows how many are done."""
        self.bar.update(self.task, total=len(things), completed=0)
        for thing in things:
            yield thing
            self.bar.advance(self.task)


@dataclass
class Narrator:
    """Prints steps; fails with the words of the check that did not hold."""

    console: Console = field(default_factory=Console)
    started: float = field(default_factory=time.monotonic)
    checks: int = 0

    @contextmanager
    def step(self, says: str, link: str = "") -> Iterator[Step]:
        """One step: a bar while it lasts (moving to and fro where nobody knows how long), then its line."""
        began = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as bar:
            step = Step(says, link, bar, bar.add_task(says or "Working", total=None))
            yield step
        took = time.monotonic() - began
        self.console.print(f"[green]✓[/green] {step.says} [dim]{took:.1f} s[/dim]", highlight=False, soft_wrap=True)
        if step.link:
            self.console.print(f"    [blue]{step.link}[/blue]", highlight=False, soft_wrap=True)

    def elapsed(self) -> float:
        """Seconds since the story began."""
        return time.monotonic() - self.started

    def check(self, holds: bool, what: str) -> None:
        """One thing that the story claims.

        Raises:
            StateBroken: code `demo-check`, when it does not hold.
        """
        self.checks += 1
        if not holds:
            raise StateBroken(Reason("demo-check", f"The story does not hold: {what}"))
