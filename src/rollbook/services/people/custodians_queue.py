"""The one way by which a pair of records comes before the custodians, whoever found it."""

from collections.abc import Iterable
from dataclasses import dataclass

from rollbook.policy.states import DoubleState
from rollbook.policy.uses import MatchOutcome
from rollbook.records.models.doubles import Double
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform import clock


@dataclass(frozen=True, slots=True)
class Pair:
    """Two person keys that may be one person's, with the outcome and its evidence as codes."""

    left: int
    right: int
    outcome: MatchOutcome
    evidence: tuple[str, ...]


def put_before_custodians(pairs: Iterable[Pair]) -> None:
    """Queue pairs that are neither queued already nor on the do-not-link list; called inside the people zone."""
    listed = kept_apart()
    ordered = [(min(one.left, one.right), max(one.left, one.right), one) for one in pairs]
    Double.objects.bulk_create(
        (
            Double(
                person_id=low, other_id=high, outcome=one.outcome, evidence=list(one.evidence),
                found_at=clock.now(), state=DoubleState.WAITING,
            )
            for low, high, one in ordered
            if not listed.forbids(low, high)
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )  # fmt: skip
