"""What Rollbook says when it says no: reasons as data, and one exit code for each family of error.

Every refusal names what is wrong, where, and how to mend it. A reason never carries a value from a record: it is
printed, logged and shown on public pages.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import IntEnum


class Family(IntEnum):
    """Exit codes of the command line, one for each kind of fault. 0 is success, 1 an unforeseen fault."""

    USAGE = 2
    INPUT = 3
    REFUSED = 4
    ACCESS = 5
    VERIFICATION = 6
    STATE = 7
    LIMIT = 8
    SETUP = 9


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a stable `code`, the `message`, `where` it was found and how to `mend` it."""

    code: str
    message: str
    where: str = ""
    mend: str = ""

    def sentence(self) -> str:
        """The reason as one line for a terminal or a page."""
        where = f" ({self.where})" if self.where else ""
        mend = f" {self.mend}" if self.mend else ""
        return f"{self.message}{where}.{mend}" if not self.message.endswith(".") else f"{self.message}{where}{mend}"


class RollbookError(Exception):
    """The root of every refusal. `reasons` is never empty."""

    family = Family.REFUSED

    def __init__(self, reasons: Reason | Iterable[Reason]) -> None:
        self.reasons = (reasons,) if isinstance(reasons, Reason) else tuple(reasons)
        if not self.reasons:
            raise ValueError("a refusal needs at least one reason")
        super().__init__("; ".join(reason.sentence() for reason in self.reasons))

    def as_data(self) -> dict[str, object]:
        """The refusal as plain data, for JSON answers and records."""
        return {"family": self.family.name.lower(), "reasons": [asdict(reason) for reason in self.reasons]}


class InputRefused(RollbookError):
    """The bytes given cannot be accepted: the fault is in the file or form."""

    family = Family.INPUT


class UseRefused(RollbookError):
    """The gate, a rule or a state does not allow this."""

    family = Family.REFUSED


class AccessDenied(RollbookError):
    """This actor may not do or see this."""

    family = Family.ACCESS


class VerificationFailed(RollbookError):
    """A proof, signature or log does not hold."""

    family = Family.VERIFICATION


class StateBroken(RollbookError):
    """The stores disagree; nothing more may be written until someone has looked."""

    family = Family.STATE


class LimitBreached(RollbookError):
    """A study went over a limit of the sandbox, or a limit could not be set."""

    family = Family.LIMIT


class SetupFailed(RollbookError):
    """Something the installation needs is missing or unsafe."""

    family = Family.SETUP
