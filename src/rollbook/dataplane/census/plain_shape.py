"""The profile of a collection as arrays, so that all elements of a return find their places in it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np

from rollbook.dataplane.census.profile import Leaf, Node, Row, profile_of
from rollbook.dataplane.census.scan import Ints, Words, words_of

ROLLS: Final = {"PupilsOnRoll": "PupilOnRoll", "PupilsNoLongerOnRoll": "PupilNoLongerOnRoll"}
PUPIL: Final = "pupil"
NOWHERE: Final = -1
_MIX: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)
Target = tuple[str, str, str]  # table, column, kind


@dataclass(slots=True)
class Shape:
    """A profile as arrays. A place is a node of the tree of elements, 0 the block of pupils.

    `names` are the known names in order of `keys`; `goes[place, name]` is the place of a child; `table[place]` is the
    number of the table a row of which begins there, `target[place]` the number of the column a value there belongs to;
    -1 stands for none.
    """

    keys: Words
    names: Words
    goes: Ints
    table: Ints
    target: Ints
    on_roll: int
    tables: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(slots=True)
class _Draft:
    goes: list[dict[str, int]] = field(default_factory=list)
    table: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    targets: dict[Target, int] = field(default_factory=dict)

    def place(self, *, table: str | None = None, target: Target | None = None) -> int:
        self.goes.append({})
        self.table.append(NOWHERE if table is None else self.tables.setdefault(table, len(self.tables)))
        self.target.append(NOWHERE if target is None else self.targets.setdefault(target, len(self.targets)))
        return len(self.goes) - 1

    def under(self, place: int, children: Mapping[str, Node], table: str) -> None:
        for name, node in children.items():
            self.goes[place][name] = self._node(node, table)

    def _node(self, node: Node, table: str) -> int:
        if isinstance(node, Leaf):
            return self.place(target=(table, node.column, node.kind))
        inside = node.table if isinstance(node, Row) else table
        place = self.place(table=inside if isinstance(node, Row) else None)
        self.under(place, node.leaves if isinstance(node, Row) else node.children, inside)
        return place


@cache
def shape_of(collection: str) -> Shape | None:
    """The shape of a collection, None when its names are too long for a scan."""
    profile, draft = profile_of(collection), _Draft()
    block = draft.place()
    rolls: list[int] = []
    for (roll, pupil), shape in zip(ROLLS.items(), (profile.on_roll, profile.off_roll), strict=True):
        rolls.append(draft.place())
        draft.goes[block][roll] = rolls[-1]
        one = draft.goes[rolls[-1]][pupil] = draft.place(table=PUPIL)
        draft.under(one, shape.children, PUPIL)
    return _arrays(draft, draft.goes[rolls[0]][ROLLS["PupilsOnRoll"]])


def _arrays(draft: _Draft, on_roll: int) -> Shape | None:
    known = sorted({name for children in draft.goes for name in children})
    words = [words_of(name) for name in known]
    if None in words:
        return None
    names = np.array(words, np.uint64).T
    keys = keys_of(names)
    order = np.argsort(keys)
    if len(np.unique(keys)) != len(known):
        return None
    goes = np.full((len(draft.goes), len(known)), NOWHERE)
    number = {known[at]: place for place, at in enumerate(order.tolist())}
    for place, children in enumerate(draft.goes):
        for name, child in children.items():
            goes[place, number[name]] = child
    return Shape(
        keys[order], names[:, order], goes, np.array(draft.table), np.array(draft.target), on_roll,
        tuple(draft.tables), tuple(draft.targets),
    )  # fmt: skip


def keys_of(names: Words) -> Words:
    """One number for each name, mostly different: who uses it compares the name as well."""
    with np.errstate(over="ignore"):
        mixed: Words = (names * _MIX[:, None]).sum(axis=0, dtype=np.uint64)
    return mixed ^ (mixed >> np.uint64(29))
