"""Logistic regression by iteratively reweighted least squares (McCullagh and Nelder, Generalized Linear Models)."""

import numpy as np

from rollbook.dataplane.runs.fitting.design import Design, Floats, inverse
from rollbook.dataplane.runs.fitting.linear import Fit, leverages

_MOST_ROUNDS = 60
_CLOSE = 1e-12
# A chance nearer to 0 or 1 than this is a prediction without error: such estimates run off to infinity.
_FURTHEST = 25.0


def logistic(design: Design, outcome: Floats) -> Fit | None:
    """The fit, or None where a term follows from others or the terms foretell somebody's outcome without error."""
    estimates = np.zeros(len(design.names))
    before = np.inf
    for _ in range(_MOST_ROUNDS):
        products, score, deviance, furthest = _round(design, outcome, estimates)
        inverted = inverse(products)
        if inverted is None or furthest > _FURTHEST:
            return None
        if abs(before - deviance) <= _CLOSE * (abs(deviance) + 1):
            own, errors = design.on_own_scale(estimates, inverted)
            whole = _deviance_of_share(float(outcome.mean()), len(outcome))
            explained = 1 - deviance / whole if whole > 0 else 1.0
            return Fit(own, errors, deviance, _leverage(design, estimates, inverted), explained)
        before = deviance
        estimates = estimates + inverted @ score
    return None


def _round(design: Design, outcome: Floats, estimates: Floats) -> tuple[Floats, Floats, float, float]:
    width = len(estimates)
    products, score = np.zeros((width, width)), np.zeros(width)
    deviance, furthest = 0.0, 0.0
    for rows, terms in design.blocks():
        line = terms @ estimates
        chance = 1 / (1 + np.exp(-np.clip(line, -500, 500)))
        products += terms.T @ (terms * (chance * (1 - chance))[:, None])
        score += terms.T @ (outcome[rows] - chance)
        # log(1 + e^x) without overflow; its difference from the outcome's share of x is half a deviance.
        deviance += 2 * float((np.logaddexp(0, line) - outcome[rows] * line).sum())
        furthest = max(furthest, float(np.abs(line).max()))
    return products, score, deviance, furthest


def _leverage(design: Design, estimates: Floats, inverted: Floats) -> float:
    largest = 0.0
    for _, terms in design.blocks():
        chance = 1 / (1 + np.exp(-(terms @ estimates)))
        shares = chance * (1 - chance) * leverages(terms, inverted)
        largest = max(largest, float(shares.max()))
    return largest


def _deviance_of_share(share: float, people: int) -> float:
    """The deviance of a model that knows nothing but how many have the outcome."""
    if not 0 < share < 1:
        return 0.0
    return -2 * people * float(share * np.log(share) + (1 - share) * np.log(1 - share))
