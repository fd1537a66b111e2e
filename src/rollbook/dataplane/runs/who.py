"""From the pseudonyms of a person table back to person keys, for the differencing audit and nothing else.

Called while the run's data is open, outside the sandbox. No pseudonym leaves with a key: what comes out is a
membership.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from rollbook.dataplane.runs.hostile import PPID
from rollbook.dataplane.runs.memberships import membership
from rollbook.sdc.differencing import Membership


def who_is_where(
    table: pa.Table,
    dimensions: Sequence[str],
    people: Sequence[int],
    pseudonyms: Callable[[Sequence[int]], list[bytes]],
    published: Sequence[tuple[int, ...]],
) -> Membership:
    """Who is in which cell of a person table (columns `ppid` and `dimensions`) of a run over `people`."""
    known = _pairs(b"".join(pseudonyms(people)))
    asked = _pairs(bytes.fromhex("".join(map(str, table[PPID].to_pylist()))))
    order = np.lexsort((known["low"], known["high"]))
    place = np.searchsorted(known[order], asked)
    keys = np.asarray(people, dtype=np.uint32)[order][np.minimum(place, len(order) - 1)]
    if not (known[order][np.minimum(place, len(order) - 1)] == asked).all():
        raise KeyError("a row of somebody who is not in the run")
    columns = [table[name].to_pylist() for name in dimensions]
    labels = list(zip(*columns, strict=True)) if columns else [()] * table.num_rows
    return membership(keys.tolist(), labels, published)


def _pairs(packed: bytes) -> np.ndarray:
    return np.frombuffer(packed, dtype=np.dtype([("high", ">u8"), ("low", ">u8")])).astype(
        [("high", "u8"), ("low", "u8")]
    )
