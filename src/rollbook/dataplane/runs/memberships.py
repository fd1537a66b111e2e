"""The bytes of a membership: who is in which cell of a released table, kept to audit later tables against it.

Ascending person keys differ by little and cells repeat, so Parquet with difference coding and zstd takes a few bytes
for each person. The bytes leave this module only to be encrypted.
"""

import io
import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.sdc.differencing import Membership, as_data, from_data, levels_of

_ABOUT = b"rollbook/membership@v1"


def membership(
    people: Sequence[int], rows: Sequence[tuple[str, ...]], published: Sequence[tuple[int, ...]]
) -> Membership:
    """The membership of a table from one row for each person and inner cell: person key and labels."""
    labels = sorted(set(rows))
    number = {label: place for place, label in enumerate(labels)}
    keys = np.asarray(people, dtype=np.uint32)
    cells = np.fromiter((number[row] for row in rows), dtype=np.uint32, count=len(rows))
    pairs = np.unique(keys.astype(np.uint64) << np.uint64(32) | cells)
    return Membership(
        (pairs >> np.uint64(32)).astype(np.uint32),
        (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32),
        len(labels),
        levels_of(labels, published),
    )


def encode(table: Membership) -> bytes:
    """The membership as bytes."""
    about = json.dumps({"count": table.count, "levels": as_data(table.levels)}).encode()
    schema = pa.schema([("person", pa.int64()), ("cell", pa.uint32())], metadata={_ABOUT: about})
    columns = [pa.array(table.people.astype(np.int64)), pa.array(table.cells)]
    written = io.BytesIO()
    pq.write_table(
        pa.table(columns, schema=schema), written, compression="zstd", use_dictionary=["cell"],  # type: ignore[arg-type]  # the stubs know only a flag
        column_encoding={"person": "DELTA_BINARY_PACKED"}, write_statistics=False,
    )  # fmt: skip
    return written.getvalue()


def decode(stored: bytes) -> Membership:
    """The membership that `encode` was given.

    Raises:
        StateBroken: the bytes are no membership.
    """
    try:
        table = pq.read_table(io.BytesIO(stored))
        about = json.loads((table.schema.metadata or {})[_ABOUT])
        people = table["person"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.uint32)
        cells = table["cell"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.uint32)
        return Membership(people, cells, int(about["count"]), from_data(about["levels"]))
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        reason = Reason("membership-broken", "A membership file does not read", mend="Restore it from a backup.")
        raise StateBroken(reason) from error
