"""The rules that follow from the catalogue, as rules: id, words that say how to mend, source and examples."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.census.codes import codes_gone, codes_of
from rollbook.dataplane.census.rulebook.derivation import (
    FORMS,
    HAPPENED,
    JUDGED,
    SCHOOL_CODES,
    SETTING_URN,
    DerivedRule,
    Formed,
    Kind,
    SchoolCode,
    Unasked,
    asked_in,
    asked_of,
    census_day_of,
    collections_of,
    path_of,
    span_of,
    unasked,
)
from rollbook.dataplane.census.rulebook.derived import finder
from rollbook.dataplane.census.rulebook.derived_landed import landed_form
from rollbook.dataplane.census.ruling import Edits, Model, Severity

_MODEL_COLLECTION: Final = "sc-spr-2025"
_WRONG_CODE: Final = "?"
_MOST_CODES: Final = 12
_VALUES: Final = {"date": "2024-12-02", "count": "1", "hours": "2.5"}
_WRONG: Final = {"date": "02/12/2024", "count": "one", "hours": "2h"}
_PROFILE: Final = "the Rollbook profile, after LIIA"


def derived_rules() -> Iterator[DerivedRule]:
    """Every rule of this kind, by kind and in the order of the catalogue, from when to when it is in force."""
    order = list(Kind)
    for rule in sorted(_all_rules(), key=lambda rule: order.index(rule.kind)):
        first, last = span_of(collections_of(rule))
        yield replace(rule, valid_from=first, valid_to=last, landed=landed_form(rule))


def _all_rules() -> Iterator[DerivedRule]:
    for item in ITEMS.values():
        if item.held:
            yield from _of_item(item)
    yield from ({what.id: _not_asked(what) for what in unasked().values()}).values()
    for code in SCHOOL_CODES:
        yield from _of_school_code(code)
    yield _formed("setting-urn", "Number of the setting", "URN", SETTING_URN, "E1/EstablishmentCharacteristics/URN")
    yield _software()


def _of_item(item: Item) -> Iterator[DerivedRule]:
    if item.values and item.id not in JUDGED:
        yield from _coded(item)
    if item.kind in ("count", "hours", "date"):
        yield _typed(item)
    if item.id in FORMS:
        yield _formed(item.id, item.name, _element(item), FORMS[item.id], _place(item), _setup(item))
    if item.id in HAPPENED:
        yield _happened(item)


def _coded(item: Item) -> Iterator[DerivedRule]:
    collection = _collection_of(item)
    codes = codes_of(item.id, collection)
    place, setup = _place(item), _setup(item)
    yield DerivedRule(
        f"{Kind.CODE}-{item.id}", Severity.ERROR, f"{item.name}: the code is not in the list",
        f"{_choose(_element(item), item.id, collection)}", "LIIA" if codes and "own." not in item.values else "DOMAIN",
        finder(f"{Kind.CODE}-{item.id}"), (*setup, f"~ {place} = {next(iter(codes))}"),
        (*setup, f"~ {place} = {_WRONG_CODE}"), (_element(item),), kind=Kind.CODE, item=item.id,
    )  # fmt: skip
    gone = next(((code, found) for code in reversed(asked_in(item.id)) if (found := codes_gone(item.id, code))), None)
    if gone is not None:
        collection, old = gone
        setup = _header(collection)
        yield DerivedRule(
            f"{Kind.OLD_CODE}-{item.id}", Severity.ERROR, f"{item.name}: the code is no longer in the list",
            f"An earlier return had it. {_choose(_element(item), item.id, collection)}", "LIIA",
            finder(f"{Kind.OLD_CODE}-{item.id}"), (*setup, f"~ {place} = {next(iter(codes_of(item.id, collection)))}"),
            (*setup, f"~ {place} = {min(old)}"), (_element(item),), kind=Kind.OLD_CODE, item=item.id,
        )  # fmt: skip


def _typed(item: Item) -> DerivedRule:
    kind = Kind.DAY if item.kind == "date" else Kind.NUMBER
    says, how = {
        "date": ("is not a day that can be read", "Write it as 2025-01-16: year, month, day."),
        "count": ("is not a whole number", "Write it in digits alone, six at most."),
        "hours": ("is not a number of hours", "Write it as 12.5: digits, a point, two places at most."),
    }[item.kind]
    place, setup = _place(item), _setup(item)
    return DerivedRule(
        f"{kind}-{item.id}", Severity.ERROR, f"{item.name} {says}", how, _PROFILE, finder(f"{kind}-{item.id}"),
        (*setup, f"~ {place} = {_VALUES[item.kind]}"), (*setup, f"~ {place} = {_WRONG[item.kind]}"), (_element(item),),
        kind=kind, item=item.id,
    )  # fmt: skip


def _formed(item: str, name: str, element: str, form: Formed, place: str, setup: Edits = ()) -> DerivedRule:
    number = f"{form.kind}-{item}"
    mend = f"Write {form.words}." + (" Or say why it is right." if form.severity is Severity.QUERY else "")
    model = Model.EARLY if place.startswith("E") else Model.SCHOOL
    return DerivedRule(
        number, form.severity, f"{name}: not {form.words}", mend, form.source, finder(number),
        (*setup, f"~ {place} = {form.right}"), (*setup, f"~ {place} = {form.wrong}"), (element,), model=model,
        kind=form.kind, item=item,
    )  # fmt: skip


def _happened(item: Item) -> DerivedRule:
    place, setup, number = _place(item), _setup(item), f"{Kind.RANGE}-{item.id}"
    return DerivedRule(
        number, Severity.QUERY, f"{item.name}: the day is after census day",
        "Correct the day, or leave it out until it has come. Or say why it is right.", "OWN", finder(number),
        (*setup, f"~ {place} = {census_day_of(_collection_of(item)).isoformat()}"), (*setup, f"~ {place} = 2030-01-01"),
        (_element(item),), kind=Kind.RANGE, item=item.id,
    )  # fmt: skip


def _not_asked(what: Unasked) -> DerivedRule:
    item = ITEMS[what.item]
    number, collection = f"{Kind.NOT_ASKED}-{what.id}", _collection_of(item)
    whole = what.id in ITEMS
    name, element = (item.name, _element(item)) if whole else (f"The block {what.id}", what.id)
    value, roll = _right(item, collection), "P1" if what.on_roll else "L1"
    return DerivedRule(
        number, Severity.DROPPED, f"{name} is not asked here; it was dropped and the discard recorded",
        "Nothing to mend for the return to be taken. It is asked in other returns, or of other pupils, than this.",
        _PROFILE, finder(number), (*_header(collection), f"~ {_place(item)} = {value}"),
        (*_header(what.collection), f"~ {roll}/{path_of(item)} = {value}"), (element,), kind=Kind.NOT_ASKED,
        item=what.item,
    )  # fmt: skip


def _of_school_code(code: SchoolCode) -> Iterator[DerivedRule]:
    number, source = f"{Kind.CODE}-{code.id}", "ASPEN" if code.column == "accommodation" else "LIIA"
    codes = codes_of(code.id, _MODEL_COLLECTION)
    # The type of a school whose phase has types of its own is a numbered rule's.
    other = ("S/Phase = AT",) if code.column == "school_type" else ()
    yield DerivedRule(
        number, Severity.ERROR, f"{code.name}: the code is not in the list",
        _choose(code.element, code.id, _MODEL_COLLECTION), source, finder(number),
        (*other, f"~ S/{code.element} = {next(iter(codes))}"), (*other, f"~ S/{code.element} = {_WRONG_CODE}"),
        (code.element,),
        kind=Kind.CODE, item=code.column,
    )  # fmt: skip


def _software() -> DerivedRule:
    number = f"{Kind.PRESENT}-software-code"
    return DerivedRule(
        number, Severity.ERROR, "Name of the software that made the file is missing",
        "Export the return from the school's system again; a file made by hand needs a name here too.", "LIIA",
        finder(number), (), ("- H/Source/SoftwareCode",), ("SoftwareCode",), kind=Kind.PRESENT, item="software_code",
    )  # fmt: skip


def _choose(element: str, item: str, collection: str) -> str:
    codes = list(codes_of(item, collection))
    if len(codes) <= _MOST_CODES:
        return f"Give {element} as one of {', '.join(codes)}."
    return f"Give {element} as one of the {len(codes)} codes of its list; the dictionary shows them."


def _right(item: Item, collection: str) -> str:
    return next(iter(codes_of(item.id, collection)), "") or _VALUES.get(item.kind, "1")


def _collection_of(item: Item) -> str:
    """The return an example stands in: the model's own where it asks for the item, else the newest that does."""
    asked = asked_in(item.id)
    return _MODEL_COLLECTION if _MODEL_COLLECTION in asked else asked[-1]


def _place(item: Item) -> str:
    pupil = "L1" if asked_of(item.id, _collection_of(item)) == "l" else "P1"
    return f"{pupil}/{path_of(item, _collection_of(item))}"


def _element(item: Item) -> str:
    return item.element.rpartition("/")[2]


def _setup(item: Item) -> Edits:
    return _header(_collection_of(item))


def _header(collection: str) -> Edits:
    """The edits that turn the model return into one of this collection."""
    if collection == _MODEL_COLLECTION:
        return ()
    _, term, year = collection.upper().split("-")
    block = "H/CollectionDetails"
    days = f"{block}/ReferenceDate = {census_day_of(collection).isoformat()}"
    return (f"{block}/Term = {term}", f"{block}/Year = {year}", days)
