"""From untrusted bytes to the rows of one table, each with its line number, or a refusal.

UTF-8 with or without a byte order mark, any of the three line endings, commas, quotes as in RFC 4180. Rows are read as
they are asked for, so that a limit met early costs nothing for the rest.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.untrusted import Limits

MAX_CELL: Final = 4_000
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # XML forbids most of them too
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_TEXT: Final = "Save the table as CSV in UTF-8, with commas between values, and send it again."
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `where` names the file for messages; headings are as sent, and in lower case in `keys`."""

    where: str
    headings: tuple[str, ...]
    text: str
    limits: Limits

    @property
    def keys(self) -> tuple[str, ...]:
        """The headings in lower case."""
        return tuple(heading.lower() for heading in self.headings)

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Each row as line and values by lower-case heading. Blank lines are passed over."""
        keys = self.keys
        records = records_of(self.text, self.where, self.limits)
        next(records)
        for line, cells in records:
            if len(cells) != len(keys):
                raise _uneven(self, line)
            yield line, dict(zip(keys, cells, strict=True))


def text_of(data: bytes, where: str) -> str:
    """The text with one kind of line ending and no byte order mark."""
    if data.startswith(_UTF16):
        raise refusal("encoding", "The file is not written in UTF-8", where, _TEXT, line=1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _lines(data[: error.start])
        raise refusal("encoding", "The file holds bytes that are not UTF-8", where, _TEXT, line=line) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise refusal("csv-binary", "A character stands here that no table has", where, _TEXT, line=line)
    if not text.strip():
        raise refusal("file-empty", "The file is empty", where)
    return text


def _lines(data: bytes) -> int:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1


def records_of(text: str, where: str, limits: Limits) -> Iterator[Row]:
    """Each record with the line it begins on. Refuses broken quoting, and more or longer than any table needs."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    count = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _broken(line, where) from None
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        _refuse_long(cells, line, count, where, limits)
        yield line, cells


def _broken(line: int, where: str) -> Exception:
    message = "A value that begins with a quote is not closed as it should be, or the file is cut short"
    return refusal("csv-quotes", message, where, line=line)


def _refuse_long(cells: list[str], line: int, count: int, where: str, limits: Limits) -> None:
    if len(cells) > limits.max_columns:
        message = f"The row has more than {limits.max_columns} columns"
        raise refusal("csv-too-wide", message, where, line=line)
    if count > limits.max_rows:
        message = f"The table has more than {limits.max_rows:,} rows"
        raise refusal("file-too-large", message, where, "Send one school a file.", line=line)
    if any(len(cell) > MAX_CELL for cell in cells):
        raise refusal("csv-cell-too-long", f"A value has more than {MAX_CELL:,} characters", where, line=line)


def sheet_of(data: bytes, where: str, limits: Limits) -> Sheet:
    """A table with a heading row."""
    text = text_of(data, where)
    line, headings = next(records_of(text, where, limits), (1, []))
    if not headings:
        raise refusal("file-empty", "The table has no headings", where, line=line)
    headings = [heading.strip() for heading in headings]
    if len(headings) == 1 and any(mark in headings[0] for mark in ";\t|"):
        raise refusal("csv-delimiter", "The values are not parted by commas", where, _TEXT, line=line)
    twice = _first_twice([heading.lower() for heading in headings])
    if twice:
        message = f"Column {twice} has the heading of an earlier column"
        raise refusal("csv-heading-twice", message, where, "Give each column once.", line=line)
    return Sheet(where, tuple(headings), text, limits)


def _first_twice(headings: list[str]) -> int:
    seen: set[str] = set()
    for number, heading in enumerate(headings, start=1):
        if heading in seen:
            return number
        seen.add(heading)
    return 0


def _uneven(sheet: Sheet, line: int) -> Exception:
    if line >= sheet.text.rstrip("\n").count("\n") + 1 and not sheet.text.endswith("\n"):
        return refusal("csv-truncated", "The file ends in the middle of a row", sheet.where, line=line)
    message = "The row does not have as many values as there are headings"
    return refusal("csv-uneven", message, sheet.where, "Put quotes around a value with a comma in it.", line=line)
