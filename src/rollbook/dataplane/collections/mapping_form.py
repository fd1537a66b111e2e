"""Reads a mapping file (TOML) and says everything that is wrong with it at once: what, where, how to mend.

The form is specified in docs/spec/collection-mappings.md.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from rollbook.dataplane.collections.field_form import fields_of
from rollbook.dataplane.collections.forms import Form, plain
from rollbook.dataplane.collections.mapping import (
    CollectionMapping,
    Measure,
    PupilBy,
    Repeated,
    SchoolBy,
    Source,
    Total,
)
from rollbook.dataplane.store.tables import TABLES
from rollbook.kernel.refusals import InputRefused, Reason

LARGEST: Final = 256 * 1024
_CODE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
# The chains of returns, whose codes Rollbook makes itself.
_TAKEN: Final = ("sc-", "eyc-", "ctf-", "or-")
_TABLE: Final = re.compile(r"[a-z][a-z0-9]{1,19}")
_TOP: Final = {
    "code", "title", "table", "day", "source", "file", "pupil", "school", "items", "totals", "repeated",
}  # fmt: skip
_NAME_COLUMNS: Final = "Name columns of the file, in quotes."
_T = TypeVar("_T", bound=StrEnum)


def read_mapping(data: bytes, name: str) -> CollectionMapping:
    """The mapping in a file; `name` is what reasons call the file.

    Raises:
        InputRefused: with every reason that was found.
    """
    form = Form(_toml(data, name), name)
    mapping = _mapping(form, data.decode("utf-8"))
    if form.reasons or mapping is None:
        raise InputRefused(form.reasons)
    return mapping


def _toml(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > LARGEST:
        mend = "A mapping describes data and holds none; take out what does not belong."
        raise InputRefused(Reason("mapping-large", f"A mapping has at most {LARGEST // 1024} KiB", name, mend))
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputRefused(Reason("mapping-encoding", "This is not UTF-8 text", name, "Save it as UTF-8.")) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        mend = "Mend the line named; see docs/spec/collection-mappings.md."
        raise InputRefused(Reason("mapping-toml", f"This is not TOML: {error}", name, mend)) from None


def _mapping(form: Form, text: str) -> CollectionMapping | None:
    form.known(form.data, _TOP, "top level")
    code = form.matching("code", _CODE, "Write two or more words with hyphens, such as exam-london.")
    if code.startswith(_TAKEN) or len(code) > 32:
        form.refuse("code", "This code is kept for the census, or has over 32 letters", "code", "Choose another.")
    table = form.matching("table", _TABLE, "Write 2 to 20 small letters and digits.")
    if table in (*TABLES, "identity", "address"):
        form.refuse("table", "The census has a table of this name", "table", "Choose another name.")
    missing, drop, key = _file(form)
    pupil_by, pupil_columns, apart = _pupil(form)
    school_by, school_column = _school(form)
    mapping = CollectionMapping(
        code=code, title=form.text("title"), table=table, day=_day(form), source=_source(form),
        missing=missing, drop=drop, key=key, pupil_by=pupil_by, pupil_columns=pupil_columns, apart=apart,
        school_by=school_by, school_column=school_column, fields=fields_of(form, table), totals=_totals(form),
        repeated=_repeated(form, key), text=text,
    )  # fmt: skip
    _agree(form, mapping)
    return None if form.reasons else mapping


def _day(form: Form) -> date:
    day = form.data.get("day")
    if type(day) is not date:
        form.refuse("day", "The day the data are about is missing", "day", "Write it bare, as 1997-08-14.")
        return date.min
    return day


def _source(form: Form) -> Source:
    part = form.part("source", {"name", "licence", "url"})
    return Source(*(form.text(key, part, f"source.{key}") for key in ("name", "licence", "url")))


def _file(form: Form) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    part = form.part("file", {"missing", "drop", "key"})
    missing = form.texts(part.get("missing", [""]), "file.missing", "List the texts that stand for no value.")
    drop = form.texts(part.get("drop", []), "file.drop", _NAME_COLUMNS)
    return frozenset({"", *missing}), drop, form.texts(part.get("key", []), "file.key", _NAME_COLUMNS)


def _pupil(form: Form) -> tuple[PupilBy, tuple[str, ...], bool]:
    part = form.part("pupil", {"by", "columns", "repeated"})
    by = _one_of(form, part.get("by"), PupilBy, "pupil.by")
    columns = form.texts(part.get("columns", []), "pupil.columns", _NAME_COLUMNS)
    wanted: Mapping[PupilBy, Callable[[int], bool]] = {
        PupilBy.UPN: lambda count: count == 1,
        PupilBy.OPAQUE: lambda count: 1 <= count <= 3,
        PupilBy.NONE: lambda count: count == 0,
    }
    if not wanted[by](len(columns)):
        mend = "One column for upn, one to three for opaque, none for none."
        form.refuse("pupil", "The columns do not fit what identifies a pupil", "pupil.columns", mend)
    repeated = part.get("repeated", "one")
    if repeated not in ("one", "apart") or (repeated == "apart" and by is not PupilBy.OPAQUE):
        mend = 'Write "one" (rows of one number are one pupil) or, for opaque numbers only, "apart".'
        form.refuse("pupil", "This is no way to take a repeated number", "pupil.repeated", mend)
    return by, columns, repeated == "apart"


def _school(form: Form) -> tuple[SchoolBy, str]:
    part = form.part("school", {"by", "column"})
    by, column = _one_of(form, part.get("by"), SchoolBy, "school.by"), part.get("column", "")
    if not isinstance(column, str) or bool(column) is (by is SchoolBy.NONE):
        form.refuse("school", "The column does not fit what identifies a school", "school.column", _NAME_COLUMNS)
        return by, ""
    return by, column


def _one_of(form: Form, value: object, kinds: type[_T], where: str) -> _T:
    known = {one.value: one for one in kinds}
    if isinstance(value, str) and value in known:
        return known[value]
    form.refuse("choice", "This is not one of the known words", where, f"Write one of: {', '.join(known)}.")
    return next(iter(kinds))


def _totals(form: Form) -> tuple[Total, ...]:
    return tuple(_total(form, row, where) for row, where in form.rows("totals"))


def _total(form: Form, row: dict[str, Any], where: str) -> Total:
    form.known(row, {"what", "of", "is", "value", "within", "source", "found", "why"}, where)
    measure = _one_of(form, row.get("what"), Measure, f"{where}: what")
    of = form.texts(row.get("of", []), f"{where}: of", _NAME_COLUMNS)
    if bool(of) is (measure is Measure.ROWS) or (measure is not Measure.DISTINCT and len(of) > 1):
        mend = "None for rows, one or more for distinct, one for the rest."
        form.refuse("total", "The columns do not fit the measure", f"{where}: of", mend)
    found = form.number(row, "found", where) if "found" in row else None
    return Total(
        measure=measure,
        of=of,
        equals=form.text("is", row, f"{where}: is") if measure is Measure.COUNT else "",
        value=form.number(row, "value", where),
        within=form.number(row, "within", where) if "within" in row else 0,
        source=form.text("source", row, f"{where}: source"),
        found=found,
        why=form.text("why", row, f"{where}: why") if found is not None else "",
    )


def _repeated(form: Form, key: tuple[str, ...]) -> tuple[Repeated, ...]:
    found = []
    for row, where in form.rows("repeated"):
        form.known(row, {"key", "rows", "why"}, where)
        values = form.texts(row.get("key"), f"{where}: key", "Give one text for each column of file.key.")
        if len(values) != len(key):
            mend = "Give one text for each column of file.key."
            form.refuse("repeated", "The key has another number of columns", f"{where}: key", mend)
        found.append(Repeated(values, int(form.number(row, "rows", where)), form.text("why", row, f"{where}: why")))
    return tuple(found)


def _agree(form: Form, mapping: CollectionMapping) -> None:
    """What no part can tell by itself: that every column spoken of is mapped or dropped, and only one of them."""
    mapped = [one.column for one in mapping.fields]
    ids = {*mapping.pupil_columns, *([mapping.school_column] if mapping.school_column else [])}
    for column in sorted({*mapped} & {*mapping.drop}):
        form.refuse("drop", f"'{plain(column)}' is mapped and dropped", "file.drop", "Decide for one of them.")
    spoken = {*mapping.key, *(one for total in mapping.totals for one in total.of)}
    for column in sorted(spoken - {*mapped} - ids - {*mapping.drop}):
        mend = "Map it to an item, or list it under file.drop."
        form.refuse("column", f"'{plain(column)}' is counted but not mapped", "items", mend)
    if mapping.pupil_by is PupilBy.UPN and {*mapping.pupil_columns} & {*mapped}:
        mend = "Name it under pupil.columns only: the number goes to the identity zone."
        form.refuse("pupil", "A UPN is no item of a study table", "pupil.columns", mend)
