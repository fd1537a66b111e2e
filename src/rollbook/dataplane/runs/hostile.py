"""Reading what came out of a sandbox. Every byte is taken as written by an enemy until this module has said otherwise.

The form is the plainest that carries a table: UTF-8 lines, fields parted by one tab, a head line, no quoting. There is
nothing in it to unpack, so there is nothing in it to exploit. Reasons name the column and how many rows, never an
identifier or a label.
"""

import io
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from rollbook.dataplane.runs.coded_labels import why_coded
from rollbook.dataplane.runs.nesting_form import require_nested
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.sdc.measures import Measure

PPID = "ppid"
NOT_RECORDED = "not recorded"
MAX_LABELS = 200
MAX_LABEL_LENGTH = 60
# The codes of registers ("/", "\\") are labels too; no label begins as a formula of a spreadsheet does. Two labels that
# look alike would say something that no checker can see: so one space between words and none at the end, and of letters
# only those of European languages in our own alphabet.
LETTERS = r"A-Za-z0-9À-ÖØ-öø-žȘ-țẀ-ẅỲỳ"
_LABEL = rf"^[{LETTERS}(</\\>](?: ?[{LETTERS}_.,:'()/\\&+%<>=-])*$"
# A run this long of hexadecimal digits is how a pseudonym or a key looks, and no group of people is called so.
_LIKE_AN_IDENTIFIER = r"[0-9A-Fa-f]{16,}"

# DuckDB writes 17 digits, after as many as three zeros behind the point.
_NUMBER = r"^-?[0-9]{1,18}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?$"
MOST = 1e12


def read_person_table(stream: bytes, study: Study, allowed_ppids: set[str]) -> pa.Table:
    """The person table in `stream`, one row for a person of the population: text columns `ppid` and the study's
    dimensions, then the measure's numbers (null where the field is empty) and its unit as text.

    `allowed_ppids` are the run's own people (32 hexadecimal digits each).

    Raises:
        InputRefused: whenever the stream is anything else.
    """
    measure = study.table.measure
    table = _lines(stream, (PPID, *study.table.dimensions, *measure.columns), most=len(allowed_ppids))
    _people(table.column(PPID), allowed_ppids)
    for dimension in study.table.dimensions:
        table = _labels(table, dimension)
    # Amounts below nought among those that a figure is divided by could leave one person's as all that is left of them.
    under = {measure.weight, measure.denominator} if isinstance(measure, Measure) else set()
    for name in measure.numbers:
        table = _column(table, name, _number(table.column(name), name, least=0.0 if name in under else None))
    require_nested(table, study.table.nested)
    if measure.unit:
        table = _column(table, measure.unit, _unit(table.column(measure.unit)))
    return table


def _refuse(code: str, message: str, where: str, mend: str) -> InputRefused:
    return InputRefused(Reason(code, message, where, mend))


def _lines(stream: bytes, columns: tuple[str, ...], most: int) -> pa.Table:
    head, end, body = stream.partition(b"\n")
    if head != "\t".join(columns).encode() or not end:
        mend = "Derive exactly these columns, in this order: " + ", ".join(columns) + "."
        raise _refuse("table-columns", "The table has other columns than the study declares", "person table", mend)
    if body.count(b"\n") > most:
        raise _refuse(
            "table-too-long", "There are more rows than people in the run", "person table", "Derive one row a person."
        )
    if b"\0" in body or b"\r" in body or (body and not body.endswith(b"\n")) or b"\n\n" in b"\n" + body:
        raise _refuse(
            "table-form", "The table is cut short or holds control characters", "person table", "Derive plain labels."
        )
    if not body:
        return pa.table({name: pa.array([], pa.string()) for name in columns})
    return _parsed(body, columns)


