"""Any table that can leave, judged: counts, other measures, fitted models, survival. One door for all four.

Each kind has a rule set of its own, whose name stands in the verdict, so that what was released can be judged again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rollbook.sdc import measured
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.measured import MeasuredTable
from rollbook.sdc.measures import Measure
from rollbook.sdc.model_rules import judge_model
from rollbook.sdc.models import LEVEL_OF, TERM, WHOLE, Model, ModelTable
from rollbook.sdc.rules import SdcParameters
from rollbook.sdc.survival import Survival, SurvivalTable, judge_survival
from rollbook.sdc.tables import FrequencyTable

Asked = Measure | Model | Survival
Table = FrequencyTable | MeasuredTable | ModelTable | SurvivalTable


def judge(table: Table, parameters: SdcParameters) -> Verdict:
    """What the rules say of a table of any kind."""
    if isinstance(table, ModelTable):
        return judge_model(table, parameters)
    if isinstance(table, SurvivalTable):
        return judge_survival(table, parameters)
    return measured.judge(table, parameters)


def replays(verdict: Verdict, table: Table) -> bool:
    """Whether judging `table` again under the recorded parameters gives this same verdict, its rule set included."""
    return judge(table, verdict.parameters) == verdict


def shown(table: Table, parameters: SdcParameters) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The table as a checker may see it: labels and figure, a figure that may not leave replaced by why."""
    if isinstance(table, ModelTable | SurvivalTable):
        return table.shown(parameters, passed=judge(table, parameters).passed)
    return measured.shown(table, parameters)


def table_from(data: Mapping[str, Any]) -> Table:
    """The table that any form's `as_data` wrote."""
    if "model" in data:
        return ModelTable.from_data(data)
    return SurvivalTable.from_data(data) if "survival" in data else measured.table_from(data)


def failed_at(table: Table, verdict: Verdict) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The rules that each cell of `table` fails, by its labels."""
    rows = [labels for labels, _ in shown(table, verdict.parameters)]
    found: dict[tuple[str, ...], list[str]] = {}
    for failure in verdict.failures:
        hit = [labels for labels in rows if _is_at(table, labels, failure.labels)]
        # The level of a model that others are compared with has no row: its fault is a fault of them all.
        for labels in hit if hit or not isinstance(table, ModelTable) else rows:
            found.setdefault(labels, []).append(failure.rule)
    return {labels: tuple(dict.fromkeys(names)) for labels, names in found.items()}


def people_behind(table: Table, parameters: SdcParameters) -> dict[tuple[str, ...], int]:
    """How many people stand behind each figure, by its labels: those with a value, not those without."""
    if isinstance(table, SurvivalTable):
        return {labels: people for labels, _, people in table.rows(parameters)}
    if isinstance(table, MeasuredTable):
        axes, people = table.evidence.axes, table.evidence.contributors
        return {axes.of(at): int(people[at]) for at in range(axes.cells)}
    return {cell.labels: cell.persons for cell in table.cells}


def people_with(table: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Dimension, label and people of each cell of a stored table; of a model, of the levels behind it."""
    if "curves" in table:
        names, cells = table["survival"]["by"], table["curves"]
        yield from (pair for cell in cells for pair in _pairs(names, cell["labels"], cell["people"]))
        return
    for one in table["evidence"]["tables"] if "model" in table else [table]:
        for cell in one["cells"]:
            yield from _pairs(one["dimensions"], cell["labels"], cell["persons"])


def _pairs(names: Sequence[str], labels: Sequence[str], people: int) -> Iterator[tuple[str, str, int]]:
    yield from ((name, label, people) for name, label in zip(names, labels, strict=True))


def _is_at(table: Table, labels: tuple[str, ...], wanted: Iterable[tuple[str, str]]) -> bool:
    if isinstance(table, ModelTable):
        term = labels[0]
        about = {(TERM, term), (TERM, WHOLE), tuple(term.split(LEVEL_OF, 1))}
        return any(pair in about for pair in wanted)
    told = set(zip(table.dimensions, labels, strict=True))
    return all(pair in told for pair in wanted)
