"""The tables of states: complete, closed, and in step with what the records may hold."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.policy import states
from rollbook.policy.states import (
    CASES,
    DECISIONS,
    DIVISIONS,
    DOUBLES,
    EXPLANATIONS,
    FILES,
    OUTPUTS,
    PROJECTS,
    REQUESTS,
    RUNS,
    UPLOADS,
    Machine,
)
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.studies import Output, Run
from rollbook.records.models.uploads import Explanation, Upload

MACHINES: dict[type[StrEnum], Machine[Any]] = {
    states.RequestState: REQUESTS,
    states.ProjectState: PROJECTS,
    states.RunState: RUNS,
    states.OutputState: OUTPUTS,
    states.FileState: FILES,
    states.CaseState: CASES,
    states.DoubleState: DOUBLES,
    states.UploadState: UPLOADS,
    states.ExplanationState: EXPLANATIONS,
    states.DivisionState: DIVISIONS,
}


def test_every_enum_of_states_has_a_machine() -> None:
    found = {thing for thing in vars(states).values() if isinstance(thing, type) and issubclass(thing, StrEnum)}
    assert found - {StrEnum, states.Role} == set(MACHINES)


@pytest.mark.parametrize(("enum", "machine"), MACHINES.items())
def test_no_state_is_left_out(enum: type[StrEnum], machine: Machine[Any]) -> None:
    assert set(machine.follows) == set(enum) == set(machine.owners)
    assert {after for states_after in machine.follows.values() for after in states_after} <= set(enum)


@pytest.mark.parametrize("machine", MACHINES.values())
def test_somebody_owns_a_state_exactly_when_something_can_follow(machine: Machine[Any]) -> None:
    for state, after in machine.follows.items():
        assert (machine.owners[state] is not None) == bool(after)


@pytest.mark.parametrize("machine", MACHINES.values())
def test_every_state_can_be_reached(machine: Machine[Any]) -> None:
    reached, waiting = set(), [machine.first]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting.extend(machine.follows[state])
    assert reached == set(machine.follows)


def _constants(model: Any, enum: Iterable[StrEnum]) -> None:
    for state in enum:
        assert getattr(model, state.name) == state.value


def test_the_records_use_the_same_words() -> None:
    _constants(Run, states.RunState)
    _constants(Upload, states.UploadState)
    _constants(Explanation, states.ExplanationState)
    _constants(Output, states.OutputState)
    _constants(Output, states.FileState)
    _constants(GatewayCase, states.CaseState)


def test_every_result_of_a_decision_leads_from_an_open_request() -> None:
    assert {REQUESTS.refuses("open", state) for state in DECISIONS.values()} == {None}


@pytest.mark.parametrize("machine", MACHINES.values())
def test_an_unknown_state_goes_nowhere(machine: Machine[Any]) -> None:
    for state in machine.follows:
        assert machine.refuses("elsewhere", state) is not None
        assert machine.refuses(state, "elsewhere") is not None


@given(st.sampled_from(list(MACHINES.values())), st.lists(st.integers(0, 20), max_size=12))
def test_a_walk_by_permitted_steps_never_leaves_a_state_that_ends(machine: Machine[Any], turns: list[int]) -> None:
    """Whatever is tried, in any order: only steps of the table are taken, and an ended thing stays ended."""
    everywhere = sorted(machine.follows)
    current, ended = machine.first, False
    for turn in turns:
        wanted = everywhere[turn % len(everywhere)]
        refusal = machine.refuses(current, wanted)
        assert (refusal is None) == (wanted in machine.follows[current])
        if refusal is None:
            assert not ended
            current = wanted
        else:
            assert refusal.code == "state"
            assert refusal.mend
        ended = machine.owners[current] is None


@given(st.lists(st.sampled_from(sorted(states.RequestState)), max_size=12))
def test_a_refused_request_is_never_at_work_again(turns: list[states.RequestState]) -> None:
    current, refused = REQUESTS.first, False
    for wanted in turns:
        if REQUESTS.refuses(current, wanted) is None:
            current = wanted
        refused = refused or current in {"rejected", "withdrawn"}
        assert not (refused and current in {"approved", "live", "open"})


def test_a_file_is_agreed_by_the_third_word_alone() -> None:
    before = {state for state, after in FILES.follows.items() if states.FileState.AGREED in after}
    assert before == {states.FileState.DECIDING}
    assert FILES.owners[states.FileState.DECIDING] is states.Role.DATA_PROTECTION_OFFICER
