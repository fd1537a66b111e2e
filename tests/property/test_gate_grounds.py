"""Any set of grounds taken away from a use makes the gate refuse; nothing taken away, it allows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rollbook.kernel.refusals import Reason
from rollbook.policy.gate import Refused, gate
from rollbook.policy.uses import RequestFacts, Use
from tests.unit.policy.uses import CASE, STUDY

Removal = Callable[[Use], Use]


def _undecided(use: Use) -> Use:
    return replace(use, request=replace(use.request, decision=None) if isinstance(use.request, RequestFacts) else None)


REMOVALS: dict[str, Removal] = {
    "request": lambda use: replace(use, request=None),
    "decision": _undecided,
    "purpose": lambda use: replace(use, purpose=""),
    "power": lambda use: replace(use, power=""),
    "agreement": lambda use: replace(use, agreements=()),
    "assessment": lambda use: replace(use, assessments=()),
    "items": lambda use: replace(use, items=()),
    "organisation": lambda use: replace(use, organisation=None),
    "recipients": lambda use: replace(use, recipients=()),
    "mode": lambda use: replace(use, mode=""),
    "expiry": lambda use: replace(use, day=use.day + timedelta(days=4000)),
    "not-begun": lambda use: replace(use, day=use.day - timedelta(days=400)),
}


def _reasons(use: Use) -> tuple[Reason, ...]:
    answer = gate(use)
    return answer.reasons if isinstance(answer, Refused) else ()


@given(st.sampled_from([STUDY, CASE]), st.sets(st.sampled_from(sorted(REMOVALS))))
def test_the_gate_allows_only_when_nothing_was_taken_away(use: Use, taken: set[str]) -> None:
    for name in sorted(taken):
        use = REMOVALS[name](use)
    assert bool(_reasons(use)) == bool(taken)
