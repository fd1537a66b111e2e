"""Two files linked without an identifier, in bounded memory: first those born in the same year, year by year, and then
whoever is left, whose birth year may be wrong in one of the files, in parts by the beginning of the surname.

What is learnt is learnt once, from the largest part, and used for all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.dataplane.people.apart import NOBODY, KeptApart
from rollbook.dataplane.people.linkage.alike import alike
from rollbook.dataplane.people.linkage.engine import ROOM, Model, Room, learn, weigh
from rollbook.dataplane.people.linkage.few import few
from rollbook.dataplane.people.linkage.layout import Layout
from rollbook.dataplane.people.linkage.outcomes import Linked, answers
from rollbook.policy.uses import MatchOutcome

# Records of one side that are compared at once; years are taken together up to this many.
PART = 250_000
# Fewer records than this teach nothing; what such files have in common is for people to look at.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Linking:
    """What stays the same over all parts of the work."""

    layout: Layout
    room: Room
    apart: KeptApart
    part: int


@dataclass(slots=True)
class Linkage:
    """The pairs, and the records that could not be compared, because too much of name and birth date is missing."""

    linked: list[Linked] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def link(
    left: pa.Table,
    right: pa.Table,
    layout: Layout,
    *,
    part: int = PART,
    room: Room = ROOM,
    apart: KeptApart = NOBODY,
) -> Linkage:
    """Who of `left` may be who of `right`, at most one each. Records of neither list have the outcome none.

    `apart` names records, by their ids as numbers, that are never linked: they are out before anything is weighed.
    """
    made = Linkage()
    sealed = [str(one) for one in apart.sealed]
    left, right = (_without(_comparable(one, layout, made.errors), sealed) for one in (left, right))
    work = Linking(layout, room, apart, part)
    if min(left.num_rows, right.num_rows) < FEWEST:
        made.linked = few(left, right, layout, room, apart)
        return made
    parts = list(_parts(left, right, (layout.birth, 4), part))
    with room.engine() as connection:
        model = learn(connection, *max(parts, key=lambda one: min(one[0].num_rows, one[1].num_rows)), layout)
    made.linked = [one for each in parts for one in _linked(*each, model, work)]
    if len(parts) > 1:
        _add_rest(made, left, right, model, work)
    return made


def _linked(left: pa.Table, right: pa.Table, model: Model, work: Linking) -> list[Linked]:
    """One part: who is the same in everything, and of the rest whoever the model finds."""
    same = alike(left, right, work.layout, work.room, work.apart)
    left, right = _without(left, [one.left for one in same]), _without(right, [one.right for one in same])
    return [*same, *_weighed(left, right, model, work)]


def _add_rest(made: Linkage, left: pa.Table, right: pa.Table, model: Model, work: Linking) -> None:
    """Compare anew who has no sure match, without regard to the birth year."""
    layout, part = work.layout, work.part
    sure = [one for one in made.linked if one.outcome is MatchOutcome.MATCH]
    rest = _without(left, [one.left for one in sure]), _without(right, [one.right for one in sure])
    parts = _parts(*rest, (layout.surname, 3), part)
    found = [one for each in parts for one in _weighed(*each, model, work)]
    taken = {record for one in found for record in (("l", one.left), ("r", one.right))}
    earlier = [
        one
        for one in made.linked
        if one.outcome is not MatchOutcome.MATCH and not {("l", one.left), ("r", one.right)} & taken
    ]
    made.linked = [*sure, *earlier, *found]


def _weighed(left: pa.Table, right: pa.Table, model: Model, work: Linking) -> list[Linked]:
    if not left.num_rows or not right.num_rows:
        return []
    with work.room.engine() as connection:
        return list(answers(connection, weigh(connection, left, right, model), work.layout, work.apart))


def _comparable(records: pa.Table, layout: Layout, errors: list[str]) -> pa.Table:
    # Two of birth date, first name and surname: with fewer there is nobody to find.
    born, forename, surname = (pc.is_valid(records[one]) for one in (layout.birth, layout.forename, layout.surname))
    known = pc.or_(pc.and_(born, pc.or_(forename, surname)), pc.and_(forename, surname))
    errors += [str(one) for one in records.filter(pc.invert(known))["id"].to_pylist()]
    return records.filter(known)


def _parts(left: pa.Table, right: pa.Table, by: tuple[str, int], part: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Two files in parts of neighbouring values of the first letters of a column; one part if they fit."""
    if max(left.num_rows, right.num_rows) <= part:
        yield left, right
        return
    column, length = by
    starts: list[Any] = [pc.utf8_slice_codeunits(one[column], 0, length) for one in (left, right)]
    counts: Counter[str] = Counter()
    for side in starts:
        for one in pc.value_counts(side).to_pylist():
            counts[one["values"] or ""] = max(counts[one["values"] or ""], one["counts"])
    for group in _groups(counts, part):
        # The empty word stands for those who have no value there.
        wanted = pa.array([one or None for one in group], pa.string())
        yield left.filter(pc.is_in(starts[0], value_set=wanted)), right.filter(pc.is_in(starts[1], value_set=wanted))


def _groups(counts: Mapping[str, int], part: int) -> Iterator[list[str]]:
    group: list[str] = []
    for start in sorted(counts):
        if group and sum(counts[one] for one in [*group, start]) > part:
            yield group
            group = []
        group.append(start)
    yield group


def _without(records: pa.Table, ids: Sequence[str]) -> pa.Table:
    return records.filter(pc.invert(pc.is_in(records["id"], value_set=pa.array(ids, pa.string()))))
