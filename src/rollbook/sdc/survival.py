"""A survival table: how many are left without the event at points in time that the study named beforehand.

The estimate is Kaplan and Meier's (1958), its standard error Greenwood's. Steps are shown so far apart that behind each
stand enough events, and nobody or enough people who left unobserved, for that number follows from the next step; the
last leaves enough people behind it. acro 1.0.2 asks that events and people who left, together, reach the threshold,
and asks nothing of its first step. Times themselves are never shown: one could be a person's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from rollbook.sdc import frequency, rules
from rollbook.sdc.frequency import Failure, Verdict
from rollbook.sdc.measured import HELD_BACK
from rollbook.sdc.rounding import to_digits
from rollbook.sdc.rules import MODELS_RULE_SET, SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

SURVIVAL = "survival"
TIME, STATISTIC = "time", "statistic"
AT_RISK, EVENTS, SURVIVING, ERROR = "at risk", "events", "survival", "standard error"
ALL_CURVES, ALL_TIMES, LOG_RANK = "all curves", "all times", "log-rank chi-squared"
UP_TO, AFTER = "up to ", "after"


@dataclass(frozen=True, slots=True)
class Survival:
    """Times until an event: `time` is a column of numbers, `event` one of 1 (it came) and 0 (unobserved from then on).

    A curve for each combination of the labels `by`; `points` are the times, rising, at which it may be shown.
    """

    time: str
    event: str
    points: tuple[float, ...]
    by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.points or any(low >= high for low, high in pairwise(self.points)):
            raise ValueError("a survival table has points in time, and they rise")

    @property
    def kind(self) -> str:
        """What a study calls it."""
        return SURVIVAL

    @property
    def heading(self) -> str:
        """What the figures of its table are called."""
        return SURVIVAL

    @property
    def told(self) -> str:
        """The column that the figures are about."""
        return self.event

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers, in the order the person table lists them."""
        return (self.time, self.event)

    @property
    def unit(self) -> str:
        """There is no second unit."""
        return ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the person table holds beside `ppid` and the labels."""
        return self.numbers

    def as_data(self) -> dict[str, object]:
        """The declaration as plain data."""
        return {**asdict(self), "points": list(self.points), "by": list(self.by)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Survival":
        """The declaration that `as_data` wrote."""
        return cls(data["time"], data["event"], tuple(data["points"]), tuple(data["by"]))


@dataclass(frozen=True, slots=True)
class Step:
    """One point of a curve: people `left` under observation after it, `events` and `censored` since the point before,
    the share without the event and its standard error.
    """

    point: float
    left: int
    events: int
    censored: int
    survival: float
    error: float


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: its labels, the people it begins with, and a step for each point."""

    labels: tuple[str, ...]
    people: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as it is shown: since the step before, `at_risk` people were under observation and `events` came."""

    point: float
    at_risk: int
    events: int
    survival: float
    error: float


@dataclass(frozen=True, slots=True)
class SurvivalTable:
    """The curves of one declaration; `log_rank` compares them, and is None for a single curve. `told` are the steps of
    a table that was stored: labels and point of each, so that other parameters judge what was shown.
    """

    survival: Survival
    curves: tuple[Curve, ...]
    log_rank: float | None
    told: tuple[tuple[str, ...], ...] = ()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What tells one figure from another."""
        return (*self.survival.by, TIME, STATISTIC)

    @property
    def told_over(self) -> tuple[str, ...]:
        """The columns that part the people in what is published: labels, and between which steps they left."""
        return (*self.survival.by, TIME)

    @property
    def people(self) -> int:
        """The distinct people in all curves."""
        return sum(curve.people for curve in self.curves)

    @property
    def counts(self) -> FrequencyTable:
        """How many people each curve begins with."""
        cells = tuple(Cell(curve.labels, curve.people, curve.people) for curve in self.curves)
        return FrequencyTable(self.survival.by, cells, self.people)

    def rows(self, parameters: SdcParameters) -> tuple[tuple[tuple[str, ...], float, int], ...]:
        """What would be published: labels, figure, and how many people it is about."""
        return tuple(self._rows(parameters))

    def _rows(self, parameters: SdcParameters) -> Iterator[tuple[tuple[str, ...], float, int]]:
        for curve in self.curves:
            for step in steps_shown(curve, parameters):
                told = {AT_RISK: step.at_risk, EVENTS: step.events, SURVIVING: step.survival, ERROR: step.error}
                for name, figure in told.items():
                    labels = (*curve.labels, up_to(step.point), name)
                    yield labels, _rounded(figure, parameters), step.events if name == EVENTS else step.at_risk
        if self.log_rank is not None:
            labels = (*(ALL_CURVES for _ in self.survival.by), ALL_TIMES, LOG_RANK)
            yield labels, _rounded(self.log_rank, parameters), self.people

    def shown(self, parameters: SdcParameters, *, passed: bool) -> tuple[tuple[tuple[str, ...], str], ...]:
        """The rows as a checker may see them: of a table that is stopped no figure at all."""
        return tuple(
            (labels, f"{_whole(figure):,}" if passed else HELD_BACK) for labels, figure, _ in self.rows(parameters)
        )

    def as_data(self, parameters: SdcParameters | None = None) -> dict[str, object]:
        """The table as plain data: the rows that would be published, and the whole curves as their evidence."""
        cells = [
            {"labels": list(labels), "count": people, "persons": people, "figure": _whole(figure)}
            for labels, figure, people in self.rows(parameters or SdcParameters())
        ]
        curves = [
            {"labels": list(curve.labels), "people": curve.people, "steps": [asdict(step) for step in curve.steps]}
            for curve in self.curves
        ]
        return {
            "dimensions": list(self.dimensions),
            "told_over": list(self.told_over),
            "people": self.people,
            "survival": self.survival.as_data(),
            "curves": curves,
            "log_rank": self.log_rank,
            "cells": cells,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "SurvivalTable":
        """The table that `as_data` wrote."""
        curves = tuple(
            Curve(tuple(one["labels"]), one["people"], tuple(Step(**step) for step in one["steps"]))
            for one in data["curves"]
        )
        told = tuple(tuple(cell["labels"][:-1]) for cell in data["cells"] if cell["labels"][-1] == AT_RISK)
        return cls(Survival.from_data(data["survival"]), curves, data["log_rank"], told)


def steps_shown(curve: Curve, parameters: SdcParameters) -> tuple[Shown, ...]:
    """The steps of a curve far enough apart to be shown; those between are merged into the next."""
    limit, found = parameters.threshold, []
    at_risk, events, censored = curve.people, 0, 0
    for step in curve.steps:
        events, censored = events + step.events, censored + step.censored
        enough = events >= limit and (censored == 0 or censored >= limit)
        # With nobody left the table would say of everybody that the event came to them.
        if enough and step.left >= limit:
            found.append(Shown(step.point, at_risk, events, step.survival, step.error))
            at_risk, events, censored = step.left, 0, 0
    return tuple(found)


def judge_survival(table: SurvivalTable, parameters: SdcParameters) -> Verdict:
    """What the rules say of a survival table."""
    failures = [*frequency.check(table.counts, parameters).failures]
    for curve in table.curves:
        steps = len(steps_shown(curve, parameters))
        place = tuple(zip(table.survival.by, curve.labels, strict=True))
        if not steps and curve.people >= parameters.threshold:
            words = f"no step with {parameters.threshold} events, and as many people left after it"
            failures.append(Failure(rules.THRESHOLD, place, words))
        if curve.people - steps < parameters.freedom:
            words = f"fewer than {parameters.freedom} degrees of freedom"
            failures.append(Failure(rules.FREEDOM, place, words))
    failures += _told_too_soon(table, parameters)
    return Verdict(tuple(dict.fromkeys(failures)), parameters, MODELS_RULE_SET)


def _told_too_soon(table: SurvivalTable, parameters: SdcParameters) -> Iterator[Failure]:
    """Steps that were shown and would not be under these parameters."""
    names = (*table.survival.by, TIME)
    now = {(*curve.labels, up_to(step.point)) for curve in table.curves for step in steps_shown(curve, parameters)}
    for labels in table.told:
        if labels not in now:
            place = tuple(zip(names, labels, strict=True))
            yield Failure(rules.THRESHOLD, place, f"fewer than {parameters.threshold} behind this step")


def up_to(point: float) -> str:
    """How a point in time is called."""
    return f"{UP_TO}{point:g}"


def _rounded(figure: float, parameters: SdcParameters) -> float:
    return figure if isinstance(figure, int) else float(to_digits(np.array([figure]), parameters.digits)[0])


def _whole(figure: float) -> int | float:
    return int(figure) if figure == int(figure) else figure
