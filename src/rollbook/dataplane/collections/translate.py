"""From the texts of a source to the columns of the study tables. A text that does not fit its item is an issue with its
line: it is never turned into nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.collections.mapping import CollectionMapping, Field, PupilBy, SchoolBy
from rollbook.dataplane.collections.source import SourceTable
from rollbook.kernel.refusals import InputRefused
from rollbook.kernel.upn import parse_upn

LONGEST_TEXT: Final = 200
LONGEST_NUMBER: Final = 60
# Of each kind of issue and column so many are listed line by line; the rest are counted.
LISTED: Final = 50
_WHOLE: Final = r"^-?[0-9]{1,9}$"
_DECIMAL: Final = r"^[-+]?([0-9]{1,15}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][-+]?[0-9]{1,2})?$"
_DAY: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_LAESTAB: Final = r"^[0-9]{7}$"
# A number is taken for a pupil's by its form alone: one with a wrong letter still leads to the pupil.
_NO_TEXT: Final = (
    ("text-characters", r"[\p{Cc}\p{Cf}\p{Co}\x{2028}\x{2029}]", "Characters stand here that do not print",
     "Take them out of the source, or leave the column out under file.drop."),
    ("text-upn", r"(^|[^0-9A-Za-z])[A-Za-z][0-9]{11}[0-9A-Za-z]($|[^0-9A-Za-z])", "A pupil's number stands in a text",
     "Name the column under pupil.columns, or leave it out under file.drop."),
    ("text-email", r"[^\s@<>()]+@[^\s@<>()]+\.[A-Za-z]{2,}", "An e-mail address stands in a text",
     "Leave the column out under file.drop."),
)  # fmt: skip

Column = "pa.Array[Any]"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with a file; no value of a row is in it. `refuses`: the file cannot be taken because of it."""

    code: str
    message: str
    mend: str
    field: str
    line: int
    refuses: bool = True


@dataclass(frozen=True, slots=True)
class Translated:
    """The study columns by item column, the issues, and how many values are missing, by source column."""

    columns: Mapping[str, Any]
    schools: Any
    issues: tuple[Issue, ...]
    missing: Mapping[str, int]


def without_missing(source: SourceTable, mapping: CollectionMapping) -> SourceTable:
    """The source with None wherever one of the mapping's texts for "no value" stands."""
    marks = pa.array(sorted(mapping.missing), pa.string())
    columns = {name: pc.if_else(pc.is_in(one, marks), None, one) for name, one in source.columns.items()}
    return SourceTable(columns, source.rows, source.first_line)


def translate(source: SourceTable, mapping: CollectionMapping) -> Translated:
    """Every mapped column in the form of its item. `source` has been through `without_missing`."""
    columns: dict[str, Any] = {}
    issues: list[Issue] = []
    missing: dict[str, int] = {}
    for field in mapping.fields:
        texts = source.columns[field.column]
        values = _FORMS[field.item.kind](texts, field)
        lost = pc.and_(pc.is_null(values), pc.is_valid(texts))
        issues += _listed(source.lines(lost), field, "value", *_words(field))
        if field.item.kind == "text":
            issues += free_text_issues(texts, source, field.column)
        missing[field.column] = texts.null_count
        if field.required and texts.null_count:
            mend = "Fill it, or say required = false in the mapping."
            issues += _listed(source.lines(pc.is_null(texts)), field, "value-missing", "No value stands here", mend)
        columns[field.item.column] = values
    schools, of_schools = _schools(source, mapping)
    return Translated(columns, schools, (*issues, *of_schools, *_pupils(source, mapping)), MappingProxyType(missing))


def free_text_issues(texts: Any, source: SourceTable, column: str) -> Iterator[Issue]:
    """What no text of a study table may hold: characters that do not print, and what tells who a pupil is."""
    for code, pattern, message, mend in _NO_TEXT:
        found: Any = pc.fill_null(pc.match_substring_regex(texts, pattern), pa.scalar(False))
        yield from _listed(source.lines(found), column, code, message, mend)


