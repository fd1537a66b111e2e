"""Looking for people who stand in the records twice: everybody first seen in one collection, beside everybody else.

What is found waits for custodians (`services.people.merging`), the surest first; nothing is joined here. Pairs on the
do-not-link list are dropped before anybody sees them, and a pair somebody has decided is not asked again.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from rollbook.dataplane.people.linkage.engine import Room
from rollbook.dataplane.people.linkage.layout import PUPILS
from rollbook.dataplane.people.linkage.link import link
from rollbook.dataplane.people.linkage.outcomes import Linked
from rollbook.dataplane.people.search import plain
from rollbook.policy.roles import Role
from rollbook.policy.uses import MatchOutcome
from rollbook.records.models.collections import Return
from rollbook.records.models.doubles import Double
from rollbook.records.models.identity import Sighting
from rollbook.services.people.custodians_queue import Pair, put_before_custodians
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import roots
from rollbook.services.platform.people_zone import people_zone

MEMORY_MB = 2048
_COLUMNS = ("id", "forename", "surname", "born", "sex", "postcode")


@dataclass(frozen=True, slots=True)
class Sought:
    """What came of looking: how many of whom, how many pairs of each outcome, how many are new to the custodians."""

    people: int
    others: int
    outcomes: dict[str, int]
    none: int
    errors: int
    new: int


def find_doubles(*, by: Actor, collection: str) -> Sought:
    """Compare those whose first return was in `collection` with all others, and put pairs before the custodians."""
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    with people_zone():
        new, others = _people(collection)
        listed = kept_apart()
    with tempfile.TemporaryDirectory(dir=_room()) as spill:
        found = link(new, others, PUPILS, room=Room(MEMORY_MB, Path(spill)), apart=listed)
    with people_zone():
        asked = _ask(found.linked)
        outcomes = {kind.value: sum(1 for one in found.linked if one.outcome is kind) for kind in MatchOutcome}
        errors = len({*found.errors} & {*new["id"].to_pylist()})
        none = new.num_rows - errors - len({one.left for one in found.linked})
        outcomes.pop(MatchOutcome.NONE.value)
        audit(by, "find-doubles", collection, people=new.num_rows, new=asked, none=none, errors=errors)
    return Sought(new.num_rows, others.num_rows, outcomes, none, errors, asked)


def _people(collection: str) -> tuple[pa.Table, pa.Table]:
    """The latest word on each person, as the two files; a joined key is the person it was joined with."""
    above = roots()
    rows = (
        Sighting.objects.exclude(source__state=Return.REFUSED)
        .order_by("source__received_at", "pk")
        .values_list(
            "person_id", "forename", "surname", "date_of_birth", "sex", "postcode",
            "person__first_return__collection_id",
        )
    )  # fmt: skip
    latest: dict[int, tuple[bool, tuple[Any, ...]]] = {}
    for person, forename, surname, born, sex, postcode, first in rows.iterator():
        key = above.get(person, person)
        told = (str(key), plain(forename), plain(surname), born.isoformat() if born else "", sex, plain(postcode))
        latest[key] = (first == collection, told)
    return _table(row for new, row in latest.values() if new), _table(row for new, row in latest.values() if not new)


def _table(rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    return pa.table(
        {
            name: pa.array([value or None for value in values], pa.string())
            for name, values in zip(_COLUMNS, columns, strict=True)
        }
    )


def _ask(linked: Iterable[Linked]) -> int:
    before = Double.objects.count()
    put_before_custodians(Pair(int(one.left), int(one.right), one.outcome, tuple(one.evidence)) for one in linked)
    return Double.objects.count() - before


def _room() -> Path:
    room: Path = settings.ROLLBOOK.scratch / "linking"
    room.mkdir(mode=0o700, parents=True, exist_ok=True)
    return room
