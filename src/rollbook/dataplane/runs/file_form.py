"""What `study.toml` says of a file that the study hands over by exception, in place of a table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollbook.kernel.refusals import Reason
from rollbook.policy.exceptions import FORMATS

SHORTEST_REASON: Final = 80
LONGEST_REASON: Final = 2000
MOST_COLUMNS: Final = 12
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEYS: Final = frozenset({"name", "format", "reason", "columns"})


@dataclass(frozen=True, slots=True)
class DeclaredFile:
    """The file, and in the author's words why nothing the platform makes can serve.

    A CSV declares its `columns`: so their names and order are the study's, and no record had a hand in them.
    """

    name: str
    format: str
    reason: str
    columns: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Its name with its ending: where a step leaves it, below `/out`, and how it is published."""
        return f"{self.name}.{self.format}"


def read_file_form(row: object) -> tuple[DeclaredFile | None, list[Reason]]:
    """The declaration in `[file]`, or every reason why it is none."""
    if not isinstance(row, dict):
        return None, [_reason("'file' is not a table of keys", "", "Write [file] with name, format and reason.")]
    reasons = [
        _reason(f"'{ascii(key)[1:-1][:40]}' is not a key of a file", "", f"Known: {', '.join(sorted(_KEYS))}.")
        for key in sorted(row.keys() - _KEYS)
    ]
    reasons += [*_named(row), *_reasoned(row), *_columned(row)]
    if reasons:
        return None, reasons
    return DeclaredFile(row["name"], row["format"], row["reason"].strip(), tuple(row.get("columns", ()))), []


def _named(row: Mapping[str, Any]) -> list[Reason]:
    name, form, found = row.get("name"), row.get("format"), []
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        found.append(_reason("The file has no plain name", "name", "Use small letters, digits and underscores."))
    if not isinstance(form, str) or form not in FORMATS:
        mend = f"Use one of {', '.join(FORMATS)}: what a person can read whole. No picture leaves."
        found.append(_reason("This is not a format a file may have", "format", mend))
    return found


def _reasoned(row: Mapping[str, Any]) -> list[Reason]:
    reason = row.get("reason")
    if isinstance(reason, str) and SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        return []
    mend = f"Say in {SHORTEST_REASON} to {LONGEST_REASON} characters why no table or model of the platform can serve."
    return [_reason("A file needs a written reason", "reason", mend)]


def _columned(row: Mapping[str, Any]) -> list[Reason]:
    columns = row.get("columns")
    if row.get("format") != "csv":
        return [] if columns is None else [_reason("Only a CSV has columns", "columns", "Leave them out.")]
    if (
        isinstance(columns, list)
        and 1 <= len(columns) <= MOST_COLUMNS
        and all(isinstance(one, str) and _NAME.fullmatch(one) for one in columns)
        and len(set(columns)) == len(columns)
        and "ppid" not in columns
    ):
        return []
    mend = f"List 1 to {MOST_COLUMNS} different names in small letters, none of them ppid."
    return [_reason("A CSV declares its columns", "columns", mend)]


def _reason(message: str, key: str, mend: str) -> Reason:
    where = f"study.toml: file.{key}" if key else "study.toml: file"
    return Reason("study-file", message, where, mend)
