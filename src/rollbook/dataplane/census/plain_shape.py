"""The profile of a collection as arrays: the tree of elements that a pupil may have, each element a place.

Place 0 is the block of pupils. `scan` walks a file along this tree; `lay` puts values into the columns it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rollbook.dataplane.census.profile import Leaf, Node, Row, profile_of

ROLLS: Final = {"PupilsOnRoll": "PupilOnRoll", "PupilsNoLongerOnRoll": "PupilNoLongerOnRoll"}
PUPIL: Final = "pupil"
NOWHERE: Final = -1
# How a value is read, by the catalogue's kind of its item.
TEXT, FLAG, LINE, DATE, COUNT, HOURS = range(6)
_KINDS: Final = {"text": TEXT, "code": TEXT, "flag": FLAG, "line": LINE, "date": DATE, "count": COUNT, "hours": HOURS}
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Target = tuple[str, str, str]  # table, column, kind


@dataclass(frozen=True, slots=True)
class Shape:
    """A profile as arrays, one entry for each place. `name_at` says where in `names` its name begins, and where the
    next one does; `table` is the number of the table a row of which begins there, `target` the number of the column
    that its value belongs to; -1 stands for none. `targets` are the columns, `home` and `kind` their tables and kinds.
    """

    names: Bytes
    name_at: Ints
    parent: Ints
    child: Ints
    sibling: Ints
    table: Ints
    target: Ints
    home: Ints
    kind: Ints
    on_roll: int
    tables: tuple[str, ...]
    targets: tuple[Target, ...]

    @property
    def tree(self) -> tuple[Any, ...]:
        """What a scan walks along."""
        return self.names, self.name_at, self.parent, self.child, self.sibling, self.table, self.target, self.home


@dataclass(slots=True)
class _Draft:
    names: list[bytes] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    children: list[list[int]] = field(default_factory=list)
    table: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    targets: dict[Target, int] = field(default_factory=dict)

    def place(self, name: str, parent: int, *, table: str | None = None, target: Target | None = None) -> int:
        self.names.append(name.encode())
        self.parent.append(parent)
        self.children.append([])
        self.table.append(NOWHERE if table is None else self.tables.setdefault(table, len(self.tables)))
        self.target.append(NOWHERE if target is None else self.targets.setdefault(target, len(self.targets)))
        number = len(self.names) - 1
        if parent != NOWHERE:
            self.children[parent].append(number)
        return number

    def under(self, place: int, children: Mapping[str, Node], table: str) -> None:
        for name, node in children.items():
            if isinstance(node, Leaf):
                self.place(name, place, target=(table, node.column, node.kind))
            elif isinstance(node, Row):
                self.under(self.place(name, place, table=node.table), node.leaves, node.table)
            else:
                self.under(self.place(name, place), node.children, table)


@cache
def shape_of(collection: str) -> Shape:
    """The shape of a collection."""
    profile, draft = profile_of(collection), _Draft()
    block = draft.place("Pupils", NOWHERE)
    pupils: list[int] = []
    for (roll, pupil), shape in zip(ROLLS.items(), (profile.on_roll, profile.off_roll), strict=True):
        pupils.append(draft.place(pupil, draft.place(roll, block), table=PUPIL))
        draft.under(pupils[-1], shape.children, PUPIL)
    return _arrays(draft, pupils[0])


def _arrays(draft: _Draft, on_roll: int) -> Shape:
    if len({(table, column) for table, column, _ in draft.targets}) < len(draft.targets):
        raise TypeError("a column has two kinds")
    child = [inside[0] if inside else NOWHERE for inside in draft.children]
    sibling = [NOWHERE] * len(child)
    for inside in draft.children:
        for one, after in pairwise(inside):
            sibling[one] = after
    ends = np.cumsum([0, *map(len, draft.names)])
    return Shape(
        names=np.frombuffer(b"".join(draft.names), np.uint8), name_at=ends.astype(np.int32),
        parent=_ints(draft.parent), child=_ints(child), sibling=_ints(sibling), table=_ints(draft.table),
        target=_ints(draft.target), home=_ints([draft.tables[table] for table, _, _ in draft.targets]),
        kind=_ints([_KINDS[kind] for _, _, kind in draft.targets]), on_roll=on_roll, tables=tuple(draft.tables),
        targets=tuple(draft.targets),
    )  # fmt: skip


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int32)
