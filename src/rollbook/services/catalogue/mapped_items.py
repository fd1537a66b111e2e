"""Every item there is: those of the census catalogue and those that mappings of other collections define.

The gate, the dictionary, requests, runs and pages all look an item up here.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.collections.mapping_form import read_mapping
from rollbook.records.models.collections import DefinedMapping


@lru_cache(maxsize=64)
def _read(text: str) -> CollectionMapping:
    return read_mapping(text.encode(), "mapping")


def mappings() -> tuple[CollectionMapping, ...]:
    """Every mapping that was defined, in the order of their codes."""
    return tuple(_read(text) for text in DefinedMapping.objects.order_by("code").values_list("text", flat=True))


def mapping_of(collection: str) -> CollectionMapping | None:
    """The mapping of a collection; None for a census, and for what nobody has defined."""
    row = DefinedMapping.objects.filter(code=collection).first()
    return None if row is None else _read(row.text)


def loaded_items() -> Mapping[str, Item]:
    """The items that mappings define, by id."""
    return MappingProxyType({code: item for mapping in mappings() for code, item in mapping.own.items()})


def every_item() -> Mapping[str, Item]:
    """All items by id: the catalogue's first."""
    return MappingProxyType({**ITEMS, **loaded_items()})


def find_item(code: str) -> Item | None:
    """One item, or None where no catalogue has it."""
    return ITEMS.get(code) or loaded_items().get(code)


def item_name(code: str) -> str:
    """The name of an item; its code where no catalogue has it."""
    item = find_item(code)
    return code if item is None else item.name


def labels_of(code: str) -> Mapping[str, Mapping[str, str]]:
    """The codes of an item that a mapping defines, with their meaning, by collection."""
    return {one.code: field.labels for one in mappings() for field in one.fields if field.item.id == code in one.own}