def _listed(lines: list[int], field: Field | str, code: str, message: str, mend: str) -> Iterator[Issue]:
    name = field if isinstance(field, str) else field.column
    for line in lines[:LISTED]:
        yield Issue(code, message, mend, name, line)
    if len(lines) > LISTED:
        yield Issue(code, f"{message} ({len(lines) - LISTED} more rows)", mend, name, lines[LISTED])


def _words(field: Field) -> tuple[str, str]:
    if field.item.kind == "text":
        return f"This text has over {LONGEST_TEXT} characters", "Shorten it, or leave the column out under file.drop."
    if field.item.kind == "code":
        return "This is not one of the item's codes, nor translated to one", "Add it to translate or codes, or mend it."
    return f"This is not a {field.item.kind}", "Correct the value, or list the text under file.missing."


def _codes(texts: Any, field: Field) -> Any:
    known = {code: code for code in field.labels} | dict(field.translate)
    if not known:
        return _text(texts, field)
    places = pc.index_in(texts, pa.array(known.keys(), pa.string()), skip_nulls=True)
    return pa.array(known.values(), pa.string()).take(places)


def _text(texts: Any, field: Field) -> Any:
    return pc.if_else(pc.less_equal(pc.utf8_length(texts), pa.scalar(LONGEST_TEXT)), texts, None)


def _as(pattern: str, kind: pa.DataType) -> Callable[[Any, Field], Any]:
    return lambda texts, field: pc.if_else(pc.match_substring_regex(texts, pattern), texts, None).cast(kind)


def _dates(texts: Any, field: Field) -> Any:
    formed = pc.if_else(pc.match_substring_regex(texts, _DAY), texts, None)
    # 31 February is formed like a day and is none: such a text must not stop the others, nor become a day in March.
    found: Any = pc.strptime(formed, format="%Y-%m-%d", unit="s", error_is_null=True)
    return pc.if_else(pc.equal(pc.strftime(found, format="%Y-%m-%d"), formed), found, None).cast(pa.date32())


_FORMS: Final[Mapping[str, Callable[[Any, Field], Any]]] = {
    "text": _text,
    "code": _codes,
    "flag": _codes,
    "count": _as(_WHOLE, pa.int32()),
    "number": _as(_DECIMAL, pa.float64()),
    "hours": _as(_DECIMAL, pa.float64()),
    "date": _dates,
}


def _schools(source: SourceTable, mapping: CollectionMapping) -> tuple[Any, list[Issue]]:
    if mapping.school_by is not SchoolBy.LAESTAB:
        return pa.nulls(source.rows, pa.string()), []
    texts = source.columns[mapping.school_column]
    matched: Any = pc.match_substring_regex(texts, _LAESTAB)
    good: Any = pc.fill_null(matched, pa.scalar(False))
    mend = "Give the authority's three digits and the school's four."
    issues = _listed(
        source.lines(pc.invert(good)), mapping.school_column, "laestab", "This is no number of a school", mend
    )
    return pc.if_else(good, texts, None), list(issues)


def _pupils(source: SourceTable, mapping: CollectionMapping) -> Iterator[Issue]:
    for column in mapping.pupil_columns:
        long: Any = pc.greater(pc.utf8_length(source.columns[column]), pa.scalar(LONGEST_NUMBER))
        wrong = pc.fill_null(long, pa.scalar(True))
        message = "The pupil's number is missing or too long"
        mend = f"Every row is about a pupil; give a number of 1 to {LONGEST_NUMBER} characters."
        yield from _listed(source.lines(wrong), column, "pupil-number", message, mend)
    if mapping.pupil_by is PupilBy.UPN:
        (column,) = mapping.pupil_columns
        broken = [upn is not None and not _is_upn(upn) for upn in source.columns[column].to_pylist()]
        mend = "Look the pupil up and give the right number."
        yield from _listed(source.lines(pa.array(broken)), column, "upn", "This is no unique pupil number", mend)


def _is_upn(text: str) -> bool:
    try:
        parse_upn(text)
    except InputRefused:
        return False
    return True


def numbered(keys: list[tuple[str, ...]]) -> list[tuple[tuple[str, ...], int]]:
    """Each key with how often it stood above: what keeps rows of a repeated number apart."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for key in keys:
        found.append((key, seen[key]))
        seen[key] += 1
    return found
