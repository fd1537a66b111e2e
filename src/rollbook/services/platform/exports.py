"""Lists of the register as CSV and JSON: the same facts as on the pages, with the field names as headings."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# A spreadsheet runs a cell that begins like this as a formula, and some cells are texts of strangers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(kind: type["DataclassInstance"], rows: "Sequence[DataclassInstance]") -> str:
    """The rows as CSV (RFC 4180), with a heading even where there are none."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = [field.name for field in fields(kind)]
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    return text.getvalue()


def as_json(rows: "Sequence[DataclassInstance]") -> str:
    """The rows as a JSON list of objects."""
    return json.dumps([asdict(row) for row in rows], default=_plain, ensure_ascii=False, indent=1)


def _cell(value: Any) -> str | int:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return "; ".join(str(_cell(one)) for one in value)
    text = _plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
