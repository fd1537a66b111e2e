"""Reading the rows of released files for the key columns they hold: V8, steps 4 to 6. CSV of RFC 4180 only."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from rollbook.kernel.refusals import Reason, VerificationFailed

ROW_REF: Final = "row_ref"
PPID: Final = "ppid"
_BYTE_ORDER_MARK = "\ufeff"
_ROW_REF = re.compile(r"[0-9a-f]{64}\Z")
_PPID = re.compile(r"[0-9a-f]{32}([0-9a-f]{32})?\Z")


@dataclass(slots=True)
class Keys:
    """The keys found in the files of a release.

    Pairs as listed, and what each pupil row carries (either may be None).
    """

    pairs: list[tuple[str, str]] | None = None
    rows: list[tuple[str | None, str | None]] = field(default_factory=list)


def read_keys(listed: list[Mapping[str, Any]], files: Mapping[str, bytes]) -> Keys:
    """Check every file against its line in the manifest and collect its keys.

    Raises:
        VerificationFailed: code `file-form`; `where` is the file's name.
    """
    keys = Keys()
    for line in listed:
        _check_kind(line, keys)
        places = {name: line["columns"].index(name) for name in (PPID, ROW_REF) if name in line["columns"]}
        for row in _rows(line, files[line["name"]]):
            ppid = _key(row, places.get(PPID), _PPID, line)
            row_ref = _key(row, places.get(ROW_REF), _ROW_REF, line)
            if line["kind"] == "pairs" and keys.pairs is not None:
                keys.pairs.append((str(ppid), str(row_ref)))
            elif line["kind"] == "pupil":
                keys.rows.append((ppid, row_ref))
    return keys


def _check_kind(line: Mapping[str, Any], keys: Keys) -> None:
    columns, kind = line["columns"], line["kind"]
    if len(set(columns)) != len(columns):
        _refuse(line, "a column stands twice")
    found = {PPID, ROW_REF} & set(columns)
    if kind == "pupil" and not found:
        _refuse(line, "a file about pupils has no key column")
    if kind == "reference" and found:
        _refuse(line, "a reference file has a key column")
    if kind == "pairs":
        if columns != [PPID, ROW_REF] or keys.pairs is not None:
            _refuse(line, "pairs are one file with exactly the columns ppid and row_ref")
        keys.pairs = []


def _rows(line: Mapping[str, Any], data: bytes) -> Iterator[list[str]]:
    if data[:4] == b"PAR1":
        _refuse(line, "this verifier reads CSV only")
    try:
        text = data.decode("utf-8")
        if text.startswith(_BYTE_ORDER_MARK):
            _refuse(line, "it starts with a byte order mark")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if next(rows, None) != line["columns"]:
            _refuse(line, "the header is not the one in the manifest")
        for row in rows:
            if len(row) != len(line["columns"]):
                _refuse(line, "a row is not as long as the header")
            yield row
    except (UnicodeDecodeError, csv.Error):
        _refuse(line, "it is not CSV in UTF-8")


def _key(row: list[str], place: int | None, form: re.Pattern[str], line: Mapping[str, Any]) -> str | None:
    if place is None:
        return None
    if not form.match(row[place]):
        _refuse(line, "a key is missing or is not small hex digits of the right number")
    return row[place]


def _refuse(line: Mapping[str, Any], why: str) -> NoReturn:
    message = f"A file does not have the form that was logged: {why}"
    raise VerificationFailed(Reason("file-form", message, where=str(line["name"])))
