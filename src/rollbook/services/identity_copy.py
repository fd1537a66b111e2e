"""The rows of the identity zone that an accepted return brings, as columns, written by COPY.

For `services.identity_rows` only, inside the transaction that makes the return accepted and inside the people zone.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from psycopg import sql
from pyarrow import csv

from rollbook.dataplane.census.parsed import ParsedReturn

# Column of the parsed identity table, and the field of a sighting that takes it.
_NAMES: Final = (
    "upn", "former_upn", "uln", "surname", "forename", "middle_names", "preferred_surname", "former_surname", "sex",
)  # fmt: skip
_HOME: Final = {"address": "address_line", "postcode": "postcode", "uprn": "uprn"}


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


def people(keys: Sequence[int], return_id: str) -> pa.Table:
    """New people, and the return that brought them."""
    return pa.table({"key": pa.array(keys, pa.int64()), "first_return_id": pa.repeat(return_id, len(keys))})


def identifiers(scheme: str, given: Mapping[str, tuple[int, str]], return_id: str) -> pa.Table:
    """New identifiers: value to person and standing."""
    count = len(given)
    return pa.table(
        {
            "person_id": pa.array([person for person, _ in given.values()], pa.int64()),
            "scheme": pa.repeat(scheme, count),
            "value": pa.array(given.keys(), pa.string()),
            "standing": pa.array([str(standing) for _, standing in given.values()], pa.string()),
            "source_id": pa.repeat(return_id, count),
        }
    )


def sightings(parsed: ParsedReturn, keys: Mapping[int, int], return_id: str) -> pa.Table:
    """What the return says of each pupil's identity; of several addresses the first."""
    identity, roll, home = (parsed.tables[name] for name in ("identity", "pupil", "address"))
    number: Any = identity["pupil_no"].combine_chunks()
    at_home = pc.index_in(number, home["pupil_no"].combine_chunks())
    return pa.table(
        {
            "person_id": pa.array([keys[one] for one in number.to_pylist()], pa.int64()),
            "source_id": pa.repeat(return_id, len(number)),
            "pupil_no": number,
            "line": identity["line"],
            "on_roll": roll["on_roll"],
            "enrol_status": _text(roll["enrol_status"]),
            "date_of_birth": identity["dob"],
            **{name: _text(identity[name]) for name in _NAMES},
            **{name: _text(home[column].combine_chunks().take(at_home)) for name, column in _HOME.items()},
        }
    )


def _text(column: Any) -> Any:
    return pc.fill_null(column, "")
