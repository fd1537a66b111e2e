"""Since when an item is asked for, until when, and what changed: the dated catalogue in words. Runs without Django."""

from dataclasses import dataclass

from rollbook.dataplane.census.catalogue import (
    ITEMS,
    Item,
    Stretch,
    carried_from,
    collection_name,
    collections,
    history_of,
    places_of,
    stretches_of,
)
from rollbook.dataplane.census.catalogue_chains import FIRST_YEAR, TRANSFERS, Change, chain_of
from rollbook.dataplane.census.codes import codes_of

_ROLLS = {"b": "all pupils", "n": "pupils on roll", "l": "pupils no longer on roll"}
_IN_YEAR = {"sc-spr": 0, "eyc-spr": 0, "sc-sum": 1, "sc-aut": 2}
_EVERY = {"eyc-spr": "every child at a setting"}
_MOST_NAMED = 24


@dataclass(frozen=True, slots=True)
class CollectionChoice:
    """A collection that the dictionary can be read for. `carried` names the return whose table it carries, or is
    empty."""

    code: str
    name: str
    carried: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What one return changed about an item."""

    collection: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class ChainLine:
    """The returns of one kind and term that ask for an item, with its place in the latest of them.

    `last` is empty while the returns still ask.
    """

    kind: str
    first: str
    last: str
    element: str
    field: str
    who: str


def collection_choices() -> tuple[CollectionChoice, ...]:
    """Every collection that can be opened, with those that carry an older table marked."""
    return tuple(
        CollectionChoice(code, _name(code), collection_name(carried_from(code) or "")) for code in collections()
    )


def first_and_last(item: str) -> tuple[str, str]:
    """The first and the last return that asked for an item; the last is empty while any collection still asks."""
    asked = [one for one in stretches_of(item) if one.chain not in TRANSFERS]
    if not asked:
        return "", ""
    first = min((one.first for one in asked), key=_when)
    ends = [one.last for one in asked]
    return first, "" if None in ends else max((end for end in ends if end), key=_when)


def _when(collection: str) -> tuple[int, int]:
    chain, year = chain_of(collection)
    return year, _IN_YEAR[chain]


def history_lines(item: str) -> tuple[HistoryLine, ...]:
    """Every change made to an item, newest first; transfer files have no dates and are left out."""
    made = history_of(item)
    lines = [
        (_when(change.collection), HistoryLine(change.collection, _name(change.collection), _what(change, made)))
        for change in made
        if chain_of(change.collection)[0] not in TRANSFERS
    ]
    return tuple(line for _, line in sorted(lines, key=lambda pair: pair[0], reverse=True))


def _name(collection: str) -> str:
    name = collection_name(collection)
    return name[:1].upper() + name[1:]


def _what(change: Change, made: tuple[Change, ...]) -> str:
    last = _before(change.collection)
    if change.kind == "base":
        return f"Asked of {_ROLLS[change.roll]}. The first return on record; it may be older."
    if change.kind == "add":
        return f"Asked from this return on, of {_ROLLS[change.roll]}."
    if change.kind == "remove":
        return f"No longer asked. The {collection_name(last)} was the last to ask."
    if change.kind == "rename":
        return f"Called {change.element} from this return on, {_called(change, made)} before."
    if change.kind == "roll":
        return f"Asked of {_ROLLS[change.roll]} from this return on."
    return _codes_changed(change.item, change.collection, last)


def _before(collection: str) -> str:
    chain, year = chain_of(collection)
    return f"{chain}-{year - 1}"


def _called(change: Change, made: tuple[Change, ...]) -> str:
    chain = chain_of(change.collection)[0]
    earlier = [one for one in made if chain_of(one.collection)[0] == chain and one.collection < change.collection]
    named = [one.element for one in earlier if one.element]
    return (named[-1] if named else ITEMS[change.item].element).rpartition("/")[2]


def _codes_changed(item: str, collection: str, before: str) -> str:
    old, new = codes_of(item, before), codes_of(item, collection)
    added, gone = [code for code in new if code not in old], [code for code in old if code not in new]
    parts = [f"{_named(codes)} {word}" for codes, word in ((added, "added"), (gone, "taken away")) if codes]
    return f"The list of codes changed{': ' if parts else ''}{'; '.join(parts)}."


def _named(codes: list[str]) -> str:
    return " ".join(codes) if len(codes) <= _MOST_NAMED else f"{len(codes)} codes"


def chain_lines(item: Item) -> tuple[ChainLine, ...]:
    """Where an item stands, one line for each stretch of returns without a gap."""
    return tuple(_chain_line(item, one) for one in stretches_of(item.id))


def _chain_line(item: Item, one: Stretch) -> ChainLine:
    newest = one.last or (one.chain if one.chain in TRANSFERS else f"{one.chain}-{FIRST_YEAR[one.chain] + 99}")
    place = places_of(newest).get(item.id)
    dated = one.chain not in TRANSFERS
    return ChainLine(
        kind=_name(one.chain),
        first=("Before or in " if one.from_base else "") + _year(one.first) if dated else "",
        last=_year(one.last) if one.last else "",
        element=place.element if place else item.element,
        field=place.field if place and one.chain.startswith("sc-") else "",
        who=_ROLLS[place.roll] if place and one.chain.startswith("sc-") else _EVERY.get(one.chain, ""),
    )


def _year(collection: str) -> str:
    return str(chain_of(collection)[1])


def usual_collection(item: Item) -> str:
    """The collection an item's codes are shown for when none is named: the newest whose own table is known."""
    asking = [code for code in collections() if item.id in places_of(code)]
    known = [code for code in asking if carried_from(code) is None]
    return max(known or asking, key=_when, default="")
