"""From weighed pairs to an answer for each record: one-to-one, with an outcome and the evidence as codes.

The strongest pair is taken first, and then neither record can be in another: found by taking all pairs that are the
strongest of both their records, again and again. A pair is no sure match while a rival is nearly as strong, nor when
only a twin's name speaks against it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import duckdb
import pyarrow as pa

from rollbook.dataplane.people.apart import NOBODY, KeptApart
from rollbook.dataplane.people.linkage.layout import LOW, MATCH, POTENTIAL, RIVAL_BITS, Kind, Layout
from rollbook.policy.uses import MatchOutcome

_BATCH = 10_000


class Agreement(StrEnum):
    """How a column of two records compares; the end of an evidence code."""

    SAME = "same"
    CLOSE = "close"
    NEAR = "near"
    DIFFERS = "differs"


_LEVELS = {
    Kind.NAME: (Agreement.DIFFERS, Agreement.NEAR, Agreement.CLOSE, Agreement.SAME),
    Kind.CODE: (Agreement.DIFFERS, Agreement.NEAR, Agreement.CLOSE, Agreement.SAME),
    Kind.SORT: (Agreement.DIFFERS, Agreement.SAME),
}


@dataclass(frozen=True, slots=True)
class Linked:
    """Two records that may be one person's. `evidence`: a code for each field both have, no value of either."""

    left: str
    right: str
    outcome: MatchOutcome
    probability: float
    evidence: tuple[str, ...]


def answers(
    connection: duckdb.DuckDBPyConnection, pairs: str, layout: Layout, apart: KeptApart = NOBODY
) -> Iterator[Linked]:
    """The pairs that stand, of the table `engine.weigh` made; none that is kept apart, nor in another's way."""
    pairs = permitted(connection, pairs, apart)
    chosen = _one_to_one(connection, pairs)
    gammas = ", ".join(f"p.gamma_{one.column}" for one in layout.fields)
    # Names of columns and tables are the layout's and Splink's own.
    rows = connection.cursor().execute(
        f"SELECT c.id_l, c.id_r, c.match_probability, c.rival, {gammas} "  # noqa: S608
        f"FROM {chosen} c JOIN {pairs} p USING (id_l, id_r)"
    )
    # Few patterns of agreement, many pairs: each is put into words once.
    seen: dict[tuple[int, ...], tuple[tuple[str, ...], bool]] = {}
    while batch := rows.fetchmany(_BATCH):
        for left, right, probability, rival, *levels in batch:
            found = tuple(levels)
            if found not in seen:
                seen[found] = (codes(found, layout), _may_be_twins(found, layout))
            evidence, twins = seen[found]
            yield Linked(left, right, _outcome(probability, rival, twins), probability, evidence)


def permitted(connection: duckdb.DuckDBPyConnection, pairs: str, apart: KeptApart) -> str:
    """The table of pairs without those that are kept apart."""
    if not apart.pairs:
        return pairs
    both = [pair for one in apart.pairs if len(one) == 2 for pair in (sorted(one), sorted(one, reverse=True))]
    columns = {name: pa.array([str(pair[place]) for pair in both]) for place, name in enumerate(("id_l", "id_r"))}
    connection.register("apart", pa.table(columns))
    connection.execute(
        f"CREATE OR REPLACE TABLE permitted AS FROM {pairs} ANTI JOIN apart USING (id_l, id_r)"
    ).fetchall()
    return "permitted"


def _one_to_one(connection: duckdb.DuckDBPyConnection, pairs: str) -> str:
    """The table of chosen pairs, each with whether a rival comes near."""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE free AS
        SELECT id_l, id_r, match_probability, match_weight,
               greatest(coalesce(second_l, -1e9), coalesce(second_r, -1e9)) > match_weight - {RIVAL_BITS} AS rival
        FROM (SELECT *,
            -- The strongest other pair of either record.
            CASE WHEN row_number() OVER l = 1 THEN lead(match_weight) OVER l
                 ELSE first(match_weight) OVER l END AS second_l,
            CASE WHEN row_number() OVER r = 1 THEN lead(match_weight) OVER r
                 ELSE first(match_weight) OVER r END AS second_r
            FROM {pairs}
            WINDOW l AS (PARTITION BY id_l ORDER BY match_weight DESC, id_r),
                   r AS (PARTITION BY id_r ORDER BY match_weight DESC, id_l))
        """  # noqa: S608
    ).fetchall()
    connection.execute("CREATE OR REPLACE TABLE chosen AS FROM free LIMIT 0").fetchall()
    while _take_best(connection):
        pass
    return "chosen"


def _take_best(connection: duckdb.DuckDBPyConnection) -> bool:
    connection.execute(
        """
        CREATE OR REPLACE TABLE best AS
        SELECT id_l, id_r, match_probability, match_weight, rival FROM free
        QUALIFY row_number() OVER (PARTITION BY id_l ORDER BY match_weight DESC, id_r) = 1
            AND row_number() OVER (PARTITION BY id_r ORDER BY match_weight DESC, id_l) = 1
        """
    ).fetchall()
    connection.execute("INSERT INTO chosen FROM best").fetchall()
    connection.execute(
        """
        CREATE OR REPLACE TABLE free AS
        FROM free WHERE id_l NOT IN (SELECT id_l FROM best) AND id_r NOT IN (SELECT id_r FROM best)
        """
    ).fetchall()
    left = connection.execute("SELECT (SELECT count(*) FROM best) > 0 AND (SELECT count(*) FROM free) > 0").fetchone()
    return bool(left and left[0])


def _outcome(probability: float, rival: bool, twins: bool) -> MatchOutcome:
    if probability < LOW:
        return MatchOutcome.NONE
    if probability < POTENTIAL:
        return MatchOutcome.LOW_CONFIDENCE
    if rival:
        return MatchOutcome.MANY
    if probability < MATCH or twins:
        return MatchOutcome.POTENTIAL
    return MatchOutcome.MATCH


def _may_be_twins(found: tuple[int, ...], layout: Layout) -> bool:
    evidence = codes(found, layout)
    same = {f"{layout.surname}-same", f"{layout.birth}-same"}
    return layout.twins and f"{layout.forename}-differs" in evidence and same <= {*evidence}


def codes(found: Sequence[int], layout: Layout) -> tuple[str, ...]:
    """The evidence of a pair by the level of agreement of each field; below zero, one of them does not have it."""
    return tuple(
        f"{field.column}-{_LEVELS[field.kind][level]}"
        for field, level in zip(layout.fields, found, strict=True)
        if level >= 0
    )