def _parsed(body: bytes, columns: tuple[str, ...]) -> pa.Table:
    try:
        table = csv.read_csv(
            io.BytesIO(body),
            read_options=csv.ReadOptions(column_names=list(columns), use_threads=False),
            parse_options=csv.ParseOptions(
                delimiter="\t", quote_char=False, escape_char=False, ignore_empty_lines=False
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False, check_utf8=True
            ),
        )
        table.validate(full=True)
    except pa.ArrowException:
        # The parser's own words quote the line, and a line is about a person: they go no further.
        mend = "Labels hold no tab, line break or bytes that are not UTF-8."
        raise _refuse("table-form", "The table is not lines of plain fields", "person table", mend) from None
    return table


def _people(ppids: "pa.ChunkedArray[pa.StringScalar]", allowed: set[str]) -> None:
    known = pc.is_in(ppids, value_set=pa.array(list(allowed), pa.string()))
    strangers = len(ppids.filter(pc.invert(known)))
    if strangers:
        message = f"{strangers} rows have a ppid that is not of this run's population"
        raise _refuse("table-strangers", message, PPID, "Take ppid from the extract's tables and do not change it.")
    twice = len(ppids) - len(ppids.unique())
    if twice:
        raise _refuse(
            "table-twice",
            f"{twice} rows repeat a person",
            PPID,
            "Derive one row a person, for example with GROUP BY ppid.",
        )


def _number(texts: "pa.ChunkedArray[pa.StringScalar]", name: str, least: float | None) -> "pa.ChunkedArray[Any]":
    """The column as numbers. What is no plain finite number is refused, and so is a number so large that the
    values of other people would be lost in its last digits.
    """
    given = _empty_is_missing(texts)
    plain = pc.all(pc.match_substring_regex(given, _NUMBER)).as_py() is not False
    values: Any = given.cast(pa.float64()) if plain else None
    lowest = (pc.min(values).as_py() or 0.0) if plain else 0.0
    highest = (pc.max(values).as_py() or 0.0) if plain else 0.0
    if not plain or max(-lowest, highest) > MOST or (least is not None and lowest < least):
        mend = (
            f"Derive plain numbers of at most {MOST:,.0f}; a weight or denominator is not negative. "
            "Leave what is missing empty."
        )
        raise _refuse("table-number", "A value is not a number that can be added up", name, mend)
    return cast("pa.ChunkedArray[Any]", values)


def _unit(texts: "pa.ChunkedArray[pa.StringScalar]") -> "pa.ChunkedArray[pa.StringScalar]":
    """The unit of each row, null where it is empty. Units are counted and never shown."""
    return cast("pa.ChunkedArray[pa.StringScalar]", _empty_is_missing(texts))


def _empty_is_missing(texts: "pa.ChunkedArray[pa.StringScalar]") -> Any:
    return pc.if_else(pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts)


def _column(table: pa.Table, name: str, column: "pa.ChunkedArray[Any]") -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _labels(table: pa.Table, name: str) -> pa.Table:
    column = table.column(name)
    column = pc.if_else(pc.equal(column, pa.scalar("")), pa.scalar(NOT_RECORDED), column)
    distinct = column.unique()
    if len(distinct) > MAX_LABELS:
        mend = f"A dimension has at most {MAX_LABELS} labels: group them."
        raise _refuse("table-labels", f"{len(distinct)} different labels", name, mend)
    if (pc.max(pc.utf8_length(distinct)).as_py() or 0) > MAX_LABEL_LENGTH:
        raise _refuse("table-label-long", "A label is too long", name, f"Use at most {MAX_LABEL_LENGTH} characters.")
    plain = pc.all(pc.match_substring_regex(distinct, _LABEL)).as_py() is not False
    if not plain or pc.any(pc.match_substring_regex(distinct, _LIKE_AN_IDENTIFIER)).as_py():
        mend = "Labels name a group: Latin letters, digits, single spaces and simple punctuation."
        raise _refuse("table-label-form", "A label is not a plain name of a group", name, mend)
    if why := why_coded(distinct.to_pylist()):
        mend = "Labels name a group in words or in short codes of a published list."
        raise _refuse("table-label-coded", f"A label looks like data, not like a name: {why}", name, mend)
    return table.set_column(table.column_names.index(name), name, column)
