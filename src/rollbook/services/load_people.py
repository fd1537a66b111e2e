"""Whom the rows of a loaded collection are about: people known by their UPN, or keys of the collection's own.

A number of the collection's own leads to nobody elsewhere: it never meets another collection's numbers, a UPN, a name
or the search for doubles. For `services.loading` only, under its lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from rollbook.dataplane.collections.mapping import CollectionMapping, PupilBy
from rollbook.dataplane.collections.source import SourceTable
from rollbook.dataplane.collections.translate import Issue, numbered
from rollbook.dataplane.people.matching import Standing
from rollbook.records.models.identity import Identifier, ListedPupil
from rollbook.services import identity_copy
from rollbook.services.identity_rows import UPN, give_keys
from rollbook.services.one_person import roots
from rollbook.services.people_zone import people_zone

_NO_LONGER = "This number is a former one, or one that no return gave as a pupil's own"
Number = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """The pupil of each row by number and occurrence, the keys of those that are known, and what stands against it."""

    rows: tuple[Number, ...]
    known: Mapping[Number, int]
    listed: frozenset[Number]
    issues: tuple[Issue, ...]

    @property
    def new(self) -> tuple[Number, ...]:
        """The pupils without a key, in order of their first row."""
        return tuple(one for one in dict.fromkeys(self.rows) if one not in self.known)


@dataclass(frozen=True, slots=True)
class Keyed:
    """The key of each row, and of each pupil that is new to the collection or to Rollbook."""

    rows: tuple[int, ...]
    keys: Mapping[Number, int]
    new: tuple[Number, ...]
    unlisted: tuple[Number, ...]


def look_up(source: SourceTable, mapping: CollectionMapping) -> Listed:
    """Who is known among the pupils of a source without issues."""
    rows = _numbers(source, mapping)
    with people_zone():
        listed = {
            (number, place): person
            for number, place, person in ListedPupil.objects.filter(collection_id=mapping.code).values_list(
                "number", "occurrence", "person_id"
            )
        }
    if mapping.pupil_by is not PupilBy.UPN:
        return Listed(rows, listed, frozenset(listed), ())
    known, issues = _by_upn(rows, source, mapping)
    return Listed(rows, known, frozenset(listed), tuple(issues))


def _numbers(source: SourceTable, mapping: CollectionMapping) -> tuple[Number, ...]:
    if mapping.pupil_by is PupilBy.NONE:
        return tuple(("", row) for row in range(source.rows))
    columns = (source.columns[name].to_pylist() for name in mapping.pupil_columns)
    keys = [tuple(str(one) for one in key) for key in zip(*columns, strict=True)]
    places = [place for _, place in numbered(keys)] if mapping.apart else [0] * len(keys)
    # A unit separator cannot stand in a trimmed value of a CSV line by accident and join two numbers into one.
    return tuple(("\x1f".join(key), place) for key, place in zip(keys, places, strict=True))


def _by_upn(
    rows: Sequence[Number], source: SourceTable, mapping: CollectionMapping
) -> tuple[dict[Number, int], list[Issue]]:
    with people_zone():
        found = Identifier.objects.filter(scheme=UPN, value__in={number for number, _ in rows}).order_by("pk")
        held = {
            value: (person, standing) for value, person, standing in found.values_list("value", "person_id", "standing")
        }
    above = roots()
    known = {
        (upn, 0): above.get(person, person) for upn, (person, standing) in held.items() if standing == Standing.CURRENT
    }
    doubtful = {upn for upn, (_, standing) in held.items() if standing != Standing.CURRENT}
    mend = "Give the pupil's present number."
    issues = [
        Issue("upn-former", _NO_LONGER, mend, mapping.pupil_columns[0], place + source.first_line)
        for place, (upn, _) in enumerate(rows)
        if upn in doubtful
    ]
    return known, issues


def with_keys(found: Listed, mapping: CollectionMapping) -> Keyed:
    """Keys for everybody; new ones are given out in a transaction of its own, before anything lands."""
    new = found.new
    keys = {**found.known, **dict(zip(new, give_keys([None] * len(new)), strict=True))}
    everyone = dict.fromkeys(found.rows)
    unlisted = () if mapping.pupil_by is PupilBy.NONE else tuple(one for one in everyone if one not in found.listed)
    return Keyed(tuple(keys[one] for one in found.rows), keys, new, unlisted)


def write_people(keyed: Keyed, mapping: CollectionMapping) -> None:
    """Write people, their UPNs and the collection's list; inside the transaction that makes the load accepted."""
    fresh = [keyed.keys[one] for one in keyed.new]
    with people_zone():
        identity_copy.copy_in("person", pa.table({"key": pa.array(fresh, pa.int64())}))
        if mapping.pupil_by is PupilBy.UPN:
            Identifier.objects.bulk_create(
                Identifier(person_id=keyed.keys[upn, 0], scheme=UPN, value=upn, standing=Standing.CURRENT)
                for upn, _ in keyed.new
            )
        identity_copy.copy_in("listed_pupil", _list(keyed, mapping.code))


def _list(keyed: Keyed, code: str) -> pa.Table:
    return pa.table(
        {
            "collection_id": pa.repeat(code, len(keyed.unlisted)),
            "number": pa.array([number for number, _ in keyed.unlisted], pa.string()),
            "occurrence": pa.array([place for _, place in keyed.unlisted], pa.int32()),
            "person_id": pa.array([keyed.keys[one] for one in keyed.unlisted], pa.int64()),
        }
    )
