"""Reads a school census return exported by the national collection system: one zip of flat tables, joined by table ids.

The tables become the very tables that the XML of the same return would give.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from rollbook.dataplane.census.formats import flat_names as names
from rollbook.dataplane.census.formats.collecting import Collecting
from rollbook.dataplane.census.formats.heads import header_of, iso
from rollbook.dataplane.census.formats.members import Members, numbered
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.sheets import Sheet
from rollbook.dataplane.census.parsed import Form, Header, ParsedReturn, SchoolFacts
from rollbook.dataplane.census.profile import Leaf
from rollbook.dataplane.census.untrusted import Limits

_ONE_RETURN: Final = "Export the tables of one school and one term, and put those alone into one zip."


def read_flat(data: bytes, name: str, sheets: Mapping[str, Sheet], limits: Limits) -> ParsedReturn:
    """Read one return from its unpacked tables. Raises InputRefused."""
    members = numbered(sheets)
    tables = _by_table(members)
    _refuse_mixed(tables)
    header = _header(tables, name)
    into = Collecting(header.collection_code, name, limits)
    _surplus(names.HEADER_TABLE, names.HEADER, tables, into)
    school = _school(tables, into)
    _surplus(names.SCHOOL_TABLE, names.SCHOOL, tables, into)
    ids = _pupils(tables, into)
    ids |= _programmes(tables, ids)
    for table, (before, sheet) in tables.items():
        if table in names.CHILD_TABLES:
            _children(table, before, sheet, ids, into)
        elif table not in (names.HEADER_TABLE, names.SCHOOL_TABLE, *names.PUPIL_TABLES):
            into.drop("tables", table, before + 1)
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header, school=school,
        tables=into.tables(), discards=into.discards(), faults=into.faults(), form=Form.FLAT_TABLES,
        members=tuple((before, member) for member, (before, _) in members.items()),
    )  # fmt: skip


def _by_table(members: Members) -> dict[str, tuple[int, Sheet]]:
    tables: dict[str, tuple[int, Sheet]] = {}
    for before, sheet in members.values():
        table = names.table_named(sheet.keys)
        if table in tables:
            raise refusal("table-twice", "The zip holds the same table twice", sheet.where, _ONE_RETURN)
        if table:
            tables[table] = (before, sheet)
    return tables


def _refuse_mixed(tables: Mapping[str, tuple[int, Sheet]]) -> None:
    autumn, other = names.AUTUMN_ONLY & tables.keys(), names.SPRING_SUMMER_ONLY & tables.keys()
    if autumn and other:
        where = tables[min(other)][1].where
        raise refusal("terms-mixed", "The zip holds tables of autumn and of another term", where, _ONE_RETURN)


def _header(tables: Mapping[str, tuple[int, Sheet]], name: str) -> Header:
    if names.HEADER_TABLE not in tables:
        message = f"The table {names.HEADER_TABLE} is missing, which says whose return this is"
        raise refusal("no-header", message, name, _ONE_RETURN)
    before, sheet = tables[names.HEADER_TABLE]
    rows = list(sheet.rows())
    if len(rows) != 1:
        code = "terms-mixed" if len({row.get("term") for _, row in rows}) > 1 else "header-not-one"
        line = rows[1][0] if rows else 1
        raise refusal(code, "The header table must have one row", sheet.where, _ONE_RETURN, line=line)
    line, row = rows[0]
    texts = {column: (row[field], before + line) for field, column in names.HEADER.items() if row.get(field)}
    return header_of(texts, before + line)


def _school(tables: Mapping[str, tuple[int, Sheet]], into: Collecting) -> SchoolFacts:
    if names.SCHOOL_TABLE not in tables:
        return SchoolFacts()
    before, sheet = tables[names.SCHOOL_TABLE]
    rows = list(sheet.rows())
    if len(rows) != 1:
        line = rows[1][0] if rows else 1
        raise refusal("school-not-one", "The school table must have one row", sheet.where, _ONE_RETURN, line=line)
    line = rows[0][0] + before
    texts = {
        column: into.short(text, line, field)
        for field, text in rows[0][1].items()
        if (column := names.SCHOOL.get(field)) and text.strip()
    }
    return SchoolFacts(**texts, line=line, lines=dict.fromkeys(texts, line))


def _surplus(table: str, known: Mapping[str, str], tables: Mapping[str, tuple[int, Sheet]], into: Collecting) -> None:
    """Drop the columns of a one-row table that nothing reads."""
    if table in tables:
        before, sheet = tables[table]
        for line, row in sheet.rows():
            for field, text in row.items():
                if field not in known and not _tie(field) and text.strip():
                    into.drop(table, field, before + line)


def _tie(field: str) -> bool:
    return field in names.TIES or field.endswith((names.TABLE_ID, names.ORDER))


def _pupils(tables: Mapping[str, tuple[int, Sheet]], into: Collecting) -> dict[str, dict[str, int]]:
    """Take the pupils of both rolls; gives their numbers by table and table id."""
    ids: dict[str, dict[str, int]] = {}
    for table, on_roll in names.PUPIL_TABLES.items():
        known = ids.setdefault(table, {})
        if table not in tables:
            continue
        before, sheet = tables[table]
        for line, row in sheet.rows():
            own = row.get(table + names.TABLE_ID, "").strip()
            if not own or own in known:
                message = "The row has no table id, or one of an earlier row"
                raise refusal("row-id", message, sheet.where, _ONE_RETURN, line=line)
            known[own] = no = into.begin_pupil(before + line, on_roll=on_roll)
            for leaf, text in _cells("pupil", table, row, before + line, into):
                into.take(no, leaf, text, before + line)
    return ids


def _programmes(
    tables: Mapping[str, tuple[int, Sheet]], ids: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    """The pupils of programme aims by table id: learning aims hang from these since autumn 2021."""
    found: dict[str, dict[str, int]] = {}
    for table in names.PROGRAMME_TABLES & tables.keys():
        for _, row in tables[table][1].rows():
            pupil = _pupil_of(table, row, ids)
            if pupil is not None and (own := row.get(table + names.TABLE_ID, "").strip()):
                found.setdefault(table, {})[own] = pupil
    return found


def _pupil_of(table: str, row: Mapping[str, str], ids: Mapping[str, Mapping[str, int]]) -> int | None:
    """The one pupil a row of a child table belongs to, None where it names none, an unknown one or several."""
    parents = {
        known.get(row[parent + names.TABLE_ID].strip())
        for parent, known in ids.items()
        if parent != table and row.get(parent + names.TABLE_ID, "").strip()
    }
    return parents.pop() if len(parents) == 1 else None


def _cells(table: str, sent: str, row: Mapping[str, str], line: int, into: Collecting) -> list[tuple[Leaf, str]]:
    """The values of a row that this collection may carry; others are dropped."""
    known = names.fields_of(table, into.collection)
    rolls = "bl" if sent.endswith("offroll") or sent == "pupilnolongeronroll" else "bn"
    cells: list[tuple[Leaf, str]] = []
    for field, text in row.items():
        if not text.strip() or _tie(field):
            continue
        leaf, roll = known.get(field, (None, ""))
        if leaf is None or roll not in rolls:
            into.drop(sent, field, line)
        else:
            cells.append((leaf, iso(text.strip()) if leaf.kind == "date" else text))
    return cells


def _children(table: str, before: int, sheet: Sheet, ids: Mapping[str, Mapping[str, int]], into: Collecting) -> None:
    home = names.CHILD_TABLES[table]
    for line, row in sheet.rows():
        pupil = _pupil_of(table, row, ids)
        if pupil is None:
            message = "The row belongs to no pupil of the tables"
            raise refusal("row-without-pupil", message, sheet.where, _ONE_RETURN, line=line)
        cells = _cells(home, table, row, before + line, into)
        if cells:
            into.add_row(pupil, home, before + line, [(leaf, text, before + line) for leaf, text in cells])
