"""The rules that follow from the catalogue, stated over landed rows: one form for each kind, whatever the item."""

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.codes import codes_gone, codes_of
from rollbook.dataplane.census.landed_forms import (
    READER_ONLY,
    Expression,
    Landed,
    NotLanded,
    Row,
    Setting,
    sql_list,
    sql_text,
)
from rollbook.dataplane.census.rulebook.characteristics import youth_support
from rollbook.dataplane.census.rulebook.derivation import FORMS, JUDGED_IN_PART, DerivedRule, Kind
from rollbook.dataplane.census.ruling import Model

_PARTICULARS = NotLanded("The particulars of header, school and setting are not landed.")
_IDENTITY = NotLanded("Addresses are kept in the identity zone, never among landed rows.")

_EARLY = NotLanded("Only school censuses are run over landed rows.")
_NOT_HELD = NotLanded("No collection that can be opened asks for the item.")


def landed_form(rule: DerivedRule) -> Landed:
    """The rule over landed rows, or why there is none."""
    if rule.kind in (Kind.NUMBER, Kind.DAY, Kind.NOT_ASKED):
        return READER_ONLY
    if rule.model is Model.EARLY:
        return _EARLY
    item = ITEMS.get(rule.item)
    if item is None:
        return _PARTICULARS
    if item.identity:
        return _IDENTITY
    if not item.held:
        return _NOT_HELD
    return (Row(item.table, item.id, _broken(rule.kind, item.id, item.column)),)


def _broken(kind: Kind, item: str, column: str) -> Expression:
    if kind in (Kind.CODE, Kind.OLD_CODE):
        return lambda setting: _in_list(kind, item, column, setting)
    if item in FORMS:
        return f"NOT regexp_full_match({column}, {sql_text(FORMS[item].pattern.pattern)})"
    return lambda setting: f"{column} > {setting.census_day}"


def _in_list(kind: Kind, item: str, column: str, setting: Setting) -> str:
    gone = codes_gone(item, setting.collection)
    if kind is Kind.OLD_CODE:
        broken = f"{column} IN {sql_list(gone)}" if gone else "false"
    else:
        known = {*codes_of(item, setting.collection), *gone}
        broken = f"{column} NOT IN {sql_list(known)}" if known else f"{column} IS NOT NULL"
    return f"{broken}{_left_to_another(item, setting)}"


def _left_to_another(item: str, setting: Setting) -> str:
    """Where a numbered rule tells a wrong code of some pupils, the list is silent about these."""
    form = youth_support.landed
    if JUDGED_IN_PART.get(item) != youth_support.id or isinstance(form, NotLanded):
        return ""
    return "".join(f" AND NOT coalesce({one.text(setting)}, false)" for one in form)
