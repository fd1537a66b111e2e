"""Differencing: what a new table tells together with each table released before it.

Published figures can be added up and taken from one another. Whatever cells of a new table somebody adds up, and
whatever cells of a released one, the people in one of the two sums and not in the other must be nobody or at least
`threshold` people. That covers, without exception:

- `near`: a cell beside a cell; the same table a year or a refresh apart, one of another shape, a subset that another
  project published;
- `rest`: a cell less any cells of the other table: a total minus its parts;
- `union`: any cells together less any cells together.

Somebody who is in both sums and adds another amount to each of them (a value changed between two sums) is told by
their difference as one who is in one alone. Where people add nothing to a sum, all this holds without them too.

Not covered, and so left to the checkers: differences that need three tables or more (of one release each), values that
a study changed by a rule that the asker knows (all of them doubled, and one trebled), a difference of enough people
one of whom outweighs the rest, and what is known from outside.

How: people are nodes' ties. Each cell is a node, and so is everything outside a table; a person ties the two cells
they are in. Two sums that differ by few people are a cut of few ties (`rollbook.sdc.cuts`). A cut only grows with each
person looked at, so tables are read block by block (`rollbook.sdc.membership`) until no small cut can be left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rollbook.sdc.cuts import Graph, contracted, groups, small_cuts
from rollbook.sdc.membership import SMALL, STEPS, Face, Kept, Membership, Numbers, Rows, bits, outline, stratum

_DENSE = 16  # joint counts are one array where it is at most so many times as long as the rows
_FEW = 5_000  # ties that are still worth a close look before the next block is read


@dataclass(frozen=True, slots=True)
class Isolated:
    """A difference that would show too few people: `people` of them, between these groups of the new table, added up,
    and these of the released one. `kind` is `near`, `rest` or `union`.
    """

    kind: str
    new_groups: tuple[int, ...]
    released_groups: tuple[int, ...]
    people: int


class Auditor:
    """One new table, ready to be held against many released ones; no call changes it, so threads may share it."""

    def __init__(self, new: Membership, threshold: int) -> None:
        self._outline, self._threshold = outline(new), threshold
        self._views = [_View(new.rows, new.count)]
        if len(self._outline.faces) > 1:
            self._views.append(_View(new.rows.adding, new.count))

    def against(self, released: Kept) -> Iterator[Isolated]:
        """Differences between the new table and this one that show 1 to threshold - 1 people: some if and only if
        there are any.
        """
        about = released.outline
        compared = [
            _Compared(
                self._views[min(number, len(self._views) - 1)],
                _Shown.of(self._outline.parts, self._outline.faces, number, self._threshold),
                _Shown.of(about.parts, about.faces, number, self._threshold),
                self._threshold,
            )
            for number in range(max(len(about.faces), len(self._views)))
        ]
        rows = [released.block(0)]
        for step in range(1, STEPS + 1):
            rows.append(released.block(step))
            compared = [one for one in compared if not one.settled(rows, step)]
            if not compared:
                return
        for one in compared:
            yield from one.found(rows)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One side of a comparison: the ways to part it, without groups of too few people, for those show nothing."""

    parts: tuple[Numbers, ...]
    face: Face
    without: bool
    large: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, parts: Sequence[Numbers], faces: Sequence[Face], number: int, threshold: int) -> "_Shown":
        face = faces[min(number, len(faces) - 1)]
        kept = []
        for part in parts:
            told = part >= 0
            sizes = np.bincount(part[told], face.sizes[told], minlength=len(part) + 1)
            kept.append(np.where(told & (sizes[part] >= threshold), part, -1))
        return cls(tuple(kept), face, number > 0, faces[0].sizes >= SMALL)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was counted of the people read so far: twice the people (`ties`) of each pair of inner cells (the last
    number of each is outside), and how many of them add another amount (`changed`). `known` is how many people of each
    new cell are in it.
    """

    new: Numbers
    released: Numbers
    ties: Numbers
    changed: Numbers
    known: Numbers


class _View:
    """The new table's people, to be looked up by key."""

    def __init__(self, rows: Rows, count: int) -> None:
        self._count, self._first = count, int(rows.people[0]) if len(rows.people) else 0
        span = int(rows.people[-1]) - self._first + 1 if len(rows.people) else 0
        place = rows.people - np.uint32(self._first)
        # The cell of each key of the stretch; the last place stands for whoever is not in the table.
        self._cell_of = np.full(span + 1, count, dtype=np.int32)
        self._cell_of[place] = rows.cells
        self._bits_of = np.full(span + 1, bits(None, 1)[0]) if rows.amounts is not None else None
        if self._bits_of is not None:
            self._bits_of[place] = bits(rows.amounts, len(place))
        drawn = stratum(rows.people).astype(np.int64) * count + rows.cells
        counts = np.bincount(drawn, minlength=(STEPS + 1) * count).reshape(STEPS + 1, count)
        self._drawn = np.cumsum(counts, axis=0)

    def read(self, rows: Sequence[Rows], inner: int, step: int) -> _Seen:
        """Count the people of the blocks read so far: block 0, and the lot drawn up to this step."""
        found = [self._of(one) for one in rows]
        cells = np.concatenate([one for one, _ in found])
        code = cells * inner + np.concatenate([one.cells for one in rows])
        bins = (self._count + 1) * inner
        pairs, often = _counted(code, bins)
        changed = np.zeros(len(pairs), np.int64)
        if any(differ is not None for _, differ in found):
            others, times = _counted(code[np.concatenate([differ for _, differ in found if differ is not None])], bins)
            changed[np.searchsorted(pairs, others)] = times
        # Of the lot, those of the new table who are not in the released one; of small cells more than the lot is read.
        late = stratum(rows[0].people) > step
        more = np.bincount(found[0][0][late], minlength=self._count + 1)[:-1]
        alone = self._drawn[step] - np.bincount(cells, minlength=self._count + 1)[:-1] + more
        outside = np.flatnonzero(alone)
        return _Seen(
            np.concatenate([pairs // inner, outside]),
            np.concatenate([pairs % inner, np.full(len(outside), inner)]),
            2 * np.concatenate([often, alone[outside]]),
            np.concatenate([changed, np.zeros(len(outside), np.int64)]),
            self._drawn[step] + more,
        )

    def _of(self, rows: Rows) -> tuple[Numbers, npt.NDArray[np.bool_] | None]:
        """The new table's cell of each row, and whether the row's amount differs there."""
        # Below the first key the difference wraps round to a large number, so the last place stands for both sides.
        place = np.minimum(rows.people - np.uint32(self._first), np.uint32(len(self._cell_of) - 1))
        cells = self._cell_of[place].astype(np.int64)
        if self._bits_of is None and rows.amounts is None:
            return cells, np.zeros(len(cells), bool)
        ours = bits(None, len(cells)) if self._bits_of is None else self._bits_of[place]
        return cells, (ours != bits(rows.amounts, len(cells))) & (cells < self._count)


@dataclass
class _Compared:
    """A new and a released table beside each other; `left` are the pairs of ways to part them not yet settled."""

    view: _View
    new: _Shown
    released: _Shown
    threshold: int

    def __post_init__(self) -> None:
        self.left = [(ours, theirs) for ours in self.new.parts for theirs in self.released.parts]

    def settled(self, rows: Sequence[Rows], step: int) -> bool:
        """Whether no small cut can be left, whoever is in the blocks that were not read."""
        seen = self._read(rows, step)
        self.left = [pair for pair in self.left if not self._settles(*pair, seen)]
        return not self.left

    def found(self, rows: Sequence[Rows]) -> Iterator[Isolated]:
        """The small cuts, from all the people."""
        seen = self._read(rows, STEPS)
        for ours, theirs in self.left:
            graph, outside = self._graph(ours, theirs, seen), _nodes(ours) + _nodes(theirs)
            for inside, ties in small_cuts(graph, 2 * self.threshold):
                sums = ~inside if inside[outside] else inside
                mine = tuple(np.flatnonzero(sums[: _nodes(ours)]).tolist())
                other = tuple(np.flatnonzero(sums[_nodes(ours) : outside]).tolist())
                least, most = sorted((len(mine), len(other)))
                yield Isolated("near" if most == 1 else "rest" if least == 1 else "union", mine, other, ties // 2)

    def _read(self, rows: Sequence[Rows], step: int) -> _Seen:
        some = [one.adding if self.new.without else one for one in rows]
        return self.view.read(some, len(self.released.face.sizes), step)

    def _graph(self, ours: Numbers, theirs: Numbers, seen: _Seen) -> Graph:
        """Groups of the new table, then those of the released one, then outside; twice the people as ties.

        A person who adds another amount there is told by a sum with either group: half a tie to each, half between.
        """
        one, two, outside = _node(ours, 0, seen.new), _node(theirs, _nodes(ours), seen.released), _nodes(ours)
        outside += _nodes(theirs)
        one, two = np.where(one < 0, outside, one), np.where(two < 0, outside, two)
        graph = Graph(outside + 1, one, two, seen.ties - seen.changed)
        if seen.changed.any():
            far = np.full(len(one), outside)
            graph = graph.plus(one, far, seen.changed).plus(two, far, seen.changed)
        return graph.joined(np.arange(outside + 1))

    def _settles(self, ours: Numbers, theirs: Numbers, seen: _Seen) -> bool:
        limit, outside = 2 * self.threshold, _nodes(ours) + _nodes(theirs)
        graph, to = contracted(self._graph(ours, theirs, seen), limit)
        homes = set(to[np.where(theirs < 0, outside, _nodes(ours) + theirs)[self.released.large]].tolist())
        if not self._same_people(ours, theirs):
            homes.add(int(to[outside]))
        if len(homes) == 1:
            # Whoever was not read is in large cells of the released table or outside it, and those are one node.
            cells = np.flatnonzero(ours >= 0)
            unread = 2 * (self.new.face.sizes - seen.known)[cells]
            graph = graph.plus(to[ours[cells]], np.full(len(cells), homes.pop()), unread)
            graph, more = contracted(graph.joined(np.arange(graph.nodes)), limit)
            to = more[to]
        if len(graph.weight) > _FEW:
            return False
        apart = groups(graph.nodes, graph.one, graph.two)
        closed = self._closed(ours, theirs, apart[to])
        closed[apart[to[outside]]] = True
        return bool(closed.all()) and next(small_cuts(graph, limit), None) is None

    def _same_people(self, ours: Numbers, theirs: Numbers) -> bool:
        told = (ours >= 0).all() and (theirs >= 0).all()
        return bool(told and (self.new.face.prints.sum(axis=0) == self.released.face.prints.sum(axis=0)).all())

    def _closed(self, ours: Numbers, theirs: Numbers, group_of: Numbers) -> npt.NDArray[np.bool_]:
        """For each group of nodes whether the same people are in its cells of both tables, adding the same."""
        left = np.zeros((int(group_of.max()) + 1, self.new.face.prints.shape[1]), np.int64)
        for part, shown, start, sign in ((ours, self.new, 0, 1), (theirs, self.released, _nodes(ours), -1)):
            cells = np.flatnonzero(part >= 0)
            np.add.at(left, group_of[start + part[cells]], sign * shown.face.prints[cells])
        same: npt.NDArray[np.bool_] = (left == 0).all(axis=1)
        return same


def _nodes(part: Numbers) -> int:
    return int(part.max(initial=-1)) + 1


def _node(part: Numbers, start: int, cells: Numbers) -> Numbers:
    """The node of each inner cell, -1 for outside."""
    group = np.append(part, -1)[cells]
    return np.where(group < 0, -1, group + start)


def _counted(code: Numbers, bins: int) -> tuple[Numbers, Numbers]:
    """The numbers in `code`, ascending, and how often each comes."""
    if bins <= _DENSE * len(code):
        counts = np.bincount(code, minlength=bins)
        pairs = np.flatnonzero(counts)
        return pairs, counts[pairs]
    pairs, counts = np.unique(code, return_counts=True)
    return pairs, counts
