"""Ordinary least squares: the estimates, their standard errors, and the largest leverage of a person."""

from dataclasses import dataclass

import numpy as np

from rollbook.dataplane.runs.fitting.design import Design, Floats, inverse


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What any of the models gives: on the numbers' own scale, in the order of the design's names.

    `explained` is the share of the outcome's spread (of its deviance, for a logit) that the model takes up. `residual`
    is the variance left over, `between` that of groups; each not a number where the model has none. `left` are the
    squares of what the terms leave open: of all people together, and the two largest.
    """

    estimates: Floats
    errors: Floats
    likelihood: float
    leverage: float
    explained: float
    residual: float = float("nan")
    between: float = float("nan")
    left: tuple[float, float, float] = (0.0, 0.0, 0.0)


def least_squares(design: Design, outcome: Floats) -> Fit | None:
    """The fit, or None where a term follows from others or nobody is left over."""
    centre = outcome.mean()
    moved, width = outcome - centre, len(design.names)
    found = _solved(design, moved)
    if found is None or design.people <= width:
        return None
    estimates, inverted = found
    squares = squares_left(design, moved, estimates)
    left = squares[0]
    whole = float((moved**2).sum())
    residual = left / (design.people - width)
    own, errors = design.on_own_scale(estimates, residual * inverted)
    own[0] += centre
    return Fit(
        estimates=own,
        errors=errors,
        likelihood=_likelihood(left, design.people),
        leverage=largest_leverage(design, inverted),
        explained=1 - left / whole if whole > 0 else 1.0,
        residual=residual,
        left=squares,
    )


def squares_left(design: Design, outcome: Floats, estimates: Floats) -> tuple[float, float, float]:
    """The squares of what the terms leave open of the outcome: all together, the largest and the second largest."""
    whole, tops = 0.0, np.zeros(2)
    for rows, terms in design.blocks():
        squares = (outcome[rows] - terms @ estimates) ** 2
        whole += float(squares.sum())
        tops = np.sort(np.append(tops, squares))[-2:]
    return whole, float(tops[1]), float(tops[0])


def largest_leverage(design: Design, inverted: Floats) -> float:
    """The largest diagonal element of the hat matrix: the share a person's outcome has in their own fitted value."""
    return max(float(leverages(terms, inverted).max()) for _, terms in design.blocks())


def leverages(terms: Floats, inverted: Floats) -> Floats:
    """The diagonal of the hat matrix for these rows."""
    found: Floats = ((terms @ inverted) * terms).sum(axis=1)
    return found


def _solved(design: Design, outcome: Floats) -> tuple[Floats, Floats] | None:
    width = len(design.names)
    products, with_outcome = np.zeros((width, width)), np.zeros(width)
    for rows, terms in design.blocks():
        products += terms.T @ terms
        with_outcome += terms.T @ outcome[rows]
    inverted = inverse(products)
    return None if inverted is None else (inverted @ with_outcome, inverted)


def _likelihood(left: float, people: int) -> float:
    """-2 log likelihood at the most likely variance."""
    return people * (float(np.log(2 * np.pi * left / people)) + 1) if left > 0 else float("-inf")
