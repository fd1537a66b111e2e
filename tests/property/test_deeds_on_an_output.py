"""Whatever is done to an output, by whom and in whatever order: nothing goes out that two people did not approve."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.kernel.refusals import RollbookError
from rollbook.policy.checking import Ruling, decided
from rollbook.policy.states import OUTPUTS, OutputState
from rollbook.records.models.studies import Output
from rollbook.services.outputs import outputs, releases, submitting
from tests import run_ground as ground
from tests.people import CHECKER, RESEARCHER, SECOND_CHECKER, Person, actor_of

THIRD = Person("third-checker", "Orla Wendlequick", CHECKER.role)
PEOPLE = (CHECKER, SECOND_CHECKER, THIRD)
DEEDS = st.one_of(
    st.tuples(st.sampled_from(["approve", "return", "reject", "early", "claim", "unclaim"]), st.integers(0, 2)),
    st.tuples(st.sampled_from(["submit", "withdraw", "release"]), st.just(0)),
)


@given(st.lists(st.sampled_from(list(Ruling)), max_size=3))
def test_two_alike_decide_and_nothing_else_does(rulings: list[Ruling]) -> None:
    most = max((rulings.count(one) for one in rulings), default=0)
    state = decided(rulings)
    assert (state in {None, OutputState.CONSOLIDATING}) == (most < 2)
    assert (state is OutputState.AGREED) == (rulings.count(Ruling.APPROVE) >= 2)


def do(output: Output, deed: str, person: Person) -> None:
    by, reference = actor_of(person), output.reference
    if deed in {"approve", "return", "reject"}:
        outputs.give_verdict(by=by, reference=reference, verdict=deed, comment="A word.")
    elif deed == "early":
        outputs.return_early(by=by, reference=reference, comment="A word.")
    elif deed == "claim":
        outputs.claim(by=by, reference=reference)
    elif deed == "unclaim":
        outputs.unclaim(by=by, reference=reference)
    elif deed == "submit":
        ground.submitted(reference)
    elif deed == "withdraw":
        submitting.withdraw_output(by=actor_of(RESEARCHER), reference=reference)
    elif output.state == Output.AGREED:
        releases.release(output.id)


@pytest.fixture
def output(db: None, monkeypatch: pytest.MonkeyPatch) -> Output:
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    return Output.objects.get(run=ground.undeclared(ground.study(ground.project(log))))


@pytest.mark.django_db
def test_no_order_of_deeds_lets_out_what_two_did_not_approve(output: Output) -> None:
    from django.db import transaction

    @given(st.lists(DEEDS, max_size=14))
    @settings(max_examples=60, deadline=None)
    def walk(deeds: Sequence[tuple[str, int]]) -> None:
        with transaction.atomic():
            _walk(output, deeds)
            transaction.set_rollback(True)

    walk()


def _walk(output: Output, deeds: Sequence[tuple[str, int]]) -> None:
    output.refresh_from_db()
    said: dict[str, str] = {}  # what each checker has said in this turn
    for deed, number in deeds:
        before = output.state
        try:
            do(output, deed, PEOPLE[number])
            done = True
        except RollbookError:
            done = False
        output.refresh_from_db()
        after = output.state
        assert after == before or (done and OUTPUTS.refuses(before, after) is None)
        if done and deed == "submit":
            said = {}
        if done and deed in {"approve", "return", "reject"}:
            said[PEOPLE[number].key] = deed
        if after in {Output.AGREED, Output.RELEASED}:
            assert list(said.values()).count("approve") == 2
        if before == after == Output.CHECKING:
            assert len(said) < 2
        assert hasattr(output, "release") == (after in {Output.AGREED, Output.RELEASED})
