"""The chains of returns: what each return asks for, folded from a base and the changes since.

A chain is the returns of one kind and one term: `sc-aut`, `sc-spr`, `sc-sum`, `eyc-spr`; and `ctf` and `or`, the two
forms that belong to no collection and have one state. A return is named chain and year: `sc-spr-2025`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census.catalogue_changes import CHANGES

# The returns that may be collected: the school years 2023/24 to 2026/27.
FIRST_YEAR: Final[Mapping[str, int]] = {"sc-aut": 2023, "sc-spr": 2024, "sc-sum": 2024, "eyc-spr": 2024}
LAST_YEAR: Final[Mapping[str, int]] = {"sc-aut": 2026, "sc-spr": 2027, "sc-sum": 2027, "eyc-spr": 2027}
TRANSFERS: Final = ("ctf", "or")
CHAINS: Final = (*FIRST_YEAR, *TRANSFERS)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an item stands in a return. `element` is as the changes give it, empty for the item's own; `roll` is b, n
    or l."""

    roll: str
    element: str


State = Mapping[str, Spot]


@dataclass(frozen=True, slots=True)
class Change:
    """What a return changed about one item against the one before it in its chain.

    `kind` is base (the first return of the chain that is recorded already has it), add, remove, rename, roll or codes.
    """

    collection: str
    kind: str
    item: str
    roll: str = ""
    element: str = ""


class ChainBroken(ValueError):
    """The table of changes contradicts itself: it removes what is not there, or adds what is."""


def chain_of(collection: str) -> tuple[str, int]:
    """The chain and year of a return, year 0 where it has none; `("", 0)` for what is no return of any chain."""
    chain, _, year = collection.rpartition("-")
    if chain in FIRST_YEAR and len(year) == 4 and year.isascii() and year.isdigit():
        return chain, int(year)
    start = collection.partition("-")[0]
    return (start, 0) if start in TRANSFERS else ("", 0)


@cache
def changes() -> tuple[Change, ...]:
    """Every change of every chain, in the order of the table."""
    return tuple(_read(CHANGES))


def _read(text: str) -> Iterator[Change]:
    returns: list[str] = []
    block = ""
    for line in text.splitlines():
        word, *rest = line.split() or [""]
        if word in ("base", "change"):
            block, returns = word, rest
        elif word:
            roll = rest.pop(0) if word in ("add", "roll") else ""
            kind = "base" if block == "base" and word == "add" else word
            for collection in returns:
                yield from (_change(collection, kind, roll, item) for item in rest)


def _change(collection: str, kind: str, roll: str, text: str) -> Change:
    item, _, element = text.partition("=")
    return Change(collection, kind, item, roll, element)


@cache
def dated_returns() -> Mapping[str, tuple[str, ...]]:
    """The returns of each chain that the table knows, oldest first: those between them carry the state before."""
    heads = [line.split()[1:] for line in CHANGES.splitlines() if line.startswith(("base ", "change "))]
    found = {one for head in heads for one in head}
    return {chain: tuple(sorted(one for one in found if chain_of(one)[0] == chain)) for chain in CHAINS}


@cache
def states() -> Mapping[str, State]:
    """What each return of the table asks for, after its changes.

    Raises:
        ChainBroken: a change that cannot be made to the return before it.
    """
    now: dict[str, dict[str, Spot]] = {chain: {} for chain in CHAINS}
    after: dict[str, State] = {}
    for chain, returns in dated_returns().items():
        for collection in returns:
            for change in _by_return().get(collection, ()):
                apply(change, now[chain])
            after[collection] = MappingProxyType(dict(now[chain]))
    return after


@cache
def _by_return() -> Mapping[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes():
        found.setdefault(change.collection, []).append(change)
    return found


def apply(change: Change, state: dict[str, Spot]) -> None:
    """Make one change to what a return asks for. Raises ChainBroken, and changes nothing, where it does not fit."""
    old = state.get(change.item)
    if (old is None) is not (change.kind in ("base", "add")):
        raise ChainBroken(f"{change.collection}: {change.kind} {change.item}")
    if change.kind == "remove":
        del state[change.item]
    elif change.kind != "codes":
        state[change.item] = Spot(change.roll or (old.roll if old else ""), _element(change, old))


def _element(change: Change, old: Spot | None) -> str:
    return old.element if old is not None and change.kind == "roll" else change.element


@cache
def table_of_return(collection: str) -> str:
    """The return whose table holds for this one: itself, or the latest before it that changed something.

    Empty where the chain is unknown or begins later.
    """
    chain, year = chain_of(collection)
    known = [one for one in dated_returns().get(chain, ()) if chain_of(one)[1] <= year]
    return known[-1] if known else ""


def state_of(collection: str) -> State:
    """What a return asks for; empty where nothing is recorded."""
    return states().get(table_of_return(collection), {})


def is_carried(collection: str) -> bool:
    """Whether the return lies after the last one whose changes are known, so that it carries that one's table."""
    chain, year = chain_of(collection)
    known = dated_returns().get(chain, ())
    return bool(known) and chain not in TRANSFERS and year > chain_of(known[-1])[1]
