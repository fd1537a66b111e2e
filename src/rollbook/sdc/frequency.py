"""Judging frequency tables: which cells may not be published, by which rule, and what a checker may see of them.

Pure: a table and parameters in, a verdict out. Suppression is not done here: a table that fails is stopped whole.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollbook.sdc.nesting import Labels, spans
from rollbook.sdc.rules import EMPTY, GROUP, RULE_SET, THRESHOLD, ZERO, SdcParameters
from rollbook.sdc.tables import FrequencyTable


@dataclass(frozen=True, slots=True)
class Failure:
    """One cell or group that may not be published: the `rule`, its `labels` by dimension, and `shown` in place of a
    figure.
    """

    rule: str
    labels: tuple[tuple[str, str], ...]
    shown: str

    @property
    def message(self) -> str:
        """The failure as one sentence, without the figure."""
        place = ", ".join(f"{dimension} = {label}" for dimension, label in self.labels) or "the whole table"
        return f"{self.rule}: {place}: {self.shown}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of one table. `failures` is empty exactly when it passed; `parameters` and `rule_set` let it
    be replayed.
    """

    failures: tuple[Failure, ...]
    parameters: SdcParameters
    rule_set: str = RULE_SET

    @property
    def passed(self) -> bool:
        """Whether no rule objects."""
        return not self.failures

    def replays(self, table: FrequencyTable) -> bool:
        """Whether judging `table` again under the recorded rule set and parameters gives this same verdict."""
        return self.rule_set == RULE_SET and check(table, self.parameters) == self

    def as_data(self) -> dict[str, object]:
        """The verdict as plain data, for the record kept with an output."""
        failures = [
            {"rule": f.rule, "labels": [list(pair) for pair in f.labels], "shown": f.shown} for f in self.failures
        ]
        return {
            "passed": self.passed,
            "rule_set": self.rule_set,
            "parameters": self.parameters.known_to(self.rule_set),
            "failures": failures,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Verdict":
        """The verdict that `as_data` wrote, to be replayed."""
        failures = tuple(
            Failure(one["rule"], tuple((name, label) for name, label in one["labels"]), one["shown"])
            for one in data["failures"]
        )
        return cls(failures, SdcParameters(**data["parameters"]), data["rule_set"])


def check(table: FrequencyTable, parameters: SdcParameters) -> Verdict:
    """Judge `table`: every cell and group that may not be published, in the order of the table."""
    failures = [*_too_few(table, parameters)]
    if parameters.refuse_alike_groups:
        failures += _alike(table)
    if not table.cells:
        failures.append(Failure(EMPTY, (), "no people"))
    elif parameters.refuse_empty_cells and table.empty:
        failures.append(none_in(table.empty))
    return Verdict(tuple(failures), parameters)


def none_in(empty: int) -> Failure:
    """What is wrong with a table that has so many empty combinations: each tells what nobody of a group is."""
    return Failure(ZERO, (), f"{empty:,} combinations of the labels have nobody in them")


def shown(table: FrequencyTable, parameters: SdcParameters) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The table as a checker may see it: labels and figure, a figure on too few people replaced by "below N"."""
    limit = parameters.threshold
    return tuple((c.labels, f"{c.count:,}" if c.persons >= limit else _below(parameters)) for c in table.cells)


def _below(parameters: SdcParameters) -> str:
    return f"below {parameters.threshold}"


def _too_few(table: FrequencyTable, parameters: SdcParameters) -> Iterator[Failure]:
    for cell in table.cells:
        if cell.persons < parameters.threshold:
            labels = tuple(zip(table.dimensions, cell.labels, strict=True))
            yield Failure(THRESHOLD, labels, _below(parameters))


def _alike(table: FrequencyTable) -> Iterator[Failure]:
    """Groups by all dimensions but one whose people all share that one's label while others in the table do not. Of an
    axis of several levels a group is asked at each of them, among those who share the wider labels.
    """
    if len(table.axes) < 2:
        return
    for axis in spans(table.axes):
        others = table.dimensions[: axis.start] + table.dimensions[axis.stop :]
        for place in range(axis.start, axis.stop):
            for group, wider, label in _of_one_label(table, axis, place):
                where = zip((*others, *table.dimensions[axis.start : place]), (*group, *wider), strict=True)
                yield Failure(GROUP, tuple(where), f"all of them have {table.dimensions[place]} = {label}")


def _of_one_label(table: FrequencyTable, axis: slice, place: int) -> Iterator[tuple[Labels, Labels, str]]:
    """The groups with one label at `place`, an axis's level, where there are others: by the other axes, by the wider
    levels of this one.
    """
    groups: dict[tuple[Labels, Labels], set[str]] = defaultdict(set)
    there: dict[Labels, set[str]] = defaultdict(set)
    for cell in table.cells:
        wider, label = cell.labels[axis.start : place], cell.labels[place]
        groups[cell.labels[: axis.start] + cell.labels[axis.stop :], wider].add(label)
        there[wider].add(label)
    for (group, wider), labels in groups.items():
        if len(labels) == 1 and len(there[wider]) > 1:
            yield group, wider, next(iter(labels))
