"""Pairs that are the same in every field and alike to nobody else: no model is needed to see that they are one person.

They are most of two good files, and taking them out first halves the work. The model would say the same of them: a
rival differs in at least one field, and each costs more than the bits that make a rival.
"""

import duckdb
import pyarrow as pa

from rollbook.dataplane.people.apart import KeptApart
from rollbook.dataplane.people.linkage.engine import Room
from rollbook.dataplane.people.linkage.layout import Layout
from rollbook.dataplane.people.linkage.outcomes import Agreement, Linked, permitted
from rollbook.policy.uses import MatchOutcome


def alike(left: pa.Table, right: pa.Table, layout: Layout, room: Room, apart: KeptApart) -> list[Linked]:
    """The pairs; a record with an empty field is in none."""
    evidence = tuple(f"{one.column}-{Agreement.SAME}" for one in layout.fields)
    with room.engine() as connection:
        _pair(connection, left, right, [one.column for one in layout.fields])
        pairs = permitted(connection, "same", apart)
        found = connection.sql(f"SELECT id_l, id_r FROM {pairs}").to_arrow_table()  # noqa: S608
    return [
        Linked(one, other, MatchOutcome.MATCH, 1.0, evidence)
        for one, other in zip(found["id_l"].to_pylist(), found["id_r"].to_pylist(), strict=True)
    ]


def _pair(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, columns: list[str]) -> None:
    connection.register("a", left)
    connection.register("b", right)
    names = ", ".join(f'"{one}"' for one in columns)
    filled = " AND ".join(f'"{one}" IS NOT NULL' for one in columns)
    # Names of columns are the layout's own.
    alone = f"SELECT any_value(id) AS id, {names} FROM {{}} WHERE {filled} GROUP BY {names} HAVING count(*) = 1"  # noqa: S608
    one, other = alone.format("a"), alone.format("b")
    connection.execute(
        f"CREATE TABLE same AS SELECT l.id AS id_l, r.id AS id_r FROM ({one}) l JOIN ({other}) r USING ({names})"  # noqa: S608
    ).fetchall()
