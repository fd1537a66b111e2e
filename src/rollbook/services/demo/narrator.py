"""How the demonstration speaks: one line a step, with the time it took and a link to look at."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

from rollbook.kernel.refusals import Reason, StateBroken


@dataclass
class Step:
    """A step under way. `says` replaces the line's words when it ends; `link` is shown under it."""

    says: str
    link: str = ""


@dataclass
class Narrator:
    """Prints steps; fails with the words of the check that did not hold."""

    console: Console = field(default_factory=Console)
    started: float = field(default_factory=time.monotonic)
    checks: int = 0

    @contextmanager
    def step(self, says: str, link: str = "") -> Iterator[Step]:
        """One step: a spinner while it lasts, then its line."""
        step, began = Step(says, link), time.monotonic()
        with self.console.status(says):
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
