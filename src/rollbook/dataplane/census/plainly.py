"""From the values that `scan` found to the tables of a return.

Gives what `reader` would give by walking the tree, or None: where an element has no place in the profile, where a value
cannot be read, stands twice or has white space around it, the walk is the rule and says what is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rollbook.dataplane.census.lay import Laid, lay
from rollbook.dataplane.census.plain_shape import HOURS, LINE, PUPIL, Ints, shape_of
from rollbook.dataplane.census.profile import ALWAYS, ARROW, IDENTITY_COPIES, profile_of
from rollbook.dataplane.census.scan import Block, Scan, block_of, scan

__all__ = ["Gathered", "block_of", "gather"]

_ARROW: Final = {kind: ARROW.get(kind, pa.string()) for kind in ("text", "code", "flag", "line", *ARROW)}


@dataclass(frozen=True, slots=True)
class Gathered:
    """What stands in the pupils' block."""

    found: Scan
    laid: Laid
    collection: str

    def tables(self) -> dict[str, pa.Table]:
        """As `Gathering.tables`."""
        schemas = profile_of(self.collection).schemas
        columns = self._columns()
        pupil = columns[PUPIL]
        pupil["on_roll"] = pa.array(self.found.on_roll)
        identity = {column: pupil[source] for column, source in IDENTITY_COPIES if source in pupil}
        columns["identity"] = {**identity, **pupil}
        none = np.empty(0, np.int32)
        rows = dict.fromkeys(ALWAYS, (none, none)) | self._rows()
        rows["identity"] = rows[PUPIL]
        return {name: _table(schemas[name], columns.get(name, {}), *keys) for name, keys in rows.items()}

    def _rows(self) -> dict[str, tuple[Ints, Ints]]:
        """Number of the pupil and line of each row, by table."""
        found = self.found
        named = ((name, found.begins == number) for number, name in enumerate(found.shape.tables))
        return {name: (found.pupil[these], found.line[these]) for name, these in named if these.any()}

    def _columns(self) -> dict[str, dict[str, Any]]:
        shape, laid = self.found.shape, self.laid
        columns: dict[str, dict[str, Any]] = {name: {} for name in shape.tables}
        for number in np.flatnonzero(laid.filled).tolist():
            table, column, kind = shape.targets[number]
            columns[table][column] = pa.Array.from_buffers(
                _ARROW[kind], int(laid.size[number]), self._buffers(number, int(shape.kind[number])),
                int(laid.size[number] - laid.filled[number]),
            )  # fmt: skip
        return columns

    def _buffers(self, number: int, kind: int) -> list[pa.Buffer | None]:
        laid: Any = self.laid
        size, at, bits = int(laid.size[number]), int(laid.at[number]), int(laid.bits[number])
        given = pa.py_buffer(laid.given[bits : bits + (size + 7) // 8]) if laid.filled[number] < size else None
        if kind == HOURS:
            return [given, pa.py_buffer(laid.hours[at : at + size])]
        if kind > LINE:
            return [given, pa.py_buffer(laid.whole[at : at + size])]
        start = int(laid.text_at[number])
        ends = laid.whole[at : at + size + 1]
        return [given, pa.py_buffer(ends), pa.py_buffer(laid.text[start : start + int(ends[-1])])]


def gather(block: Block, collection: str) -> Gathered | None:
    """The tables of the pupils in a block, None when the walk has to say what is wrong with them."""
    found = scan(block, shape_of(collection))
    laid = None if found is None else lay(found)
    return None if found is None or laid is None else Gathered(found, laid, collection)


def _table(schema: pa.Schema, columns: Mapping[str, Any], numbers: Ints, lines: Ints) -> pa.Table:
    held = {**columns, "pupil_no": pa.array(numbers), "line": pa.array(lines)}
    made = [held[one.name] if one.name in held else pa.nulls(len(numbers), one.type) for one in schema]
    return pa.table(made, schema=schema)
