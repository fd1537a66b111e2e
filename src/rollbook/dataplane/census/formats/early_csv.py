"""Reads an early years census return in CSV: a record a line, named by its first value, without headings.

H is the header, as published. E (a setting) and C (a child of the setting above it) are the project's own layout:
the Department's was not at hand (OWN).
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.formats import early
from rollbook.dataplane.census.formats.collecting import Collecting
from rollbook.dataplane.census.formats.heads import header_of
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.sheets import Row, records_of, text_of
from rollbook.dataplane.census.parsed import Form, Header, ParsedReturn, SchoolFacts
from rollbook.dataplane.census.profile import Leaf
from rollbook.dataplane.census.untrusted import Limits

_HEADER: Final = (
    "collection", "term", "year", "reference_date", "source_level", "lea", "software_code", "release", "serial_no",
    "date_time",
)  # fmt: skip
SETTING: Final = tuple(early.SETTING.values())
_SINGLE: Final = (
    *early.IDENTIFIERS.values(), *early.CHARACTERISTICS.values(), *early.HOURS.values(), *early.NEEDS.values(),
)  # fmt: skip
_BASIS: Final = early.BASIS.leaves["FundingBasis"]
_ADDRESS: Final = tuple(early.ADDRESS[tag] for tag in ("PAON", "Street", "Town", "PostCode"))
CHILD: Final = (*_SINGLE, _BASIS, *_ADDRESS)
_WIDTHS: Final = {"H": len(_HEADER), "E": len(SETTING), "C": len(CHILD)}
_MEND: Final = "Give each record all its values, in the order of the format's page; leave a value empty if absent."


def read_early_csv(data: bytes, name: str, limits: Limits) -> ParsedReturn:
    """Read one return. Raises InputRefused."""
    text = text_of(data, name)
    records = _records(text, name, limits)
    header = _header(next(records), name)
    into = Collecting(header.collection_code, name, limits)
    setting: Row | None = None
    for line, cells in records:
        if cells[0] == "H":
            raise refusal("terms-mixed", "The file has a second header", name, "Send one return a file.", line=line)
        if cells[0] == "E":
            setting = (line, cells[1:])
        elif setting is None:
            raise refusal("row-without-setting", "A child stands before any setting", name, _MEND, line=line)
        else:
            _child(line, cells[1:], setting, into)
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header, school=SchoolFacts(),
        tables=into.tables(), discards=into.discards(), faults=into.faults(), form=Form.EARLY_CSV,
    )  # fmt: skip


def _records(text: str, name: str, limits: Limits) -> Iterator[Row]:
    last = text.rstrip("\n").count("\n") + 1
    for line, cells in records_of(text, name, limits):
        kind = cells[0].strip()
        width = _WIDTHS.get(kind)
        if width is None:
            message = "The record is neither a header (H), a setting (E) nor a child (C)"
            raise refusal("record-unknown", message, name, _MEND, line=line)
        if len(cells) != width + 1:
            if line >= last and not text.endswith("\n") and len(cells) < width + 1:
                raise refusal("csv-truncated", "The file ends in the middle of a record", name, line=line)
            message = f"A record {kind} has {width + 1} values, and this one has {len(cells)}"
            raise refusal("csv-uneven", message, name, _MEND, line=line)
        yield line, [kind, *cells[1:]]


def _header(record: Row, name: str) -> Header:
    line, cells = record
    if cells[0] != "H":
        raise refusal("no-header", "The first record is not a header", name, _MEND, line=line)
    texts = {column: (text, line) for column, text in zip(_HEADER, cells[1:], strict=True)}
    header = header_of(texts, line)
    early.refuse_other_term(header, name)
    return header


def _child(line: int, cells: list[str], setting: Row, into: Collecting) -> None:
    no = into.begin_pupil(line)
    into.add_row(no, "setting", setting[0], _with_line(SETTING, setting[1], setting[0]))
    given = list(zip(CHILD, cells, strict=True))
    for leaf, text in given[: len(_SINGLE)]:
        into.take(no, leaf, text, line)
    into.add_row(no, "funding_basis", line, [(_BASIS, given[len(_SINGLE)][1], line)])
    into.add_row(no, "address", line, _with_line(_ADDRESS, cells[len(_SINGLE) + 1 :], line))


def _with_line(leaves: tuple[Leaf, ...], cells: list[str], line: int) -> list[tuple[Leaf, str | None, int]]:
    return [(leaf, text, line) for leaf, text in zip(leaves, cells, strict=True)]
