"""Two models over the same people tell of somebody where a term, a group or an outcome is another for a few of them.

The planted attacks are worked out in full with NumPy first: from two published sets of estimates, each to four digits,
the attacker reads one pupil's outcome. Then the audit has to find what it was read from, and nothing else.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pyarrow as pa
import pytest

from rollbook.dataplane.runs.who import told_by_terms, who_is_where
from rollbook.sdc.differencing import Auditor
from rollbook.sdc.measures import Measure
from rollbook.sdc.membership import Membership, kept
from rollbook.sdc.models import LOGIT, MULTILEVEL, OLS, Model

PEOPLE, TARGET = 400, 7
RANDOM = np.random.default_rng(20261124)
OUTCOME = RANDOM.normal(50, 10, PEOPLE).round(1)
OUTCOME[TARGET] = 83.0
SCORE = RANDOM.normal(0, 1, PEOPLE)
IN_TWELVE = np.isin(np.arange(PEOPLE), np.arange(100, 112)).astype(float)


def pseudonyms(people: Sequence[int]) -> list[bytes]:
    return [number.to_bytes(16) for number in people]


def memberships(model: Model, outcome: np.ndarray = OUTCOME, group: Sequence[str] = (), **terms: np.ndarray) -> list:
    """All that is kept of a model whose terms have these values."""
    columns = {"ppid": [one.hex() for one in pseudonyms(range(PEOPLE))], "outcome": outcome, **terms}
    rows = pa.table({**columns, **({"school": list(group)} if group else {})})
    first = who_is_where(rows, (), range(PEOPLE), pseudonyms, ((),), model)
    return [first, *told_by_terms(rows, range(PEOPLE), pseudonyms, model)]


def told(new: list[Membership], released: list[Membership]) -> bool:
    return any(next(Auditor(one, 10).against(kept(other)), None) for one, other in product(new, released))


def ols(*terms: str) -> Model:
    return Model(OLS, "outcome", terms)


def published(term: np.ndarray, outcome: np.ndarray = OUTCOME) -> tuple[float, float]:
    """Intercept and slope to four significant digits."""
    design = np.column_stack([np.ones(PEOPLE), term])
    found = np.linalg.lstsq(design, outcome, rcond=None)[0]
    return tuple(float(f"{one:.4g}") for one in found)  # type: ignore[return-value]


def moved(term: np.ndarray, *people: int, to: float = 1.0) -> np.ndarray:
    changed = term.copy()
    changed[list(people)] = to
    return changed


@pytest.mark.parametrize("zero", [0.0, 5.0])
@pytest.mark.parametrize("one", [1.0, -3.0])
def test_two_dummies_that_differ_by_one_pupil(zero: float, one: float) -> None:
    """The attack: the mean of the twelve, and of them with the target, follow from intercept and slope."""
    other = moved(IN_TWELVE, TARGET)
    means = [sum(published(term)) for term in (IN_TWELVE, other)]
    assert abs(13 * means[1] - 12 * means[0] - OUTCOME[TARGET]) < 1
    released = memberships(ols("z"), z=IN_TWELVE)
    # Under other names for the two values, and beside another covariate, it is the same dummy.
    assert told(memberships(ols("z"), z=np.where(other == 1, one, zero)), released)
    assert told(memberships(ols("z", "x"), z=other, x=SCORE), released)
    assert told(memberships(Model(LOGIT, "outcome", ("z",)), z=other), released)


@pytest.mark.parametrize(("several", "found"), [(9, True), (10, False)])
def test_the_boundary_is_the_threshold(several: int, found: bool) -> None:
    released = memberships(ols("z"), z=IN_TWELVE)
    assert told(memberships(ols("z"), z=moved(IN_TWELVE, *range(several))), released) == found


def test_a_pupil_whose_outcome_is_nought_is_told_too() -> None:
    outcome = OUTCOME.copy()
    outcome[TARGET] = 0
    released = memberships(ols("z"), outcome, z=IN_TWELVE)
    assert told(memberships(ols("z"), outcome, z=moved(IN_TWELVE, TARGET)), released)
    steps = np.arange(PEOPLE) % 4.0
    released = memberships(ols("z"), outcome, z=steps)
    assert told(memberships(ols("z"), outcome, z=moved(steps, TARGET, to=0)), released)


@pytest.mark.parametrize("recoded", [lambda x: x, lambda x: 2 * x, lambda x: 7 - x])
def test_a_term_on_a_scale_in_which_one_pupil_is_moved(recoded: object) -> None:
    steps = np.arange(PEOPLE) % 5.0
    released = memberships(ols("x"), x=steps)
    assert callable(recoded)
    assert told(memberships(ols("x"), x=recoded(moved(steps, TARGET, to=4))), released)
    assert told(memberships(ols("x"), x=SCORE), memberships(ols("x"), x=moved(SCORE, TARGET, to=9)))


def test_a_dummy_beside_a_table_of_means() -> None:
    rows = pa.table(
        {
            "ppid": [one.hex() for one in pseudonyms(range(PEOPLE))],
            "part": ["a" if one else "b" for one in moved(IN_TWELVE, TARGET)],
            "outcome": OUTCOME,
        }
    )
    means = who_is_where(rows, ("part",), range(PEOPLE), pseudonyms, ((0,), ()), Measure("mean", "outcome"))
    assert told([means], memberships(ols("z"), z=IN_TWELVE))
    assert told(memberships(ols("z"), z=IN_TWELVE), [means])


def test_a_group_in_which_one_pupil_is_moved() -> None:
    model = Model(MULTILEVEL, "outcome", ("x",), group="school")
    schools = [f"school {number % 20}" for number in range(PEOPLE)]
    other = ["school 3" if number == TARGET else name for number, name in enumerate(schools)]
    released = memberships(model, group=schools, x=SCORE)
    assert told(memberships(model, group=other, x=SCORE), released)
    assert not told(memberships(model, group=schools, x=SCORE), released)


def test_models_of_the_same_people_with_other_covariates_stay_apart() -> None:
    """What research does: a model built up term by term, and again with a term measured anew for many."""
    released = memberships(ols("z", "x"), z=IN_TWELVE, x=SCORE)
    steps = np.arange(PEOPLE) % 5.0
    assert not told(memberships(ols("x"), x=SCORE), released)
    assert not told(memberships(ols("z", "x", "w"), z=IN_TWELVE, x=SCORE, w=steps), released)
    assert not told(memberships(ols("x"), x=SCORE * 2 + RANDOM.normal(0, 1, PEOPLE)), released)


def test_a_term_changed_for_everybody_by_a_known_rule_is_not_covered() -> None:
    """Said in the document on models: noise that the asker takes out again hides the one pupil among all."""
    released = memberships(ols("x"), x=SCORE)
    assert not told(memberships(ols("x"), x=moved(SCORE, TARGET, to=9) + 1e-3 * np.sin(np.arange(PEOPLE))), released)
