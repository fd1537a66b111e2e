"""Curves of Kaplan and Meier (1958) with Greenwood's standard errors; Mantel's log-rank test (1966) between them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rollbook.dataplane.runs.fitting.design import Floats, inverse
from rollbook.sdc.survival import Curve, Step


def curve_of(labels: tuple[str, ...], times: Floats, events: Floats, points: Sequence[float]) -> Curve:
    """The curve of the people with these `times` and `events` (1 or 0), at each of the `points`."""
    at, came, at_risk = _steps(times, events)
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.cumprod(1 - came / at_risk)
        spread = np.cumsum(np.where(at_risk > came, came / (at_risk * (at_risk - came)), 0.0))
    steps = []
    for before, point in pairwise((-np.inf, *points)):
        inside = (times > before) & (times <= point)
        place = int(np.searchsorted(at, point, side="right")) - 1
        survival = float(alive[place]) if place >= 0 else 1.0
        error = survival * float(np.sqrt(spread[place])) if place >= 0 else 0.0
        happened = int(events[inside].sum())
        left = int((times > point).sum())
        steps.append(Step(point, left, happened, int(inside.sum()) - happened, survival, error))
    return Curve(labels, len(times), tuple(steps))


def log_rank(curves: Sequence[tuple[Floats, Floats]]) -> float | None:
    """The chi-squared of the log-rank test over the times and events of each curve, on one degree of freedom less than
    there are curves; None for a single curve, or where the curves cannot be compared.
    """
    if len(curves) < 2:
        return None
    when = np.unique(np.concatenate([times[events == 1] for times, events in curves]))
    came = np.array([_at(times[events == 1], when) for times, events in curves])
    at_risk = np.array([len(times) - np.searchsorted(np.sort(times), when) for times, _ in curves], np.float64)
    whole, events_in_all = at_risk.sum(axis=0), came.sum(axis=0)
    share = at_risk / whole
    apart = (came - events_in_all * share).sum(axis=1)[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(whole > 1, events_in_all * (whole - events_in_all) / (whole - 1), 0.0)
    covariance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    inverted = inverse(covariance[:-1, :-1])
    return None if inverted is None else float(apart @ inverted @ apart)


def _at(times: Floats, when: Floats) -> Floats:
    """How many of `times` are each of `when`."""
    ordered = np.sort(times)
    counts = np.searchsorted(ordered, when, side="right") - np.searchsorted(ordered, when, side="left")
    return counts.astype(np.float64)


def _steps(times: Floats, events: Floats) -> tuple[Floats, Floats, Floats]:
    """The distinct times, how many events came at each, and how many were at risk just before it."""
    at, place = np.unique(times, return_inverse=True)
    came = np.bincount(place, events, len(at)).astype(np.float64)
    gone = np.bincount(place, minlength=len(at)).astype(np.float64)
    return at, came, len(times) - (np.cumsum(gone) - gone)
