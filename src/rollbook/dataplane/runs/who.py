"""From the pseudonyms of a person table back to person keys, for the differencing audit and nothing else.

Called while the run's data is open, outside the sandbox. No pseudonym leaves with a key: what comes out is a
membership.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rollbook.dataplane.runs.hostile import NOT_RECORDED, PPID
from rollbook.dataplane.runs.memberships import membership
from rollbook.sdc import measures
from rollbook.sdc.judging import Asked
from rollbook.sdc.membership import Amounts, Membership, every_cell, levels
from rollbook.sdc.models import Model
from rollbook.sdc.survival import Survival

# Tells two quantities apart in one number; no study can make them fall together but by chance.
_APART = 0.7548776662466927
# A term of so many values is taken for groups of people by other names.
_FEW = 50


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
    keys = _keys(table, people, pseudonyms)
    columns = [[NOT_RECORDED if one is None else one for one in table[name].to_pylist()] for name in dimensions]
    rows = list(zip(*columns, strict=True)) if columns else [()] * table.num_rows
    labels = sorted(set(rows))
    number = {label: place for place, label in enumerate(labels)}
    cells = np.fromiter((number[row] for row in rows), dtype=np.uint32, count=len(rows))
    return membership(keys, cells, levels(labels, published), _amounts(table, asked_for))


def told_by_terms(
    table: pa.Table, people: Sequence[int], pseudonyms: Callable[[Sequence[int]], list[bytes]], model: Model
) -> Iterator[Membership]:
    """What the terms and groups of a model tell beside its categories, each as a membership of its own.

    The estimates of a model follow from sums of a term over people and of its products with the outcome. So two models
    whose terms differ for one person tell that person's outcome as two means of groups do that differ by them (the
    strategic dummies of Bleninger, Drechsler and Ronning 2011, taken twice). A term of few values parts its
    people in cells, whatever the values are called; of one with more than two each person adds to a sum as well. Who is
    in which group of a multilevel model is a sum too, of numbers that stand for the groups.
    """
    keys = _keys(table, people, pseudonyms)
    outcome, together = _numbers(table, model.outcome), np.zeros(len(keys), np.uint32)
    for name in model.terms:
        term = _numbers(table, name)
        values, cells = np.unique(term, return_inverse=True)
        if len(values) <= _FEW:
            yield membership(keys, cells.astype(np.uint32), every_cell(len(values)), outcome.astype(np.float32))
        if len(values) > 2:
            yield membership(keys, together, every_cell(1), (term * (outcome + _APART)).astype(np.float32))
    if model.group:
        labels, groups = np.unique(np.array(table[model.group].to_pylist(), dtype=str), return_inverse=True)
        number = [1 + int.from_bytes(sha256(label.encode()).digest()[:4]) / 2**32 for label in labels.tolist()]
        yield membership(keys, together, every_cell(1), np.array(number, np.float32)[groups])


def _keys(
    table: pa.Table, people: Sequence[int], pseudonyms: Callable[[Sequence[int]], list[bytes]]
) -> npt.NDArray[np.uint32]:
    known = _pairs(b"".join(pseudonyms(people)))
    asked = _pairs(bytes.fromhex("".join(map(str, table[PPID].to_pylist()))))
    order = np.lexsort((known["low"], known["high"]))
    place = np.minimum(np.searchsorted(known[order], asked), len(order) - 1)
    if not (known[order][place] == asked).all():
        raise KeyError("a row of somebody who is not in the run")
    return np.asarray(people, dtype=np.uint32)[order][place]


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = table[name].cast(pa.float64()).to_numpy()
    return numbers


def _amounts(table: pa.Table, measure: Asked) -> Amounts | None:
    """What each row adds; None where it is one. Of two quantities the second is one where only the first counts. To a
    model somebody adds their outcome, to a curve whether the event came: one pupil's, changed between two of them,
    would be told by their difference as by that of two means.
    """
    if isinstance(measure, Model | Survival):
        return _numbers(table, measure.told).astype(np.float32)
    if measure.kind == measures.HISTOGRAM or not measure.numbers:
        return None
    numbers = {name: _numbers(table, name) for name in measure.numbers}
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
