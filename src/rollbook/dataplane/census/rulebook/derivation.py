"""What a rule that follows from the catalogue is made of: its kind, its item, and where the item stands in a return.

Nothing here is decided by hand for one item but what a source gives for it: a form of a number, a range, a presence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final

from rollbook.dataplane.census.catalogue import CHILD_TABLES, ITEMS, Item, collections, places_of
from rollbook.dataplane.census.codes import codes_gone
from rollbook.dataplane.census.formats import flat_names
from rollbook.dataplane.census.profile import ADDRESS_PATH, Group, Leaf, Row, profile_of
from rollbook.dataplane.census.ruling import Model, Rule, Severity
from rollbook.kernel.terms import Term, census_day

_IN_YEAR: Final = ("spr", "sum", "aut")
COLLECTIONS: Final = tuple(
    sorted(
        (code for code in collections() if code.startswith("sc-")),
        key=lambda code: (code[-4:], _IN_YEAR.index(code.split("-")[1])),
    )
)
_PATHS: Final = {table.name: table.path for table in CHILD_TABLES} | {"address": "/".join(ADDRESS_PATH)}


class Kind(StrEnum):
    """What of the catalogue a rule follows from. The value begins the ids of its rules."""

    CODE = "CV"
    OLD_CODE = "CO"
    NUMBER = "TY"
    DAY = "DT"
    FORM = "LN"
    RANGE = "RG"
    PRESENT = "PR"
    NOT_ASKED = "NC"


KINDS: Final = {
    Kind.CODE: "the code is in the list in force",
    Kind.OLD_CODE: "the code is still in the list",
    Kind.NUMBER: "a number is written as one",
    Kind.DAY: "a day is written as one",
    Kind.FORM: "a number given by others has its length and form",
    Kind.RANGE: "the value lies in its range",
    Kind.PRESENT: "the value is there",
    Kind.NOT_ASKED: "the item or block is asked in this return, of this pupil",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRule(Rule):
    """A rule made from the catalogue. `item` is the catalogue's id of it, or the column of the header or school."""

    kind: Kind
    item: str


@dataclass(frozen=True, slots=True)
class Formed:
    """The form a number has by a source: a pattern for the whole value, and the same in words."""

    pattern: re.Pattern[str]
    words: str
    right: str
    wrong: str
    source: str
    severity: Severity
    kind: Kind = Kind.FORM


def _formed(
    pattern: str, words: str, right: str, wrong: str, source: str, severity: Severity, kind: Kind = Kind.FORM
) -> Formed:
    return Formed(re.compile(pattern, re.ASCII), words, right, wrong, source, severity, kind)


