"""Reads the table a mapping is about, from CSV or Parquet, as texts: one column of text for each column of the file.

Both forms become the same texts, so that translation, totals and keys have one way of seeing a value. Nothing is
guessed: a column that the mapping does not speak of refuses the file, and so does one that is not there.
"""

import codecs
import csv as plain_csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from rollbook.dataplane.collections.forms import plain
from rollbook.kernel.refusals import InputRefused, Reason

# A national year of results is some 20 million rows of a dozen columns.
LARGEST: Final = 1 << 31
SHOWN: Final = 20
_PARQUET: Final = b"PAR1"
_BOM: Final = b"\xef\xbb\xbf"
_PIECE: Final = 1 << 20
_MEND_CSV: Final = "Save it as UTF-8 with a comma between values, a value on one line."


@dataclass(frozen=True, slots=True)
class SourceTable:
    """The rows of a file as texts, None where nothing stands. `first_line` is the line of the first row: a CSV has a
    header above it, a Parquet file none."""

    columns: Mapping[str, Any]
    rows: int
    first_line: int

    def lines(self, mask: Any) -> list[int]:
        """The lines of the rows for which `mask` holds."""
        return [
            int(row) + self.first_line for row in pc.indices_nonzero(pc.fill_null(mask, pa.scalar(False))).to_pylist()
        ]


def read_source(data: bytes, name: str, *, wanted: Sequence[str], drop: Sequence[str]) -> SourceTable:
    """The columns `wanted` of a file, those in `drop` left out.

    Raises:
        InputRefused: it is neither form, is too large, has no rows, rows of different lengths, or other columns.
    """
    if len(data) > LARGEST:
        raise InputRefused(Reason("file-large", "The file is too large", name, "Split it by year."))
    table, first_line = (_parquet(data, name), 1) if data.startswith(_PARQUET) else (_csv(data, name), 2)
    _require_columns(table.column_names, name, wanted, drop)
    if not table.num_rows:
        raise InputRefused(Reason("file-empty", "The file has no rows", name, "Send the file with its rows."))
    columns = {column: _texts(table[column], column, name) for column in wanted if column not in drop}
    return SourceTable(columns, table.num_rows, first_line)


def _parquet(data: bytes, name: str) -> pa.Table:
    try:
        return pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError):
        mend = "Write the file again; it may have been cut off on the way."
        raise InputRefused(Reason("file-parquet", "This Parquet file cannot be read", name, mend)) from None


def _require_text(data: bytes, name: str) -> None:
    """Refuse bytes that are no UTF-8 before a row is read: the reader skips a faulty row that it cannot decode."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(view[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise InputRefused(Reason("file-csv", "This is not a CSV file in UTF-8", name, _MEND_CSV)) from None


def _csv(data: bytes, name: str) -> pa.Table:
    header = _header(data, name)
    _require_text(data, name)
    faults: list[int] = []

    def note(row: Any) -> Any:
        faults.append(int(row.number))
        return "skip"

    try:
        table = csv.read_csv(
            io.BytesIO(data),
            # One thread, so that a faulty row knows its number.
            read_options=csv.ReadOptions(use_threads=False, column_names=header, skip_rows=1),
            parse_options=csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=note),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        raise InputRefused(Reason("file-csv", "This is not a CSV file in UTF-8", name, _MEND_CSV)) from None
    if faults:
        where = f"{name}: line {', '.join(map(str, faults[:SHOWN]))}"
        mend = "Give every row as many values as the header has; leave no line empty."
        raise InputRefused(Reason("file-row", f"{len(faults)} rows have too many or too few values", where, mend))
    return table


def _header(data: bytes, name: str) -> list[str]:
    first = data.removeprefix(_BOM).split(b"\n", 1)[0]
    try:
        header = next(plain_csv.reader(io.StringIO(first.decode("utf-8").rstrip("\r"))), [])
    except (UnicodeDecodeError, plain_csv.Error):
        header = []
    if not header or "" in header:
        mend = "Begin with a line that names every column, in UTF-8."
        raise InputRefused(Reason("file-header", "The file does not begin with the names of its columns", name, mend))
    return header


def _require_columns(found: Sequence[str], name: str, wanted: Sequence[str], drop: Sequence[str]) -> None:
    reasons = []
    if twice := sorted({one for one in found if found.count(one) > 1}):
        reasons.append(("column-twice", "A column stands twice", twice, "Name each column once."))
    if unknown := sorted(set(found) - {*wanted, *drop}):
        mend = "Map it to an item, or list it under file.drop in the mapping."
        reasons.append(("column-unmapped", "The mapping does not speak of a column", unknown, mend))
    if absent := sorted({*wanted} - {*drop} - set(found)):
        mend = "Send the file with this column, or correct the mapping."
        reasons.append(("column-missing", "A column of the mapping is not in the file", absent, mend))
    if reasons:
        raise InputRefused(
            [
                Reason(code, message, f"{name}: {', '.join(map(plain, columns[:SHOWN]))}", mend)
                for code, message, columns, mend in reasons
            ]
        )


def _texts(column: "pa.ChunkedArray[Any]", name: str, file: str) -> Any:
    values: Any = column.combine_chunks()
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    try:
        return pc.utf8_trim_whitespace(values.cast(pa.string()))
    except pa.ArrowException:
        mend = "Columns are texts, numbers or dates; leave lists and records out."
        raise InputRefused(
            Reason("column-form", "A column has values of no plain kind", f"{file}: {plain(name)}", mend)
        ) from None
