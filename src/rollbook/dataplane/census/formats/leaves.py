"""What a format calls an item, tied to the catalogue: the same columns whichever format a value came in."""

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.profile import Leaf


def leaf(item: str) -> Leaf:
    """The place of a catalogue item."""
    found = ITEMS[item]
    return Leaf(found.column, found.kind, found.id)
