"""The rows of the identity zone that an accepted return brings, as columns, written by COPY.

For `services.returns.identity_rows` only, inside the transaction that makes the return accepted and inside the people
zone.
"""

from collections.abc import Sequence
from io import BytesIO

import pyarrow as pa
from django.db import connection
from psycopg import sql
from pyarrow import csv


def copy_in(table: str, rows: pa.Table) -> None:
    """Append rows to a table of the identity schema; the columns have the table's own names."""
    if not rows.num_rows:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier("identity", table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(as_csv(rows))


def as_csv(rows: pa.Table) -> bytes:
    """Rows as COPY reads them: an empty text is written as "", an absent value as nothing."""
    written = BytesIO()
    # In one piece: of a table with an empty chunk this writer writes memory that it never filled.
    csv.write_csv(rows.combine_chunks(), written, csv.WriteOptions(include_header=False))
    return written.getvalue()


def people(keys: Sequence[int], sources: Sequence[str]) -> pa.Table:
    """New people, and for each the return that brought them."""
    return pa.table({"key": pa.array(keys, pa.int64()), "first_return_id": pa.array(sources, pa.string())})


def identifiers(
    scheme: str, values: Sequence[str], persons: Sequence[int], standings: Sequence[str], sources: Sequence[str]
) -> pa.Table:
    """New identifiers: each with its person, how it stands and the return that gave it."""
    return pa.table(
        {
            "person_id": pa.array(persons, pa.int64()),
            "scheme": pa.repeat(scheme, len(values)),
            "value": pa.array(values, pa.string()),
            "standing": pa.array(standings, pa.string()),
            "source_id": pa.array(sources, pa.string()),
        }
    )


def sightings(said: pa.Table, keys: Sequence[int], return_id: str) -> pa.Table:
    """What a return says of its pupils' identity (`Prepared.said`), with whose words they are."""
    whose = {"person_id": pa.array(keys, pa.int64()), "source_id": pa.repeat(return_id, len(keys))}
    return pa.table({**whose, **{name: said[name] for name in said.column_names}})
