"""From the elements that `scan` found to the tables and records of a return, column by column.

Gives what `reader` would give by walking the tree, or None: where an element has no place in the profile, where a value
cannot be read, stands twice or has white space around it, the walk is the rule and says what is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.census.parsed import Record, Records
from rollbook.dataplane.census.plain_shape import PUPIL, Shape, keys_of, shape_of
from rollbook.dataplane.census.profile import ALWAYS, ARROW, IDENTITY_COPIES, profile_of
from rollbook.dataplane.census.scan import Ints, Scan
from rollbook.dataplane.census.values import MAX_TEXT, read_value

_SPACE: Final = 32
_ASCII: Final = 128
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_RETURN: Final = 13
Texts = Any  # an Arrow array of strings


@dataclass(frozen=True, slots=True)
class Column:
    """The different values of a column, and which of them each row has, -1 for none."""

    values: Any
    indices: npt.NDArray[np.int32]

    def array(self) -> Any:
        """A value for each row."""
        none = self.indices < 0
        return self.values.take(pa.array(self.indices, mask=none if none.any() else None))

    def listed(self) -> list[Any]:
        """The same as objects; rows with the same value share it."""
        held = np.empty(len(self.values) + 1, object)
        held[:-1] = self.values.to_pylist()
        listed: list[Any] = held[self.indices].tolist()  # the last is None
        return listed


@dataclass(frozen=True, slots=True)
class Gathered:
    """What stands in the pupils' block. `begins` has for each table the element that each of its rows begins with."""

    found: Scan
    collection: str
    begins: Mapping[str, Ints]
    on_roll: npt.NDArray[np.bool_]
    columns: Mapping[str, Mapping[str, Column]]

    def tables(self) -> dict[str, pa.Table]:
        """As `Gathering.tables`."""
        schemas = profile_of(self.collection).schemas
        arrays = {name: {key: one.array() for key, one in columns.items()} for name, columns in self.columns.items()}
        arrays[PUPIL]["on_roll"] = pa.array(self.on_roll)
        for column, source in IDENTITY_COPIES:
            if source in arrays[PUPIL]:
                arrays[PUPIL].setdefault(column, arrays[PUPIL][source])
        return {
            name: self._table(PUPIL if name == "identity" else name, arrays, schema)
            for name, schema in schemas.items()
            if name in ALWAYS or len(self.begins.get(name, ()))
        }

    def _table(self, name: str, arrays: Mapping[str, dict[str, Any]], schema: pa.Schema) -> pa.Table:
        numbers, lines = self._keys(name)
        held = {**arrays.get(name, {}), "pupil_no": pa.array(numbers, pa.int32()), "line": pa.array(lines, pa.int32())}
        columns = [held[one.name] if one.name in held else pa.nulls(len(numbers), one.type) for one in schema]
        return pa.table(columns, schema=schema)

    def _keys(self, name: str) -> tuple[Ints, Ints]:
        begins = self.begins.get(name, np.empty(0, np.int64))
        return np.searchsorted(self.begins[PUPIL], begins, "right"), self.found.line[begins]

    def records(self) -> Records:
        """As the reader meets them: None stands for an absent value."""
        pupils = self._records(PUPIL, {"on_roll": self.on_roll.tolist()})
        for column, source in IDENTITY_COPIES:
            if column != source and source in self.columns[PUPIL]:
                for one in pupils:
                    one[column] = one[source]
        names = [name for name, begins in self.begins.items() if name != PUPIL and len(begins)]
        return Records(pupils, {name: self._records(name, {}) for name in names})

    def _records(self, name: str, more: Mapping[str, list[Any]]) -> list[Record]:
        numbers, lines = self._keys(name)
        held = {key: one.listed() for key, one in self.columns[name].items()}
        held |= {"pupil_no": numbers.tolist(), "line": lines.tolist(), **more}
        blank = {} if name == PUPIL else dict.fromkeys(profile_of(self.collection).schemas[name].names)
        return [{**blank, **dict(zip(held, row, strict=True))} for row in zip(*held.values(), strict=True)]


def gather(found: Scan, collection: str) -> Gathered | None:
    """The tables and records of the pupils found, None when the walk has to say what is wrong with them."""
    shape = shape_of(collection)
    places = None if shape is None else _places(found, shape)
    if shape is None or places is None:
        return None
    begins = {name: np.flatnonzero(shape.table[places] == number) for number, name in enumerate(shape.tables)}
    values = _values(found, shape.target[places], len(shape.targets))
    if values is None:
        return None
    sizes = {name: len(at) for name, at in begins.items()}
    columns: dict[str, dict[str, Column]] = {name: {} for name in begins}
    for number, (table, column, kind) in enumerate(shape.targets):
        some = values.of(number)
        if some is not None:
            made = _column(kind, np.searchsorted(begins[table], some.at, "right") - 1, some.texts, sizes[table])
            if made is None or column in columns[table]:
                return None
            columns[table][column] = made
    return Gathered(found, collection, begins, places[begins[PUPIL]] == shape.on_roll, columns)


