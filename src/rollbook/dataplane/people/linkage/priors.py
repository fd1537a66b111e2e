"""How many of the true pairs agree in a sure rule, estimated from two files of which no answer is known.

A field's agreement among true pairs is read off the pairs that agree in all the other fields: those are one person
nearly always. Errors of different fields are taken as independent, which gives the share of pairs that satisfy at
least one rule. A field that is empty counts as one that disagrees, as it does in a rule.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from math import prod

import duckdb
import pyarrow as pa

# What an estimate may be: a share of zero or one would leave nothing to learn.
_LEAST, _MOST = 0.05, 0.995


def sure_share(
    connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, rules: Sequence[Sequence[str]]
) -> float:
    """The share of true pairs that agree in all columns of at least one of `rules`."""
    columns = sorted({one for rule in rules for one in rule})
    connection.register("prior_l", left)
    connection.register("prior_r", right)
    agree = {one: _agreement(connection, one, [other for other in columns if other != one]) for one in columns}
    connection.unregister("prior_l")
    connection.unregister("prior_r")
    share = sum(
        prod(agree[one] if one in right_ones else 1 - agree[one] for one in columns)
        for right_ones in map(frozenset, _subsets(columns))
        if any(right_ones.issuperset(rule) for rule in rules)
    )
    return min(_MOST, max(_LEAST, share))


def _agreement(connection: duckdb.DuckDBPyConnection, column: str, others: Sequence[str]) -> float:
    """Among pairs equal in `others`, the share equal in `column` too; of each side only who is alone in `others`."""
    names = ", ".join(f'"{one}"' for one in others)
    filled = " AND ".join(f'"{one}" IS NOT NULL' for one in others)
    # Names of columns are the layout's own.
    alone = (
        f'SELECT any_value("{column}") AS said, {names} FROM {{}} WHERE {filled} GROUP BY {names} HAVING count(*) = 1'  # noqa: S608
    )
    one, other = alone.format("prior_l"), alone.format("prior_r")
    rows = connection.execute(
        f"SELECT count(*), count(*) FILTER (l.said = r.said) FROM ({one}) l JOIN ({other}) r USING ({names})"  # noqa: S608
    ).fetchall()
    pairs, same = rows[0]
    # One of each added, so that a file of few pairs never says all or nothing.
    return float((same + 1) / (pairs + 2))


def any_pair(connection: duckdb.DuckDBPyConnection, left: pa.Table, right: pa.Table, columns: Sequence[str]) -> bool:
    """Whether any record of one file equals one of the other in all of `columns`."""
    connection.register("prior_l", left)
    connection.register("prior_r", right)
    names = ", ".join(f'"{one}"' for one in columns)
    rows = connection.execute(f"SELECT 1 FROM prior_l JOIN prior_r USING ({names}) LIMIT 1").fetchall()  # noqa: S608
    connection.unregister("prior_l")
    connection.unregister("prior_r")
    return bool(rows)


def _subsets(columns: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return chain.from_iterable(combinations(columns, size) for size in range(len(columns) + 1))
