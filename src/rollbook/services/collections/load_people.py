"""Whom the rows of a loaded collection are about: people known by their UPN, or keys of the collection's own.

A number of the collection's own leads to nobody elsewhere: it never meets another collection's numbers, a UPN, a name
or the search for doubles. For `services.collections.loading` only, under its lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from rollbook.dataplane.collections.mapping import CollectionMapping, PupilBy
from rollbook.dataplane.collections.source import SourceTable
from rollbook.dataplane.collections.translate import Issue, numbered
from rollbook.dataplane.people.matching import Known, Standing
from rollbook.records.models.identity import Identifier, ListedPupil
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import identity_copy
from rollbook.services.returns.identity_rows import UPN, give_keys, known_upns

# So many numbers are looked up at once: a national file has more than one statement should hold.
_CHUNK = 100_000
_NO_LONGER = (
    "upn-former",
    "This number is a former one, or one that no return gave as a pupil's own",
    "Give the pupil's present number, or map a column of birth dates, which must agree.",
)
_OF_TWO = (
    "upn-of-two",
    "This number was given to two children, and the file does not show which of them is meant",
    "Map a column of birth dates, or give the number that is the pupil's own today.",
)
Number = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """The pupil of each row by number and occurrence, the keys of those that are known, what the collection's list has
    already, and what stands against it."""

    rows: tuple[Number, ...]
    known: Mapping[Number, int]
    listed: Mapping[Number, int]
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
    unlisted: Mapping[Number, int]


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
        return Listed(rows, listed, listed, ())
    known, issues = _by_upn(rows, source, mapping)
    return Listed(rows, known, listed, tuple(issues))


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
    births = _births(rows, source, mapping)
    known: dict[Number, int] = {}
    doubtful: dict[str, tuple[str, str, str]] = {}
    numbers = list(births)
    for start in range(0, len(numbers), _CHUNK):
        for upn, held in known_upns(numbers[start : start + _CHUNK]).items():
            person = _meant(held, births[upn])
            if person is None:
                doubtful[upn] = _OF_TWO if held.rivals else _NO_LONGER
            else:
                known[upn, 0] = person
    field = mapping.pupil_columns[0]
    issues = [
        Issue(code, message, mend, field, place + source.first_line)
        for place, (upn, _) in enumerate(rows)
        if upn in doubtful
        for code, message, mend in (doubtful[upn],)
    ]
    return known, issues


def _births(rows: Sequence[Number], source: SourceTable, mapping: CollectionMapping) -> dict[str, frozenset[str]]:
    """The birth dates the file gives with each number, as texts; none where the mapping has no such column."""
    column = next((one.column for one in mapping.fields if one.item.id == "date-of-birth"), None)
    texts = source.columns[column].to_pylist() if column else [None] * len(rows)
    births: dict[str, set[str]] = {}
    for (upn, _), born in zip(rows, texts, strict=True):
        births.setdefault(upn, set()).update([born] if born else [])
    return {upn: frozenset(days) for upn, days in births.items()}


def _meant(held: Known, births: frozenset[str]) -> int | None:
    """Whose a number is. One in force leads to its holder alone; any other number only with the holder's birth date.

    No name stands in the file, and a record that is never joined is not reached by a former number at all.
    """
    if not held.rivals and held.standing is Standing.CURRENT:
        return held.person
    fitting = [
        one for one in (held, *held.rivals) if one.born is not None and births == {str(one.born)} and not one.sealed
    ]
    return fitting[0].person if len(fitting) == 1 else None


def with_keys(found: Listed, mapping: CollectionMapping) -> Keyed:
    """Keys for everybody; new ones are given out in a transaction of its own, before anything lands."""
    new = found.new
    keys = {**found.known, **dict(zip(new, give_keys([None] * len(new)), strict=True))}
    unlisted = {} if mapping.pupil_by is PupilBy.NONE else _unlisted(found, keys)
    return Keyed(tuple(keys[one] for one in found.rows), keys, new, unlisted)


def _unlisted(found: Listed, keys: Mapping[Number, int]) -> dict[Number, int]:
    """What the list must have beside what it has. A number that leads to somebody else than before, since a record was
    divided, is listed once more: earlier files meant the other one."""
    unlisted: dict[Number, int] = {}
    for number, place in dict.fromkeys(found.rows):
        key, at = keys[number, place], place
        while found.listed.get((number, at), key) != key:
            at += 1
        if (number, at) not in found.listed:
            unlisted[number, at] = key
    return unlisted


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
            "person_id": pa.array(keyed.unlisted.values(), pa.int64()),
        }
    )
