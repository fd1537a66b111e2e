"""The rules that follow from the catalogue, and the one pass that applies them all.

Made from items, their lists and their returns, so that a change of the catalogue changes them. They work on columns:
the distinct values of a column are held against its list, and rows are looked at only when one of them is not in it. A
fault that a numbered rule tells already is left to that rule.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.census.codes import codes_gone, codes_of, why_not
from rollbook.dataplane.census.gathering import UNKNOWN_RULE, UNREADABLE_RULE
from rollbook.dataplane.census.parsed import Discard, Form
from rollbook.dataplane.census.rulebook.derivation import (
    FORMS,
    HAPPENED,
    JUDGED,
    SCHOOL_CODES,
    SETTING_URN,
    Formed,
    Kind,
    not_asked,
)
from rollbook.dataplane.census.ruling import Finding, ReturnView

_SCHOOL_FORMS: Final = frozenset({Form.SCHOOL_XML, Form.FLAT_TABLES})
_EARLY_FORMS: Final = frozenset({Form.EARLY_XML, Form.EARLY_CSV})
_KINDS: Final = {"count": Kind.NUMBER, "hours": Kind.NUMBER, "date": Kind.DAY}
_NOTHING: Final[frozenset[Any]] = frozenset({None})
Found = tuple[str, Finding]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column whose values are held against something. `right` are values known to be right, None among them; `wrong`
    names the rule that another value breaks, None when it breaks none.
    """

    table: str
    column: str
    item: str
    right: frozenset[Any]
    wrong: Callable[[Any], str | None]


def findings(view: ReturnView) -> Iterator[Found]:
    """Every finding of every rule of this kind, each with the id of its rule."""
    form = view.parsed.form
    if view.parsed.faults:
        yield from _unread(view)
    if form in _SCHOOL_FORMS or form in _EARLY_FORMS:
        for column in _columns(view.header.collection_code):
            yield from _in_column(view, column)
        yield from _happened(view)
    if form in _SCHOOL_FORMS:
        yield from _of_school(view)
        if view.parsed.discards:
            yield from _not_asked(view)


def only(rule: str, view: ReturnView) -> Iterator[Finding]:
    """The findings of one rule."""
    return (found for number, found in findings(view) if number == rule)


def finder(rule: str) -> Callable[[ReturnView], Iterator[Finding]]:
    """The function of one rule, with words of its own for whoever reads the rule."""
    return partial(only, rule)


def unread_by(field: str) -> str:
    """The rule that tells a value of this field that could not be read: its own, or the one for any value."""
    kind = _KINDS.get(ITEMS[field].kind) if field in ITEMS and ITEMS[field].held else None
    return f"{kind}-{field}" if kind else UNREADABLE_RULE


def _unread(view: ReturnView) -> Iterator[Found]:
    for fault in view.parsed.faults:
        if fault.rule == UNREADABLE_RULE and (rule := unread_by(fault.field)) != UNREADABLE_RULE:
            yield rule, Finding(fault.line, fault.pupil_no, fault.field)


@lru_cache(maxsize=64)
def _columns(collection: str) -> tuple[_Column, ...]:
    lists = (_listed(item, collection) for item in ITEMS.values() if item.values and item.id not in JUDGED)
    forms = (_shaped(item.table, item.column, item.id, FORMS[item.id]) for item in ITEMS.values() if item.id in FORMS)
    return (*lists, *forms, _shaped("setting", "setting_urn", "setting-urn", SETTING_URN))


def _listed(item: Item, collection: str) -> _Column:
    codes, gone = codes_of(item.id, collection), codes_gone(item.id, collection)
    return _Column(item.table, item.column, item.id, frozenset({*codes, None}), partial(_unlisted, item.id, gone))


def _shaped(table: str, column: str, item: str, form: Formed) -> _Column:
    return _Column(table, column, item, _NOTHING, partial(_misshaped, f"{form.kind}-{item}", form.pattern))


def _unlisted(item: str, gone: frozenset[str], value: str) -> str:
    return f"{Kind.OLD_CODE if value in gone else Kind.CODE}-{item}"


def _misshaped(rule: str, pattern: re.Pattern[str], value: str) -> str | None:
    return None if pattern.fullmatch(value) else rule


def _in_column(view: ReturnView, column: _Column) -> Iterator[Found]:
    """Rows are looked at only when a value of the column is not right."""
    values = view.distinct(column.table, column.column)
    if values <= column.right:
        return
    broken = {value: rule for value in values - column.right if (rule := column.wrong(value)) is not None}
    if broken:
        yield from _places(view, column.table, column.column, column.item, broken)


def _places(view: ReturnView, table: str, column: str, item: str, broken: Mapping[Any, str]) -> Iterator[Found]:
    collection = view.header.collection_code
    told: set[int] = set()  # a setting's line stands with each of its children
    for row in view.rows(table):
        value = row.get(column)
        rule = broken.get(value)
        if rule is None or (table == "setting" and row["line"] in told):
            continue
        told.add(row["line"])
        more = why_not(item, str(value), collection) if rule.startswith(Kind.OLD_CODE) else ""
        yield rule, Finding(row["line"], None if table == "setting" else row["pupil_no"], item, more)


def _happened(view: ReturnView) -> Iterator[Found]:
    day = view.day
    if day is None:
        return
    for item_id in HAPPENED:
        item = ITEMS[item_id]
        days = view.distinct(item.table, item.column) - _NOTHING
        late = {value: f"{Kind.RANGE}-{item_id}" for value in days if value > day}
        if late:
            yield from _places(view, item.table, item.column, item_id, late)


def _of_school(view: ReturnView) -> Iterator[Found]:
    collection = view.header.collection_code
    for code in SCHOOL_CODES:
        value = getattr(view.school, code.column)
        if value is not None and value not in codes_of(code.id, collection):
            kind = Kind.OLD_CODE if value in codes_gone(code.id, collection) else Kind.CODE
            yield f"{kind}-{code.id}", view.school_at(code.column)
    if view.header.software_code is None:
        yield f"{Kind.PRESENT}-software-code", view.header_at("software_code")


def _not_asked(view: ReturnView) -> Iterator[Found]:
    """Once for each rule: how often it was dropped stands with the discards."""
    told: set[str] = set()
    for discard in view.parsed.discards:
        rule = not_asked_by(view, discard)
        if rule is not None and rule not in told:
            told.add(rule)
            yield rule, Finding(discard.line, None, discard.element)


def not_asked_by(view: ReturnView, discard: Discard) -> str | None:
    """The rule that tells a discard, None where it is told as something that nobody knows."""
    if discard.rule != UNKNOWN_RULE or view.parsed.form not in _SCHOOL_FORMS:
        return None
    what = not_asked(discard.path, view.header.collection_code)
    return None if what is None else f"{Kind.NOT_ASKED}-{what}"
