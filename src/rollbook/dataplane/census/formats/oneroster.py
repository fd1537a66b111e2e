"""Reads a OneRoster 1.1 or 1.2 zip: users who are pupils, with what demographics and enrolments say of them.

Passwords, birth country and everything else that is no item of the catalogue are dropped here and only counted. Staff
and parents are not pupils and are dropped whole.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from rollbook.dataplane.census.formats import roster_names as names
from rollbook.dataplane.census.formats.collecting import Collecting
from rollbook.dataplane.census.formats.leaves import leaf
from rollbook.dataplane.census.formats.members import numbered
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.sheets import Sheet
from rollbook.dataplane.census.parsed import Form, Header, ParsedReturn, SchoolFacts
from rollbook.dataplane.census.profile import Leaf
from rollbook.dataplane.census.untrusted import Limits

CODE: Final = "OR"
_UPN: Final = leaf("upn")
_UPN_IN_IDS: Final = re.compile(r"\{UPN:([A-Za-z0-9]{1,20})\}", re.IGNORECASE)
_UPN_SHAPE: Final = re.compile(r"[A-Za-z][0-9]{11}[0-9A-Za-z]")
_VERSIONS: Final = {"1.1": Form.ONEROSTER_1_1, "1.2": Form.ONEROSTER_1_2}
_MEND: Final = "Export a full (bulk) OneRoster 1.1 or 1.2 set again and send the zip unchanged."
_Placed = Mapping[str, tuple[int, Sheet]]


def read_oneroster(data: bytes, name: str, sheets: Mapping[str, Sheet], limits: Limits) -> ParsedReturn:
    """Read one set from its unpacked tables. Raises InputRefused."""
    members = numbered(sheets)
    into = Collecting(f"{CODE}-none-none".lower(), name, limits)
    tables: dict[str, tuple[int, Sheet]] = {}
    for before, sheet in members.values():
        table = names.table_named(sheet.keys)
        if table in tables:
            raise refusal("table-twice", "The zip holds the same table twice", sheet.where, _MEND)
        if table:
            tables[table] = (before, sheet)
        else:
            into.drop("tables", "(other)", before + 1)
    form = _form(tables, name)
    pupils = _users(tables, name, form, into)
    _demographics(tables, pupils, into)
    _enrolments(tables, pupils, into)
    header, school = _school(tables, form, into)
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header, school=school,
        tables=into.tables(), discards=into.discards(), faults=into.faults(), form=form,
        members=tuple((before, member) for member, (before, _) in members.items()),
    )  # fmt: skip


def _form(tables: _Placed, name: str) -> Form:
    if "manifest" not in tables:
        raise refusal("no-manifest", "The zip has no OneRoster manifest", name, _MEND)
    _, sheet = tables["manifest"]
    form: Form | None = None
    for line, row in sheet.rows():
        key, value = row["propertyname"].strip().lower(), row["value"].strip().lower()
        if key.startswith("file.") and value == "delta":
            message = "The set holds changes only, and a part cannot be checked"
            raise refusal("roster-delta", message, sheet.where, _MEND, line=line)
        if key == "oneroster.version":
            if value not in _VERSIONS:
                message = "The set is of a version other than 1.1 and 1.2"
                raise refusal("roster-version", message, sheet.where, _MEND, line=line)
            form = _VERSIONS[value]
    if form is None:
        raise refusal("roster-version", "The manifest does not name oneroster.version", sheet.where, _MEND)
    return form


def _pupil_ids(tables: _Placed, form: Form) -> frozenset[str] | None:
    """The users that the table of roles calls pupils; None where the role stands with the user, as in 1.1."""
    if form is Form.ONEROSTER_1_1 or "roles" not in tables:
        return None
    rows = tables["roles"][1].rows()
    return frozenset(
        row["usersourcedid"].strip() for _, row in rows if row.get("role", "").strip().lower() in names.PUPIL_ROLES
    )


def _users(tables: _Placed, name: str, form: Form, into: Collecting) -> dict[str, int]:
    if "users" not in tables:
        raise refusal("no-users", "The zip has no table of users", name, _MEND)
    before, sheet = tables["users"]
    listed = _pupil_ids(tables, form)
    if listed is None and "role" not in sheet.keys:
        raise refusal("no-roles", "Nothing says which users are pupils", sheet.where, _MEND, line=1)
    pupils: dict[str, int] = {}
    for line, row in sheet.rows():
        key = row["sourcedid"].strip()
        is_pupil = key in listed if listed is not None else row["role"].strip().lower() in names.PUPIL_ROLES
        if not is_pupil:
            into.drop("users", "not_a_pupil", before + line)
            continue
        if not key or key in pupils:
            message = "The user has no sourcedId, or one of an earlier user"
            raise refusal("row-id", message, sheet.where, _MEND, line=line)
        pupils[key] = no = into.begin_pupil(before + line)
        into.take(no, _UPN, _upn(row), before + line)
        _take(no, "users", names.USER, row, before + line, into)
    return pupils


def _upn(row: Mapping[str, str]) -> str | None:
    found = _UPN_IN_IDS.search(row.get("userids", ""))
    if found:
        return found.group(1)
    identifier = row.get("identifier", "").strip()
    return identifier if _UPN_SHAPE.fullmatch(identifier) else None


def _take(no: int, table: str, known: Mapping[str, Leaf], row: Mapping[str, str], line: int, into: Collecting) -> None:
    for field, text in row.items():
        leaf = known.get(field)
        if leaf is not None:
            into.take(no, leaf, names.SEX.get(text.strip().lower(), text) if field == "sex" else text, line)
        elif text.strip() and field not in names.TIES:
            into.drop(table, field, line)


def _of_pupils(
    tables: _Placed, table: str, key: str, pupils: Mapping[str, int]
) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Rows of a table that are about a pupil: number, line and values. Rows about others are passed over."""
    if table in tables:
        before, sheet = tables[table]
        for line, row in sheet.rows():
            no = pupils.get(row[key].strip())
            if no is not None:
                yield no, before + line, row


def _demographics(tables: _Placed, pupils: Mapping[str, int], into: Collecting) -> None:
    for no, line, row in _of_pupils(tables, "demographics", "sourcedid", pupils):
        _take(no, "demographics", names.DEMOGRAPHICS, row, line, into)


def _enrolments(tables: _Placed, pupils: Mapping[str, int], into: Collecting) -> None:
    for no, line, row in _of_pupils(tables, "enrollments", "usersourcedid", pupils):
        cells = [(leaf, row.get(field), line) for field, leaf in names.ENROLMENT.items()]
        into.add_row(no, "class_enrolment", line, cells)


def _school(tables: _Placed, form: Form, into: Collecting) -> tuple[Header, SchoolFacts]:
    """The one school of the set; a set of several schools names none."""
    version = form.value.split(" ")[1]
    if "orgs" not in tables:
        return Header(collection=CODE, version=version), SchoolFacts()
    before, sheet = tables["orgs"]
    schools = [(before + line, row) for line, row in sheet.rows() if row["type"].strip().lower() == "school"]
    if len(schools) != 1:
        return Header(collection=CODE, version=version), SchoolFacts()
    line, row = schools[0]
    number = row.get("identifier", "").strip()
    known = len(number) == 7 and number.isascii() and number.isdigit()
    header = Header(
        collection=CODE, version=version, lea=number[:3] if known else None, estab=number[3:] if known else None,
        line=line,
    )  # fmt: skip
    return header, SchoolFacts(name=into.short(row["name"], line, "name"), line=line, lines={"name": line})
