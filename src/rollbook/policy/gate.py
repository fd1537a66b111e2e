"""The one gate. Every use of a record, a study run as much as a police case, is allowed or refused here.

Pure: the facts of the use and the day come in, and the answer goes out. An answer of no carries every reason, so that
whoever asked can mend all of them at once. Loading the facts is the business of `services.projects.gating`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rollbook.kernel.refusals import Reason
from rollbook.policy import exceptions, grounds, parties, scope
from rollbook.policy.uses import Use

Check = Callable[[Use], Iterator[Reason]]


@dataclass(frozen=True, slots=True)
class Allowed:
    """Every ground is there on `use.day`."""

    use: Use


@dataclass(frozen=True, slots=True)
class Refused:
    """At least one ground is missing; `reasons` names each of them."""

    use: Use
    reasons: tuple[Reason, ...]


CHECKS: tuple[Check, ...] = (
    scope.mode,
    scope.purpose,
    scope.power,
    scope.items_known,
    scope.items_allowed,
    grounds.request,
    grounds.agreement,
    grounds.assessment,
    exceptions.leave,
    parties.organisation,
    parties.recipients,
    parties.supervised,
    parties.setting,
    parties.choices,
    parties.people,
)


def gate(use: Use) -> Allowed | Refused:
    """Whether `use` may happen. No check stops another from being asked."""
    reasons = tuple(reason for check in CHECKS for reason in check(use))
    return Refused(use, reasons) if reasons else Allowed(use)
