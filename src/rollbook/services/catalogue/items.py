"""What the catalogue says about items, as the gate and the pages need it."""

from collections.abc import Iterable, Iterator

from rollbook.dataplane.census.catalogue import known_collection
from rollbook.kernel.refusals import Reason
from rollbook.policy.powers import POWERS
from rollbook.policy.purposes import PURPOSES
from rollbook.policy.uses import ItemFacts
from rollbook.services.catalogue.mapped_items import find_item, mapping_of


def item_facts(codes: Iterable[str]) -> tuple[ItemFacts, ...]:
    """The facts of each item named, in order and once each; an unknown one says so."""
    return tuple(_facts(code) for code in dict.fromkeys(codes))


def _facts(code: str) -> ItemFacts:
    item = find_item(code)
    if item is None:
        return ItemFacts(code, known=False, risk="")
    return ItemFacts(code, known=True, risk=item.risk, withdrawn=not item.held)


def unknown_items(codes: Iterable[str]) -> Iterator[Reason]:
    """A reason where no item is named, and one for each that is not in the dictionary."""
    named = tuple(codes)
    if not named:
        yield Reason("items-none", "No items are named", "items", "Name the items needed.")
    for code in named:
        if find_item(code) is None:
            yield Reason(
                "item-unknown", "This item is not in the dictionary", code[:64], "Name an item of the dictionary."
            )


def unknown_purposes(codes: Iterable[str]) -> Iterator[Reason]:
    """A reason where no purpose is named, and one for each that is not in the table."""
    named = tuple(codes)
    if not named:
        yield Reason("purposes-none", "No purpose is named", "purposes", "Name at least one.")
    for code in named:
        if code not in PURPOSES:
            yield Reason(
                "purpose-unknown", "This purpose is not in the table", code[:64], "Name one of the register's."
            )


def unknown_power(code: str) -> Iterator[Reason]:
    """A reason where the power is not in the table."""
    if code not in POWERS:
        yield Reason("power-unknown", "This power is not in the table", code[:64], "Name one of the register's.")


def unknown_collections(codes: Iterable[str]) -> Iterator[Reason]:
    """A reason where no collection is named, and one for each of which Rollbook has no profile."""
    named = tuple(codes)
    if not named:
        yield Reason("collections-none", "No collection is named", "collections", "Name at least one.")
    for code in named:
        if not known_collection(code) and mapping_of(code) is None:
            yield Reason(
                "collection-unknown", "There is no such collection", code[:64], "See the register's collections."
            )
