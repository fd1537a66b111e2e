"""From the pseudonyms of a person table back to person keys, for the differencing audit and nothing else.

Called while the run's data is open, outside the sandbox. No pseudonym leaves with a key: what comes out is a
membership.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from rollbook.dataplane.runs.hostile import NOT_RECORDED, PPID
from rollbook.dataplane.runs.memberships import membership
from rollbook.sdc import measures
from rollbook.sdc.judging import Asked
from rollbook.sdc.membership import Amounts, Membership, levels
from rollbook.sdc.models import Model
from rollbook.sdc.survival import Survival

# Tells two quantities apart in one number; no study can make them fall together but by chance.
_APART = 0.7548776662466927


def who_is_where(
    table: pa.Table,
    dimensions: Sequence[str],
    people: Sequence[int],
    pseudonyms: Callable[[Sequence[int]], list[bytes]],
    published: Sequence[tuple[int, ...]],
    asked_for: Asked = measures.PLAIN_COUNT,
) -> Membership:
    """Who is in which cell of a person table (columns `ppid`, `dimensions`, the measure's) of a run over `people`, and
    what each adds to the figure asked for. Cells are numbered in the order of their labels; `published` are the sets of
    dimensions that the table shows figures by.
    """
    known = _pairs(b"".join(pseudonyms(people)))
    asked = _pairs(bytes.fromhex("".join(map(str, table[PPID].to_pylist()))))
    order = np.lexsort((known["low"], known["high"]))
    place = np.searchsorted(known[order], asked)
    keys = np.asarray(people, dtype=np.uint32)[order][np.minimum(place, len(order) - 1)]
    if not (known[order][np.minimum(place, len(order) - 1)] == asked).all():
        raise KeyError("a row of somebody who is not in the run")
    columns = [[NOT_RECORDED if one is None else one for one in table[name].to_pylist()] for name in dimensions]
    rows = list(zip(*columns, strict=True)) if columns else [()] * table.num_rows
    labels = sorted(set(rows))
    number = {label: place for place, label in enumerate(labels)}
    cells = np.fromiter((number[row] for row in rows), dtype=np.uint32, count=len(rows))
    return membership(keys, cells, levels(labels, published), _amounts(table, asked_for))


def _amounts(table: pa.Table, measure: Asked) -> Amounts | None:
    """What each row adds; None where it is one. Of two quantities the second is one where only the first counts. To a
    model somebody adds their outcome, to a curve whether the event came: one pupil's, changed between two of them,
    would be told by their difference as by that of two means.
    """
    if isinstance(measure, Model | Survival):
        return table[measure.told].cast(pa.float64()).to_numpy().astype(np.float32)
    if measure.kind == measures.HISTOGRAM or not measure.numbers:
        return None
    numbers = {name: table[name].cast(pa.float64()).to_numpy() for name in measure.numbers}
    if measure.kind == measures.COUNT:
        return numbers[measure.weight].astype(np.float32)
    adds, with_it = numbers[measure.value], np.ones(len(table))
    if measure.kind == measures.WEIGHTED_MEAN:
        adds, with_it = adds * numbers[measure.weight], numbers[measure.weight]
    elif measure.kind == measures.RATIO:
        with_it = numbers[measure.denominator]
    return (adds + (with_it - 1) * _APART).astype(np.float32)


def _pairs(packed: bytes) -> np.ndarray:
    return np.frombuffer(packed, dtype=np.dtype([("high", ">u8"), ("low", ">u8")])).astype(
        [("high", "u8"), ("low", "u8")]
    )
