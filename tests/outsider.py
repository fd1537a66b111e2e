"""An attacker who has the published files and nothing else, with a solver of his own.

It reads figures and labels from the CSV alone, and believes what anybody would: that a total is the sum of its parts,
and that no count is negative. No structure of the platform is used.
"""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import lil_array  # type: ignore[import-untyped]

TOTAL, HIDDEN = "Total", "[c]"
Cell = frozenset[tuple[str, str]]


def outsider(text: str, axes: Sequence[Sequence[str]], *others: str) -> dict[Cell, tuple[float, float]]:
    """Between which values each hidden figure of the tables lies (CSV texts, the first and `others`), by what it
    counts: columns and labels. `axes` are the columns that lie in each other, widest first; any other is one by itself.
    """
    tables = [_read(one) for one in (text, *others)]
    figures: dict[Cell, str] = {}
    for table in tables:
        for cell, figure in table.items():
            assert figures.setdefault(cell, figure) == figure, "one figure is shown in two ways"
    places = {cell: number for number, cell in enumerate(figures)}
    sums = [one for table in tables for one in _sums(set(table), axes)]
    matrix = lil_array((len(sums), len(places)))
    for row, (total, parts) in enumerate(sums):
        matrix[row, places[total]] = -1.0
        for part in parts:
            matrix[row, places[part]] += 1.0
    bounds = [(0.0, None) if figure == HIDDEN else (float(figure), float(figure)) for figure in figures.values()]
    return {cell: _bounds(matrix.tocsr(), bounds, places[cell]) for cell, figure in figures.items() if figure == HIDDEN}


def _read(text: str) -> dict[Cell, str]:
    head, *rows = csv.reader(io.StringIO(text))
    return {
        frozenset((name, label) for name, label in zip(head[:-1], row[:-1], strict=True) if label != TOTAL): row[-1]
        for row in rows
    }


def _sums(cells: set[Cell], axes: Sequence[Sequence[str]]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each cell that others add up to: they have one label more."""
    above = {name: set(axis[:place]) for axis in axes for place, name in enumerate(axis)}
    for name in sorted({name for cell in cells for name, _ in cell}):
        parts: dict[Cell, list[Cell]] = {}
        for cell in cells:
            labels = dict(cell)
            deeper = {other for other, wider in above.items() if name in wider}
            if name in labels and not deeper & labels.keys():
                parts.setdefault(frozenset(pair for pair in cell if pair[0] != name), []).append(cell)
        # Below one wider label stand only those that lie in it; without it, nothing is said of the narrow ones.
        yield from ((total, found) for total, found in parts.items() if total in cells)


def _bounds(sums: object, bounds: Sequence[tuple[float, float | None]], cell: int) -> tuple[float, float]:
    found = []
    for side in (1.0, -1.0):
        objective = np.zeros(len(bounds))
        objective[cell] = side
        answer = linprog(objective, A_eq=sums, b_eq=np.zeros(sums.shape[0]), bounds=bounds, method="highs")  # type: ignore[attr-defined]
        assert answer.status in (0, 3), answer.message
        found.append(side * answer.fun if answer.status == 0 else side * -np.inf)
    return found[0], found[1]
