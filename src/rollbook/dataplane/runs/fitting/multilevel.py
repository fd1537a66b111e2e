"""A linear model with intercepts that vary between groups, by maximum likelihood.

With one variance ratio r (between to within) the rest has a closed form, as the inverse of a group's covariance is
I - r / (1 + n r) times a matrix of ones (Goldstein, Multilevel Statistical Models, ch. 2). So only sums of products
over people and over groups are kept, and the likelihood is a function of r alone, which is searched on a grid and then
by the golden section: a function like this may have its highest point at r = 0.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rollbook.dataplane.runs.fitting.design import Design, Floats, inverse
from rollbook.dataplane.runs.fitting.linear import Fit, largest_leverage, squares_left

_GOLDEN = (5**0.5 - 1) / 2
_GRID = 60
_STEPS = 80
# Likelihoods nearer than this are the same but for rounding.
_CLOSE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Products of the terms with one another, with the outcome, and of the outcome; of each group its people, the sums
    of its terms and of its outcome.
    """

    people: int
    products: Floats
    with_outcome: Floats
    squares: float
    sizes: Floats
    of_terms: Floats
    of_outcome: Floats


def varying_intercepts(design: Design, outcome: Floats, groups: npt.NDArray[np.int64]) -> Fit | None:
    """The fit, or None where a term follows from others. `groups` numbers each person's group from 0."""
    centre, spread = float(outcome.mean()), float(outcome.std())
    if spread == 0 or design.people <= len(design.names) + 1:
        return None
    scaled = (outcome - centre) / spread
    sums = _sums(design, scaled, groups)
    inverted = inverse(sums.products)
    if inverted is None:
        return None
    ratio = _best_ratio(sums)
    estimates, covariance, within, likelihood = _at(ratio, sums)
    own, errors = design.on_own_scale(estimates * spread, covariance * spread**2)
    own[0] += centre
    return Fit(
        estimates=own,
        errors=errors,
        likelihood=likelihood + 2 * design.people * float(np.log(spread)),
        leverage=largest_leverage(design, inverted),
        explained=1 - within,
        residual=within * spread**2,
        between=ratio * within * spread**2,
        left=squares_left(design, scaled, estimates),
    )


def _sums(design: Design, outcome: Floats, groups: npt.NDArray[np.int64]) -> _Sums:
    count, width = int(groups.max()) + 1, len(design.names)
    products, with_outcome = np.zeros((width, width)), np.zeros(width)
    of_terms = np.zeros((count, width))
    for rows, terms in design.blocks():
        products += terms.T @ terms
        with_outcome += terms.T @ outcome[rows]
        for at in range(width):
            of_terms[:, at] += np.bincount(groups[rows], terms[:, at], count)
    sizes = np.bincount(groups, minlength=count).astype(np.float64)
    of_outcome = np.bincount(groups, outcome, count).astype(np.float64)
    return _Sums(len(outcome), products, with_outcome, float(outcome @ outcome), sizes, of_terms, of_outcome)


def _at(ratio: float, sums: _Sums) -> tuple[Floats, Floats, float, float]:
    """With this ratio the best estimates, their covariance, the variance within groups and -2 log likelihood."""
    taken = ratio / (1 + sums.sizes * ratio)
    products = sums.products - (sums.of_terms * taken[:, None]).T @ sums.of_terms
    with_outcome = sums.with_outcome - sums.of_terms.T @ (taken * sums.of_outcome)
    squares = sums.squares - float((taken * sums.of_outcome**2).sum())
    inverted: Floats = np.linalg.inv(products).astype(np.float64)
    estimates = inverted @ with_outcome
    within = max(squares - float(estimates @ with_outcome), 0.0) / sums.people
    if within == 0:
        return estimates, inverted, within, float("-inf")
    spread = float(np.log1p(sums.sizes * ratio).sum())
    likelihood = sums.people * (float(np.log(2 * np.pi * within)) + 1) + spread
    return estimates, within * inverted, within, likelihood


def _best_ratio(sums: _Sums) -> float:
    """The ratio with the least -2 log likelihood; searched as a share of the whole variance, which lies in [0, 1)."""

    def value(share: float) -> float:
        return _at(share / (1 - share), sums)[3]

    shares = np.linspace(0, 1 - 1e-6, _GRID)
    best = int(np.argmin([value(float(share)) for share in shares]))
    low, high = float(shares[max(best - 1, 0)]), float(shares[min(best + 1, _GRID - 1)])
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if value(left) <= value(right) else (left, high)
    share = (low + high) / 2
    # At the edge the search only comes near: nothing varies between the groups.
    share = share if value(share) < value(0.0) - _CLOSE else 0.0
    return share / (1 - share)
