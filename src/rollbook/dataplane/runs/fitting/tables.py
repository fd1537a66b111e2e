"""The table of a fitted model or of survival, from person rows: estimates by the modules beside this one, evidence by
the same pass that counts tables. Runs in the platform's own process, never in a sandbox.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.runs.engine import open_engine
from rollbook.dataplane.runs.fitting.design import Design, Floats, design_of
from rollbook.dataplane.runs.fitting.lifetimes import curve_of, log_rank
from rollbook.dataplane.runs.fitting.linear import Fit, least_squares
from rollbook.dataplane.runs.fitting.logistic import logistic
from rollbook.dataplane.runs.fitting.multilevel import varying_intercepts
from rollbook.dataplane.runs.gather import MEMORY_MB, PPID, gather
from rollbook.dataplane.runs.statement import quoted
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.sdc.measured import MeasuredTable
from rollbook.sdc.measures import MEAN, PLAIN_COUNT, Measure
from rollbook.sdc.models import (
    BETWEEN,
    EVERYONE,
    GROUPS,
    LEVEL_OF,
    LIKELIHOOD,
    LOGIT,
    MULTILEVEL,
    OLS,
    PEOPLE,
    TERM,
    WHOLE,
    WITHIN,
    Model,
    ModelEvidence,
    ModelTable,
    Row,
)  # fmt: skip
from rollbook.sdc.survival import Survival, SurvivalTable
from rollbook.sdc.tables import FrequencyTable

# More columns than this are no model that anybody reads, and their products would not fit.
MOST_COLUMNS = 200
_OUTCOME, _GROUP = "outcome of the model", "group of the model"


def complete(table: pa.Table, asked: Model | Survival) -> pa.Table:
    """The rows that have a value in everything the figures are made from."""
    for name in asked.columns:
        table = table.filter(pc.is_valid(table.column(name)))
    return table


def model_table(given: pa.Table, model: Model) -> ModelTable:
    """The fitted `model` over `given` (columns `ppid`, categories, numbers, group; one row a person).

    Raises:
        InputRefused: the outcome of a logit is not 0 or 1, or there are too many levels.
    """
    table = complete(given, model)
    outcome = _numbers(table, model.outcome)
    if model.kind == LOGIT:
        _yes_or_no(outcome, model.outcome)
    design = design_of(table, model)
    if len(design.names) > MOST_COLUMNS:
        mend = f"Join levels: all numbers and levels together are at most {MOST_COLUMNS}."
        raise InputRefused(Reason("table-terms", "The model has too many terms", "person table", mend))
    fit = _fit(table, model, design, outcome) if table.num_rows else None
    evidence = _evidence(table, model, design, fit)
    return ModelTable(model, evidence, tuple(_rows(model, design, fit, evidence)) if fit else ())


def survival_table(given: pa.Table, survival: Survival) -> SurvivalTable:
    """The curves over `given` (columns `ppid`, the labels, time and event; one row a person).

    Raises:
        InputRefused: the event is not 0 or 1.
    """
    table = complete(given, survival)
    _yes_or_no(_numbers(table, survival.event), survival.event)
    apart: dict[tuple[str, ...], tuple[Floats, Floats]] = {}
    for labels, rows in _by_labels(table, survival.by).items():
        part = table.take(rows)
        apart[labels] = (_numbers(part, survival.time), _numbers(part, survival.event))
    curves = tuple(curve_of(labels, *apart[labels], survival.points) for labels in sorted(apart))
    return SurvivalTable(survival, curves, log_rank(list(apart.values())))


def _by_labels(table: pa.Table, by: tuple[str, ...]) -> Mapping[tuple[str, ...], Any]:
    if not table.num_rows:
        return {}
    if not by:
        return {(): pa.array(range(table.num_rows))}
    numbered = table.select(by).append_column("row", pa.array(range(table.num_rows)))
    listed = numbered.group_by(list(by)).aggregate([("row", "list")])
    labels = zip(*(listed.column(name).to_pylist() for name in by), strict=True)
    rows: Any = listed.column("row_list").to_pylist()
    return {tuple(map(str, label)): pa.array(some) for label, some in zip(labels, rows, strict=True)}


def _numbers(table: pa.Table, name: str) -> Floats:
    found: Floats = table.column(name).to_numpy().astype(np.float64)
    return found


def _yes_or_no(values: Floats, name: str) -> None:
    if not np.isin(values, (0.0, 1.0)).all():
        mend = "Write 1 for yes and 0 for no, and leave what is not known empty."
        raise InputRefused(Reason("table-number", "A value is neither 0 nor 1", name, mend))


def _fit(table: pa.Table, model: Model, design: Design, outcome: Floats) -> Fit | None:
    if model.kind == OLS:
        return least_squares(design, outcome)
    if model.kind == LOGIT:
        return logistic(design, outcome)
    groups = table.column(model.group).combine_chunks().dictionary_encode()
    return varying_intercepts(design, outcome, np.asarray(groups.indices, np.int64))


def _rows(model: Model, design: Design, fit: Fit, evidence: ModelEvidence) -> list[Row]:
    levels = _people_of_levels(evidence)
    rows = []
    for name, estimate, error in zip(design.names, fit.estimates, fit.errors, strict=True):
        people = levels.get(name, evidence.people)
        rows.append(Row(name, "estimate", float(estimate), people))
        rows.append(Row(name, "standard error", float(error), people))
    whole = {
        OLS: {(WHOLE, "residual variance"): fit.residual, (WHOLE, "R squared"): fit.explained},
        LOGIT: {},
        MULTILEVEL: {(BETWEEN, "variance"): fit.between, (WITHIN, "variance"): fit.residual},
    }[model.kind]
    whole |= {(WHOLE, LIKELIHOOD): fit.likelihood, (WHOLE, PEOPLE): evidence.people}
    whole |= {(WHOLE, GROUPS): evidence.groups} if model.group else {}
    rows += [Row(term, statistic, figure, evidence.people) for (term, statistic), figure in whole.items()]
    # A model without any error has no finite likelihood; it is stopped, and stored all the same.
    return [row for row in rows if np.isfinite(row.figure)]


def _people_of_levels(evidence: ModelEvidence) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in evidence.tables:
        for cell in one.cells:
            name = f"{one.dimensions[0]}{LEVEL_OF}{cell.labels[0]}"
            found[name] = found.get(name, 0) + cell.persons
    return found


def _evidence(table: pa.Table, model: Model, design: Design, fit: Fit | None) -> ModelEvidence:
    patterns, fewest = _patterns(table, (*model.terms, *model.categories))
    of_scale = () if model.kind == LOGIT else (model.outcome,)
    return ModelEvidence(
        people=table.num_rows,
        estimated=len(design.names) + {OLS: 1, LOGIT: 0, MULTILEVEL: 2}[model.kind],
        groups=pc.count_distinct(table.column(model.group)).as_py() if model.group else 0,
        fitted=fit is not None,
        leverage=fit.leverage if fit else 0.0,
        explained=fit.explained if fit else 0.0,
        left=fit.left if fit else (0.0, 0.0, 0.0),
        patterns=patterns,
        fewest=fewest,
        away=tuple((name, _away(_numbers(table, name))) for name in (*of_scale, *model.terms)),
        tables=tuple(_level_tables(table, model)),
    )


def _away(values: Floats) -> int:
    """How many people have another value than the commonest."""
    return len(values) - int(np.unique(values, return_counts=True)[1].max()) if len(values) else 0


def _patterns(table: pa.Table, names: tuple[str, ...]) -> tuple[int, int]:
    """How many different combinations of the terms there are, and the people of the smallest."""
    if not names or not table.num_rows:
        return 1, table.num_rows
    with open_engine(MEMORY_MB) as engine:
        engine.register("given", table)
        group = ", ".join(quoted(name) for name in names)
        each = f"SELECT count(*) AS n FROM given GROUP BY {group}"  # noqa: S608 - names of checked columns
        return engine.sql(f"SELECT count(*), min(n) FROM ({each})").fetchall()[0]  # noqa: S608


def _level_tables(table: pa.Table, model: Model) -> list[FrequencyTable | MeasuredTable]:
    """Everybody, then each category's levels: counts of each outcome where there are but two, otherwise as a mean."""
    outcome = _numbers(table, model.outcome)
    two = len(np.unique(outcome)) <= 2
    found: list[FrequencyTable | MeasuredTable] = []
    for name in (TERM, *model.categories):
        labels = pa.array([EVERYONE] * table.num_rows, pa.string()) if name == TERM else table.column(name)
        if two:
            # The name of the outcome cannot be that of a category, so both can stand as dimensions.
            texts = pa.array([f"{value:g}" for value in outcome], pa.string())
            rows = pa.table({PPID: table.column(PPID), name: labels, model.outcome: texts})
            counted = MeasuredTable(PLAIN_COUNT, gather(rows, (name, model.outcome), PLAIN_COUNT))
            found.append(FrequencyTable(counted.dimensions, counted.cells, counted.people))
            continue
        columns = {PPID: table.column(PPID), name: labels, _OUTCOME: table.column(model.outcome)}
        columns |= {_GROUP: table.column(model.group)} if model.group else {}
        measure = Measure(MEAN, _OUTCOME, unit=_GROUP if model.group else "")
        found.append(MeasuredTable(measure, gather(pa.table(columns), (name,), measure)))
    return found
