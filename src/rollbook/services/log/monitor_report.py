"""What a monitor finds in a log, as data: each breach with its family, code, place and mend. Needs no Django."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Final

from rollbook.kernel.refusals import Reason

KIND: Final = "rollbook/monitor-report@v1"


class Breach(IntEnum):
    """Families of breaches, worst first. The number is the exit code of the command."""

    SIGNATURE = 20
    GROWTH = 21
    CONTENT = 22
    FILES = 23
    RULES = 24
    UNKNOWN = 25
    VOLUMES = 26
    OVERDUE = 27


WORDS: Final = {
    Breach.SIGNATURE: "The signed head cannot be believed",
    Breach.GROWTH: "The log was rewritten, cut or put back",
    Breach.CONTENT: "The entries are not those that were signed",
    Breach.FILES: "A file is missing, or is not what it must be",
    Breach.RULES: "An entry breaks a rule of the log",
    Breach.UNKNOWN: "An entry that this version cannot verify",
    Breach.VOLUMES: "Published volumes are not those counted from the log",
    Breach.OVERDUE: "A duty is overdue",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One breach: its family, and the reason with code, place and mend."""

    family: Breach
    reason: Reason

    def as_data(self) -> dict[str, str | int]:
        """The breach as it stands in the report."""
        return {"family": self.family.name.lower(), **asdict(self.reason)}


@dataclass(slots=True)
class Report:
    """One run of a monitor. What could not be looked at, because something before it failed, is not in `checked`."""

    log: str
    at: str
    origin: str = ""
    size: int = 0
    root: str = ""
    signed_at: str = ""
    warning: str = ""
    witnesses: dict[str, str] = field(default_factory=dict)
    grown_from: int | None = None
    checked: dict[str, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)

    def add(self, family: Breach, reasons: Iterable[Reason]) -> None:
        """Take breaches in."""
        self.found += (Found(family, reason) for reason in reasons)

    @property
    def exit_code(self) -> int:
        """0, or the number of the worst family found."""
        return min((int(one.family) for one in self.found), default=0)

    def as_data(self) -> dict[str, object]:
        """The report as a JSON object, the same keys every time."""
        return {
            "kind": KIND,
            "log": self.log,
            "at": self.at,
            "verdict": "breached" if self.found else "sound",
            "exit": self.exit_code,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "signed_at": self.signed_at,
            "warning": self.warning,
            "witnesses": dict(sorted(self.witnesses.items())),
            "grown_from": self.grown_from,
            "checked": dict(self.checked),
            "breaches": [one.as_data() for one in self.found],
        }
