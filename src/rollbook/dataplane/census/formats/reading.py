"""Reads a file of any form Rollbook knows. The form is found from the content; its name is used in messages only.

Forms that can only be told apart by unpacking (tables in a zip) are told apart by their headings.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rollbook.dataplane.census.formats import flat_names, roster_names
from rollbook.dataplane.census.formats.archive import is_zip
from rollbook.dataplane.census.formats.ctf import read_ctf
from rollbook.dataplane.census.formats.early_csv import read_early_csv
from rollbook.dataplane.census.formats.early_xml import read_early_xml
from rollbook.dataplane.census.formats.flat import read_flat
from rollbook.dataplane.census.formats.members import sheets_of
from rollbook.dataplane.census.formats.oneroster import read_oneroster
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.sheets import Sheet, sheet_of
from rollbook.dataplane.census.parsed import Form, ParsedReturn
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.untrusted import Limits, refuse_large

_BOM: Final = b"\xef\xbb\xbf"
_OTHER_ENCODING: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<")
_SNIFFED: Final = 8_192
_PROLOG: Final = re.compile(rb"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_EARLY: Final = re.compile(rb"<Collection>\s*EYC\s*</Collection>")
_EARLY_CSV: Final = re.compile(rb'\s*"?H"?\s*,\s*"?EYC"?\s*(,|\Z)')
_ONE_SCHOOL: Final = frozenset({Form.SCHOOL_XML, Form.FLAT_TABLES, Form.CTF})
_KNOWN: Final = (
    "Send a school census or early years census (XML), an early years census (CSV), a common transfer file (XML), or a "
    "zip with the collection system's tables or with OneRoster CSV files."
)


def read_any(data: bytes, name: str, *, limits: Limits | None = None, quickly: bool = False) -> ParsedReturn:
    """Read one file. Raises InputRefused; never crashes on any bytes. `quickly` is as in `reader.read_return`."""
    limits = limits or Limits()
    refuse_large(len(data), name, limits)
    parsed = _read(data, name, limits, quickly)
    _refuse_crowd(parsed, limits)
    return parsed


def _refuse_crowd(parsed: ParsedReturn, limits: Limits) -> None:
    most = limits.max_school_pupils
    if parsed.form in _ONE_SCHOOL and parsed.pupils > most:
        member, line = parsed.place(parsed.tables["pupil"]["line"][most].as_py())
        where = f"{parsed.name}, {member}" if member else parsed.name
        message = f"The file names more than {most:,} pupils of one school"
        raise refusal("too-many-pupils", message, where, "Send one school a file.", line=line)


def _read(data: bytes, name: str, limits: Limits, quickly: bool) -> ParsedReturn:
    if is_zip(data):
        return _read_tables(data, name, limits)
    start = data[:_SNIFFED].removeprefix(_BOM)
    if not start.strip(b"\x00 \t\r\n") or start.startswith(_OTHER_ENCODING):
        return read_return(data, name, limits=limits)  # refuses, and says why
    if start.lstrip().startswith(b"<"):
        return _read_xml_lines(data, name, start, limits, quickly)
    if _EARLY_CSV.match(start):
        return read_early_csv(data, name, limits)
    raise _not_known(data, name, limits)


def _read_xml_lines(data: bytes, name: str, start: bytes, limits: Limits, quickly: bool) -> ParsedReturn:
    """As `_read_xml`, with lines counted where they end in the one way the parser does not count."""
    if b"\r" not in start or b"\n" in data:
        return _read_xml(data, name, start, limits, quickly)
    parsed = _read_xml(data.replace(b"\r", b"\n"), name, start, limits, quickly)
    return replace(parsed, sha256=hashlib.sha256(data).hexdigest())


def _read_xml(data: bytes, name: str, start: bytes, limits: Limits, quickly: bool) -> ParsedReturn:
    offset = 0
    while found := _PROLOG.match(start, offset):
        offset = found.end()
    if re.match(rb"<CTfile\b", start[offset:]):
        return read_ctf(data, name, limits)
    if re.match(rb"<Message\b", start[offset:]) and _EARLY.search(start, offset):
        return read_early_xml(data, name, limits)
    return read_return(data, name, limits=limits, quickly=quickly)


def _read_tables(data: bytes, name: str, limits: Limits) -> ParsedReturn:
    sheets = sheets_of(data, name, limits)
    if _any_flat(sheets):
        return read_flat(data, name, sheets, limits)
    if any(roster_names.is_roster(sheet.keys) for sheet in sheets.values()):
        return read_oneroster(data, name, sheets, limits)
    raise refusal("format-unknown", "The zip holds no tables that Rollbook knows", name, _KNOWN)


def _any_flat(sheets: Mapping[str, Sheet]) -> bool:
    return any(flat_names.table_named(sheet.keys) for sheet in sheets.values())


def _not_known(data: bytes, name: str, limits: Limits) -> Exception:
    sheet = sheet_of(data, name, limits)  # a broken table is told as such
    if flat_names.table_named(sheet.keys) or roster_names.table_named(sheet.keys):
        message = "This is one table of several, and a return cannot be read from it alone"
        return refusal("table-alone", message, name, "Put all the tables of the export into one zip and send that.")
    return refusal("format-unknown", "The file is in no form that Rollbook knows", name, _KNOWN)
