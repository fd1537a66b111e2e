"""A fitted model as a table: an estimate a row, with the evidence that the rules of models look at.

What a study declares is a `Model`; the data plane fits it and gathers the evidence. A category's levels are judged as
the cells of a table are, because their estimates tell the same: with an outcome on a scale as a mean, with one of yes
and no as a count of each. The figures are never looked at by a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rollbook.sdc.measured import HELD_BACK, MeasuredTable
from rollbook.sdc.rounding import to_digits
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.tables import Cell, FrequencyTable

OLS, LOGIT, MULTILEVEL = "ols", "logit", "multilevel"
MODELS = (OLS, LOGIT, MULTILEVEL)
TERM, STATISTIC = "term", "statistic"
# Not "-2": a spreadsheet would take a cell that begins so for a formula.
WHOLE, LIKELIHOOD = "model", "minus 2 log likelihood"
BETWEEN, WITHIN = "between groups", "within groups"
PEOPLE, GROUPS = "people", "groups"
EVERYONE = "everyone"
# How a level of a category is named among the terms.
LEVEL_OF = " = "


@dataclass(frozen=True, slots=True)
class Model:
    """A model of `outcome`, a number (0 or 1 for a logit), by `terms` that are numbers and `categories` that are
    labels, with an intercept. `group` is the unit whose intercepts vary in a multilevel model.
    """

    kind: str
    outcome: str
    terms: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    group: str = ""

    def __post_init__(self) -> None:
        if self.kind not in MODELS:
            raise ValueError("this is not a model")
        if (self.kind == MULTILEVEL) != bool(self.group):
            raise ValueError("a multilevel model, and no other, has groups")

    @property
    def heading(self) -> str:
        """What the figures of its table are called."""
        return self.kind

    @property
    def told(self) -> str:
        """The column that the figures are about."""
        return self.outcome

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers, in the order the person table lists them."""
        return (self.outcome, *self.terms)

    @property
    def unit(self) -> str:
        """The column of a second unit."""
        return self.group

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the person table holds beside `ppid` and the categories."""
        return (*self.numbers, self.group) if self.group else self.numbers

    def as_data(self) -> dict[str, object]:
        """The model as plain data."""
        lists = {"terms": list(self.terms), "categories": list(self.categories)}
        return {"kind": self.kind, "outcome": self.outcome, **lists, "group": self.group}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Model":
        """The model that `as_data` wrote."""
        return cls(**{**data, "terms": tuple(data["terms"]), "categories": tuple(data["categories"])})


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a model: which `term`, which `statistic`, the figure itself and how many `people` it is about."""

    term: str
    statistic: str
    figure: float
    people: int


@dataclass(frozen=True, slots=True)
class ModelEvidence:
    """What the rules look at. `people` are those with a value in everything, `estimated` the parameters, variances
    among them; `groups` is 0 where the model has none.

    `fitted` is false where no estimates exist. `leverage` is the largest share anybody has in their own fitted value,
    `explained` the share of the outcome's spread that the model takes up. `patterns` is how many different combinations
    of terms there are, `fewest` the people of the smallest. `away` says of each number how many people have another
    value than the commonest. `tables` are the categories' levels, everybody first, to be judged as tables. `left` are
    the squares of what the terms leave open: of all people together, and the two largest; noughts where none are shown.
    """

    people: int
    estimated: int
    groups: int
    fitted: bool
    leverage: float
    explained: float
    patterns: int
    fewest: int
    away: tuple[tuple[str, int], ...]
    tables: tuple[FrequencyTable | MeasuredTable, ...]
    left: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def as_data(self) -> dict[str, object]:
        """The evidence as plain data."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        away = [list(pair) for pair in self.away]
        return {**plain, "away": away, "left": list(self.left), "tables": [table.as_data() for table in self.tables]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ModelEvidence":
        """The evidence that `as_data` wrote."""
        away = tuple((str(name), int(people)) for name, people in data["away"])
        tables = tuple(
            MeasuredTable.from_data(one) if "measure" in one else FrequencyTable.from_data(one)
            for one in data["tables"]
        )
        whole, first, second = data["left"]
        return cls(**{name: data[name] for name in _PLAIN}, away=away, tables=tables, left=(whole, first, second))


_PLAIN = ("people", "estimated", "groups", "fitted", "leverage", "explained", "patterns", "fewest")


@dataclass(frozen=True, slots=True)
class ModelTable:
    """The table of one fitted `model`: its `rows`, none where it could not be fitted, and the `evidence`."""

    model: Model
    evidence: ModelEvidence
    rows: tuple[Row, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What tells one figure from another."""
        return (TERM, STATISTIC)

    @property
    def told_over(self) -> tuple[str, ...]:
        """The columns of the person table that part its people in what is published."""
        return self.model.categories

    @property
    def people(self) -> int:
        """The distinct people in the model."""
        return self.evidence.people

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The figures as cells: labels and the people they are about."""
        return tuple(Cell((row.term, row.statistic), row.people, row.people) for row in self.rows)

    def figures(self, parameters: SdcParameters) -> list[float]:
        """What would be published, row by row: counts whole, likelihoods and the rest to significant digits."""
        return [_rounded(row, parameters) for row in self.rows]

    def shown(self, parameters: SdcParameters, *, passed: bool) -> tuple[tuple[tuple[str, ...], str], ...]:
        """The rows as a checker may see them: of a model that is stopped no figure at all."""
        figures = self.figures(parameters)
        return tuple(
            ((row.term, row.statistic), _text(figure) if passed else HELD_BACK)
            for row, figure in zip(self.rows, figures, strict=True)
        )

    def as_data(self, parameters: SdcParameters | None = None) -> dict[str, object]:
        """The table as plain data, each figure as it would be published."""
        figures = self.figures(parameters or SdcParameters())
        cells = [
            {"labels": [row.term, row.statistic], "count": row.people, "persons": row.people, "figure": _whole(figure)}
            for row, figure in zip(self.rows, figures, strict=True)
        ]
        return {
            "dimensions": list(self.dimensions),
            "told_over": list(self.told_over),
            "people": self.people,
            "model": self.model.as_data(),
            "evidence": self.evidence.as_data(),
            "cells": cells,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "ModelTable":
        """The table that `as_data` wrote, with figures as they were published."""
        rows = tuple(
            Row(one["labels"][0], one["labels"][1], float(one["figure"]), one["persons"]) for one in data["cells"]
        )
        return cls(Model.from_data(data["model"]), ModelEvidence.from_data(data["evidence"]), rows)


def _rounded(row: Row, parameters: SdcParameters) -> float:
    if row.term == WHOLE and row.statistic in (PEOPLE, GROUPS):
        return row.figure
    digits = parameters.likelihood_digits if row.statistic == LIKELIHOOD else parameters.digits
    return float(to_digits(np.array([row.figure]), digits)[0])


def _whole(figure: float) -> int | float:
    return int(figure) if figure == int(figure) else figure


def _text(figure: float) -> str:
    return f"{_whole(figure):,}"
