"""What disclosure rules judge: a table of cells, each with its figure and the evidence behind it.

The evidence is the number of distinct people in the cell. A rule looks at the evidence, never at the figure, because
twelve rows of one pupil are a figure of twelve and one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from rollbook.sdc.nesting import Labels, spans


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its `labels` in the order of the table's dimensions, the `count` to publish, the distinct `persons`
    in it.
    """

    labels: tuple[str, ...]
    count: int
    persons: int

    def __post_init__(self) -> None:
        if self.persons < 0 or self.count < 0:
            raise ValueError("a cell holds no negative numbers")


@dataclass(frozen=True, slots=True)
class FrequencyTable:
    """Counts over `dimensions`. Empty combinations are not listed. `people` is the distinct people in the whole
    table. `nested` are the dimensions by axis, each axis from wide to narrow, where one of them lies in others.
    """

    dimensions: Labels
    cells: tuple[Cell, ...]
    people: int
    nested: tuple[Labels, ...] = ()

    def __post_init__(self) -> None:
        if self.nested and tuple(name for names in self.nested for name in names) != self.dimensions:
            raise ValueError("the axes hold the dimensions in their order")
        if any(len(cell.labels) != len(self.dimensions) for cell in self.cells):
            raise ValueError("every cell has one label for each dimension")
        if len({cell.labels for cell in self.cells}) != len(self.cells):
            raise ValueError("no cell is listed twice")

    @property
    def axes(self) -> tuple[Labels, ...]:
        """The dimensions by axis; each is one by itself unless it lies in others."""
        return self.nested or tuple((name,) for name in self.dimensions)

    @property
    def empty(self) -> int:
        """How many combinations of the labels have nobody in them."""
        labels = [{cell.labels[place] for cell in self.cells} for place in spans(self.axes)]
        return prod(map(len, labels)) - len(self.cells)

    def as_data(self) -> dict[str, object]:
        """The table as plain data, to store beside its verdict."""
        cells = [{"labels": list(cell.labels), "count": cell.count, "persons": cell.persons} for cell in self.cells]
        nested = {"nested": [list(names) for names in self.nested]} if self.nested else {}
        return {"dimensions": list(self.dimensions), "people": self.people, "cells": cells, **nested}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "FrequencyTable":
        """The table that `as_data` wrote."""
        cells = tuple(Cell(tuple(one["labels"]), one["count"], one["persons"]) for one in data["cells"])
        return cls(tuple(data["dimensions"]), cells, data["people"], nested_in(data))


def nested_in(data: Mapping[str, Any]) -> tuple[Labels, ...]:
    """The axes of a stored table or of a record, empty where no dimension lies in others."""
    return tuple(tuple(names) for names in data.get("nested", ()))