_URN: Final = _formed(r"\d{6}", "six digits", "123456", "12345", "DOMAIN", Severity.QUERY)
_UKPRN: Final = _formed(r"1\d{7}", "eight digits, the first a 1", "10000001", "20000001", "DOMAIN", Severity.QUERY)
_COMPANY: Final = _formed(
    r"([A-Za-z]{2}|\d{2})\d{6}", "two letters or two digits, then six digits", "SC123456", "S1234567", "LIIA",
    Severity.ERROR,
)  # fmt: skip
# The property number counts from 1 and has twelve digits at most.
_UPRN: Final = _formed(
    r"0*[1-9]\d{0,11}", "a number from 1 to 999,999,999,999", "100023336956", "0", "LIIA", Severity.ERROR, Kind.RANGE
)
# Lengths and forms that a source gives. UPN, learner number and eligibility code have numbered rules.
FORMS: Final = {
    "school-ap-urn": _URN, "ap-previous-urn": _URN, "school-ap-ukprn": _UKPRN, "aim-partner-ukprn": _UKPRN,
    "school-ap-company": _COMPANY, "uprn": _UPRN,
}  # fmt: skip
SETTING_URN: Final = _URN
# Days of what has happened, by the catalogue's own words for them, and not judged by a numbered rule.
HAPPENED: Final = (
    "fsm-end-date", "aim-start-date", "aim-actual-end-date", "programme-start-date", "programme-actual-end-date",
    "school-ap-entry-date", "school-ap-leaving-date",
)  # fmt: skip
# Code lists that a numbered rule judges alone, and those it judges for some pupils only: there it speaks and the list
# is silent.
JUDGED: Final = frozenset({"sex", "language", "ethnicity", "young-carer", "phase"})
JUDGED_IN_PART: Final = {
    "yssa": "PT-035", "school-type": "PT-009", "governance": "PT-010", "accommodation": "PT-012",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SchoolCode:
    """A coded particular of the school: its column in `SchoolFacts`, its element and its name."""

    column: str
    element: str
    name: str

    @property
    def id(self) -> str:
        """Its id, as codes are listed by it."""
        return self.column.replace("_", "-")


SCHOOL_CODES: Final = (
    SchoolCode("school_type", "SchoolType", "Type of school"),
    SchoolCode("intake", "Intake", "Intake"),
    SchoolCode("governance", "Governance", "Governance"),
    SchoolCode("highest_year", "HighestNCyear", "Highest year group"),
    SchoolCode("lowest_year", "LowestNCyear", "Lowest year group"),
    SchoolCode("accommodation", "Accommodation", "Accommodation"),
)


def asked_in(item: str) -> tuple[str, ...]:
    """The known school censuses that ask for an item, oldest first."""
    return tuple(code for code in COLLECTIONS if item in places_of(code))


def asked_of(item: str, collection: str) -> str:
    """Of which pupils a collection asks an item: b both rolls, n on roll, l no longer on roll, empty of nobody."""
    place = places_of(collection).get(item)
    return place.roll if place else ""


def leaves_of(node: object) -> frozenset[str]:
    """The items that a shape of a format has a place for."""
    if isinstance(node, Leaf):
        return frozenset({node.field})
    inside = node.leaves if isinstance(node, Row) else getattr(node, "children", {})
    return frozenset().union(*map(leaves_of, inside.values()))


def path_of(item: Item, collection: str = "") -> str:
    """The path of an item from the pupil, in this return if it has the item, else in the latest that has."""
    above = _PATHS.get(item.table)
    place = places_of(collection).get(item.id)
    element = place.element if place else item.element
    return f"{above}/{element}" if above else element


@dataclass(frozen=True, slots=True)
class Unasked:
    """What falls away as one when a collection does not ask for it: an item, or a block that holds nothing else.

    `id` is the item's, or the element of the block. `item` is one item inside; `collection` and `on_roll` say where it
    falls away, the newest such return; `all` are the others too.
    """

    id: str
    item: str
    collection: str
    on_roll: bool
    all: frozenset[str]


def _falls_at(path: str, shape: Group) -> str | None:
    """The first part of a path that a pupil's shape does not have, as a path; None when all of it stands."""
    node: object = shape
    parts = path.split("/")
    for depth, part in enumerate(parts, start=1):
        node = (node.leaves if isinstance(node, Row) else getattr(node, "children", {})).get(part)
        if node is None:
            return "/".join(parts[:depth])
    return None


@cache
def unasked() -> Mapping[str, Unasked]:
    """Everything that some collection does not ask, by the path from the pupil at which it falls away."""
    found: dict[str, list[Unasked]] = {}
    for code in reversed(COLLECTIONS):
        profile = profile_of(code)
        for on_roll, shape in ((True, profile.on_roll), (False, profile.off_roll)):
            for item in ITEMS.values():
                path = path_of(item, code)
                at = _falls_at(path, shape) if _in_school_census(item) and "*" not in path else None
                if at is not None:
                    what = item.id if at == path else at.rpartition("/")[2]
                    found.setdefault(at, []).append(Unasked(what, item.id, code, on_roll, frozenset()))
    return {at: replace(all_[0], all=frozenset(one.collection for one in all_)) for at, all_ in found.items()}


def _in_school_census(item: Item) -> bool:
    return item.held and bool(asked_in(item.id))


def not_asked(path: str, collection: str) -> str | None:
    """The id of what a collection does not ask, given the path of a discard; None when it is no such thing.

    In flat tables, what falls away is named by its table and its column.
    """
    at: str | None = path.partition("/")[2]
    item = _flat_item(path)
    if item is not None and collection in COLLECTIONS:
        profile = profile_of(collection)
        at = next(
            (
                at
                for shape in (profile.on_roll, profile.off_roll)
                if (at := _falls_at(path_of(item, collection), shape))
            ),
            None,
        )
    what = unasked().get(at or "")
    return None if what is None else what.id


def _flat_item(path: str) -> Item | None:
    table, _, column = path.partition("/")
    home = "pupil" if table in flat_names.PUPIL_TABLES else flat_names.CHILD_TABLES.get(table, "")
    return _flat_items(home).get(column) if home else None


@cache
def _flat_items(home: str) -> Mapping[str, Item]:
    """The items of a flat table by every heading that a known school census gives them."""
    return {
        column: ITEMS[leaf.field]
        for code in COLLECTIONS
        for column, (leaf, _) in flat_names.fields_of(home, code).items()
    }


def collections_of(rule: DerivedRule) -> tuple[str, ...]:
    """The known school censuses that a rule is asked of, oldest first."""
    if rule.kind is Kind.NOT_ASKED:
        fallen = {code for what in unasked().values() if rule.id == f"{rule.kind}-{what.id}" for code in what.all}
        return tuple(code for code in COLLECTIONS if code in fallen)
    if rule.item not in ITEMS:  # a particular of the header or the school, or of a setting
        return () if rule.model is Model.EARLY else COLLECTIONS
    asked = asked_in(rule.item)
    return tuple(code for code in asked if codes_gone(rule.item, code)) if rule.kind is Kind.OLD_CODE else asked


def span_of(collections: tuple[str, ...]) -> tuple[date, date | None]:
    """From when and to when something holds: the census days of the first return and, once it has ended, the last."""
    newest = {code.rpartition("-")[0]: code for code in COLLECTIONS}.values()
    days = sorted(map(census_day_of, collections or COLLECTIONS))
    return days[0], None if not collections or set(newest) & set(collections) else days[-1]


def census_day_of(collection: str) -> date:
    """Census day of a school census by its code."""
    _, term, year = collection.upper().split("-")
    return census_day(Term(term), int(year))
