"""Two files of which one is too small to learn from: a few leavers, a late child. Nobody is a sure match here.

Agreement is told by the same levels as everywhere. All of first name, surname and birth date the same, and nothing else
quite different: possible, somebody looks. One of the three only close, or the rest against it: noted.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from rollbook.dataplane.people.apart import KeptApart
from rollbook.dataplane.people.linkage.engine import Room
from rollbook.dataplane.people.linkage.layout import LOW, POTENTIAL, Field, Kind, Layout
from rollbook.dataplane.people.linkage.outcomes import Linked, codes, permitted
from rollbook.policy.uses import MatchOutcome

# Two points for each of the three that is the same, one where it is close; five are one short of all the same.
_NOTED, _LOOK = 5, 6


def few(left: pa.Table, right: pa.Table, layout: Layout, room: Room, apart: KeptApart) -> list[Linked]:
    """Who may be whom, at most one each; where two fit alike it is many."""
    if not left.num_rows or not right.num_rows:
        return []
    with room.engine() as connection:
        pairs = permitted(connection, _pairs(connection, left, right, layout), apart)
        rows = connection.execute(f"SELECT * FROM {pairs} ORDER BY id_l, id_r").fetchall()  # noqa: S608
    judged = [(one, other, _points(found, layout), tuple(found)) for one, other, *found in rows]
    return list(_one_to_one([one for one in judged if one[2] >= _NOTED], layout))


def _points(found: Sequence[int], layout: Layout) -> int:
    levels = {field.column: level for field, level in zip(layout.fields, found, strict=True)}
    main = (layout.forename, layout.surname, layout.birth)
    points = sum(max(0, levels[one] - 1) for one in main)
    against = any(level == 0 for column, level in levels.items() if column not in main)
    return points - 1 if against else points


def _one_to_one(judged: list[tuple[str, str, int, tuple[int, ...]]], layout: Layout) -> list[Linked]:
    taken: set[tuple[str, str]] = set()
    made: list[Linked] = []
    for one, other, points, found in sorted(judged, key=lambda each: (-each[2], each[0], each[1])):
        if {("l", one), ("r", other)} & taken:
            continue
        taken |= {("l", one), ("r", other)}
        rival = any(
            (a == one) != (b == other) and strength >= points for a, b, strength, _ in judged if a == one or b == other
        )
        outcome = MatchOutcome.POTENTIAL if points >= _LOOK else MatchOutcome.LOW_CONFIDENCE
        probability = POTENTIAL if points >= _LOOK else LOW
        made.append(Linked(one, other, MatchOutcome.MANY if rival else outcome, probability, codes(found, layout)))
    return made


def _pairs(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, layout: Layout) -> str:
    connection.register("a", left)
    connection.register("b", right)
    levels = ", ".join(f"{_level(one)} AS gamma_{one.column}" for one in layout.fields)
    blocks = " UNION ".join(
        f"SELECT l.id AS id_l, r.id AS id_r FROM a l JOIN b r USING ({', '.join(block)})"  # noqa: S608
        for block in layout.blocks
    )
    connection.execute(
        f"CREATE TABLE few AS SELECT id_l, id_r, {levels} FROM ({blocks}) "  # noqa: S608
        "JOIN a l ON l.id = id_l JOIN b r ON r.id = id_r"
    ).fetchall()
    return "few"


def _level(field: Field) -> str:
    one, other = f"l.{field.column}", f"r.{field.column}"
    near = {
        Kind.NAME: [f"jaro_winkler_similarity({one}, {other}) >= {least}" for least in (0.92, 0.8)],
        Kind.CODE: [f"damerau_levenshtein({one}, {other}) <= {most}" for most in (1, 2)],
        Kind.SORT: [],
    }[field.kind]
    steps = " ".join(f"WHEN {test} THEN {len(near) - place}" for place, test in enumerate(near))
    empty = f"{one} IS NULL OR {other} IS NULL"
    return f"CASE WHEN {empty} THEN -1 WHEN {one} = {other} THEN {len(near) + 1} {steps} ELSE 0 END"
