"""Reads the items of a mapping: named from the census catalogue, or defined for the collection."""

import re
from typing import Any, Final

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.collections.forms import TEXT_LIMIT, Form, plain
from rollbook.dataplane.collections.mapping import Field
from rollbook.policy.classes import UNMARKED, read_class

KINDS: Final = ("text", "code", "count", "number", "date")
_ID: Final = re.compile(r"(?=.{1,60}$)[a-z][a-z0-9]*(-[a-z0-9]+)+")
_KEYS: Final = {
    "column", "id", "kind", "name", "description", "detail", "risk", "retention_years", "required", "codes",
    "translate",
}  # fmt: skip
_DEFINING: Final = _KEYS - {"column", "id", "required", "translate"}


def fields_of(form: Form, table: str) -> tuple[Field, ...]:
    """Every item of the mapping. A column has one item and an item one column."""
    fields = tuple(_field(form, row, where, table) for row, where in form.rows("items"))
    if not fields:
        form.refuse("items", "There are no items", "items", "Add [[items]] with a column and an id.")
    for what, names in (("column", [one.column for one in fields]), ("item", [one.item.id for one in fields])):
        for name in sorted({one for one in names if one and names.count(one) > 1}):
            form.refuse("twice", f"The {what} '{plain(name)}' is named twice", "items", "Name each once.")
    return fields


def _field(form: Form, row: dict[str, Any], where: str, table: str) -> Field:
    form.known(row, _KEYS, where)
    column, code = form.text("column", row, f"{where}: column"), row.get("id", "")
    required = row.get("required", True)
    if not isinstance(required, bool):
        form.refuse("flag", "This is not true or false", f"{where}: required", "Write true or false.")
    known = ITEMS.get(code) if isinstance(code, str) else None
    if known is not None:
        item, labels = _catalogue_item(form, row, known, where), dict(codes_of(known.id))
    else:
        item, labels = _own_item(form, row, where, table), _labels(form, row, where)
    translate = _words(form, row.get("translate", {}), f"{where}: translate")
    for text, target in translate.items():
        if target not in labels:
            mend = f"Lead to one of: {', '.join(sorted(labels)) or 'no code, as the item has none'}."
            form.refuse("translate", f"'{plain(text)}' leads to no code of the item", f"{where}: translate", mend)
    return Field(column, item, required is True, labels, translate)


def _catalogue_item(form: Form, row: dict[str, Any], item: Item, where: str) -> Item:
    if item.table != "pupil" or item.identity or not item.held:
        mend = "Take a current item about the pupil that a project can have, or define an item of the collection."
        form.refuse("item", f"A mapping cannot fill '{item.id}' of the census", f"{where}: id", mend)
    for key in sorted(set(row) & _DEFINING):
        mend = "Leave it out: the catalogue says it."
        form.refuse("item", "An item of the census is defined anew", f"{where}: {key}", mend)
    return item


def _own_item(form: Form, row: dict[str, Any], where: str, table: str) -> Item:
    code, kind, risk = row.get("id"), row.get("kind"), row.get("risk")
    if not isinstance(code, str) or not _ID.fullmatch(code) or not code.startswith(f"{table}-"):
        mend = f"Write '{table}-' and small letters, digits and hyphens, or the id of a census item."
        form.refuse("item", "The id is not that of an item of this collection", f"{where}: id", mend)
        code = f"{table}-x"
    if kind not in KINDS:
        form.refuse("kind", "The kind is not known", f"{where}: kind", f"Write one of: {', '.join(KINDS)}.")
    if not isinstance(risk, str) or (read_class(risk) == UNMARKED and risk != str(UNMARKED)):
        mend = "Write 1 to 5 and A to E, such as 5E; what nobody has classed is 1A and never leaves."
        form.refuse("risk", "The class is missing or no class", f"{where}: risk", mend)
    years = row.get("retention_years", 10)
    if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= 80:
        form.refuse("retention", "The years kept are no number of years", f"{where}: retention_years", "Write 1 to 80.")
    name, description = (form.text(key, row, f"{where}: {key}") for key in ("name", "description"))
    detail = form.text("detail", row, f"{where}: detail") if "detail" in row else ""
    return Item(
        id=code, table=table, column=code.replace("-", "_"), element=str(row.get("column", "")), kind=str(kind),
        name=name, description=description, detail=detail, risk=str(risk), values="", cbds=(),
        retention_years=years if isinstance(years, int) else 0, identity=False, status="current", held=True, power="",
    )  # fmt: skip


def _labels(form: Form, row: dict[str, Any], where: str) -> dict[str, str]:
    labels = _words(form, row.get("codes", {}), f"{where}: codes")
    if bool(labels) is not (row.get("kind") == "code"):
        mend = 'Give a code item its codes, as codes = { M = "Male" }, and no other item.'
        form.refuse("codes", "The codes do not fit the kind", f"{where}: codes", mend)
    return labels


def _words(form: Form, value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        isinstance(one, str) and len(one) <= TEXT_LIMIT for one in value.values()
    ):
        form.refuse("words", "This is no table of texts", where, 'Write { from = "to" }.')
        return {}
    return value
