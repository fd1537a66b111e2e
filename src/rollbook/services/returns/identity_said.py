"""What accepted returns said of their pupils' numbers and names, as a table for the rules of `landed_check`.

The rows stay in memory for one pass. They name nobody by person key: the pupil's number in the return stands for it.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

import pyarrow as pa

from rollbook.dataplane.store.rule_passes import IDENTITY_SCHEMA
from rollbook.records.models.identity import Sighting
from rollbook.services.platform.people_zone import people_zone

_TEXTS: Final = ("upn", "former_upn", "uln", "surname", "forename")


def said_of(return_ids: Collection[UUID]) -> pa.Table:
    """A row for each pupil of these returns. The zone keeps an absent text as an empty one; here it is absent again."""
    with people_zone():
        rows = list(
            Sighting.objects.filter(source_id__in=return_ids).order_by("pk").values_list(
                "source_id", "pupil_no", "pupil_no", "line", *_TEXTS
            )
        )  # fmt: skip
    columns = list(zip(*rows, strict=True)) or [()] * len(IDENTITY_SCHEMA)
    plain = [[str(one) for one in columns[0]], *columns[1:4], *([one or None for one in some] for some in columns[4:])]
    return pa.table(dict(zip(IDENTITY_SCHEMA.names, plain, strict=True)), schema=IDENTITY_SCHEMA)