def _places(found: Scan, shape: Shape) -> Ints | None:
    """The place of each element, found level by level; None when one has none."""
    keys = keys_of(found.names)
    name = np.minimum(np.searchsorted(shape.keys, keys), len(shape.keys) - 1)
    if not np.array_equal(shape.names[:, name], found.names):
        return None
    places = np.zeros(len(name), np.int64)
    above = np.flatnonzero(found.depth == 0)
    places[above] = shape.goes[0, name[above]]
    for depth in range(1, int(found.depth.max()) + 1):
        here = np.flatnonzero(found.depth == depth)
        parents = above[np.searchsorted(above, here) - 1]
        places[here] = shape.goes[places[parents], name[here]]
        if (places[parents] < 0).any():
            return None
        above = here
    return None if (places < 0).any() else places


@dataclass(frozen=True, slots=True)
class _Some:
    """Values of one column: which elements they stand in, and their texts."""

    at: Ints
    texts: Texts


@dataclass(frozen=True, slots=True)
class _Values:
    """All values of the pupils, column after column, in file order within each."""

    at: Ints
    texts: Texts
    bounds: Ints

    def of(self, target: int) -> _Some | None:
        first, last = int(self.bounds[target]), int(self.bounds[target + 1])
        return _Some(self.at[first:last], self.texts.slice(first, last - first)) if last > first else None


def _values(found: Scan, targets: Ints, count: int) -> _Values | None:
    codes = np.frombuffer(found.raw, np.uint8)
    given = np.flatnonzero((targets >= 0) & (found.end > found.start))
    order = given[np.argsort(targets[given].astype(np.int16), kind="stable")]
    starts, ends = found.start[order], found.end[order]
    if not _tidy(found, codes, targets, starts, ends):
        return None
    lengths = ends - starts
    offsets = np.zeros(len(order) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    held = codes[np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])]
    texts: Texts = pa.StringArray.from_buffers(len(order), pa.py_buffer(offsets.data), pa.py_buffer(held.data))
    if b"&" in found.raw:
        texts = pa.array([_unescaped(text) for text in texts.to_pylist()], pa.string())
    bounds = np.searchsorted(targets[order], np.arange(count + 1))
    return _Values(order, texts, bounds)


def _tidy(found: Scan, codes: Any, targets: Ints, starts: Ints, ends: Ints) -> bool:
    """Whether no value is too long, has white space around it or a line end that a parser would change."""
    first, last = codes[starts], codes[ends - 1]
    if (ends - starts).max(initial=0) > MAX_TEXT or (np.minimum(first, last) <= _SPACE).any():
        return False
    if b"\r" in found.raw:
        returns = np.flatnonzero(codes == _RETURN)
        inside = np.searchsorted(found.start, returns, "right") - 1
        if ((inside >= 0) & (returns < found.end[inside]) & (targets[inside] >= 0)).any():
            return False
    foreign = np.flatnonzero(np.maximum(first, last) >= _ASCII)
    texts = (found.raw[starts[at] : ends[at]].decode() for at in foreign)
    return all(text == text.strip() for text in texts)


def _unescaped(text: str) -> str:
    if "&" in text:
        for entity, meant in _ENTITIES:
            text = text.replace(entity, meant)
    return text


def _column(kind: str, rows: Ints, texts: Texts, size: int) -> Column | None:
    """A column of so many rows; None when a value cannot be read or a row has two."""
    if kind == "line":
        rows, texts = _joined(rows, texts)
    elif len(rows) > 1 and (rows[1:] == rows[:-1]).any():
        return None
    if kind in ("text", "line"):
        return Column(texts, _spread(np.arange(len(rows), dtype=np.int32), rows, size))
    different = texts.dictionary_encode()
    try:
        values = [read_value(text, kind) for text in different.dictionary.to_pylist()]
    except ValueError:
        return None
    return Column(pa.array(values, ARROW.get(kind, pa.string())), _spread(different.indices.to_numpy(), rows, size))


def _joined(rows: Ints, texts: Texts) -> tuple[Ints, Texts]:
    """The lines of an address as one text for each row."""
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    bounds: Any = pa.array(np.append(first, len(rows)), pa.int32())
    lists: Any = pa.ListArray.from_arrays(bounds, texts)
    return rows[first], pc.binary_join(lists, ", ")


def _spread(indices: Any, rows: Ints, size: int) -> npt.NDArray[np.int32]:
    """For each row of the table which value it has, -1 for none."""
    if len(rows) == size:
        return np.asarray(indices, np.int32)
    at = np.full(size, -1, np.int32)
    at[rows] = indices
    return at
