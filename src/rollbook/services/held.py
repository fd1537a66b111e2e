"""What is held about one person, fact by fact: the present value, where it came from, and the older ones it replaced.

A school's returns of one collection are one line of statements: the last one stands, the ones before it were
superseded. Facts of different schools or collections stand side by side, for they are different statements.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.codes import label
from rollbook.dataplane.store.reading import FactRow, Value
from rollbook.dataplane.store.tables import items_in
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Sighting
from rollbook.services.uses_of_returns import UseOfReturn

# Sex and birth date are facts of the study tables, so the zone's copy of them is not shown twice.
_ZONE_ITEMS: Mapping[str, str] = {
    "upn": "upn", "former-upn": "former_upn", "uln": "uln", "surname": "surname", "forename": "forename",
    "middle-names": "middle_names", "preferred-surname": "preferred_surname", "former-surname": "former_surname",
    "address-line": "address", "postcode": "postcode", "uprn": "uprn",
}  # fmt: skip
# What tells two rows of a child table apart, where it is not the table's first item.
_ROW_KEYS = {"exclusion": "exclusion-start-date"}
UsesOf = Callable[[str, str], tuple[UseOfReturn, ...]]
_FLAGS = {"true": "Yes", "1": "Yes", "false": "No", "0": "No"}
_ROLL_NAME, _ROLL_RISK = "On the school's roll", "5E"


@dataclass(frozen=True, slots=True)
class OlderValue:
    """A value that a later return replaced: the return that gave it, until when it stood, and the uses that had it."""

    value: str
    return_id: str
    received_on: date
    until: date
    uses_that_had_it: tuple[UseOfReturn, ...]


@dataclass(frozen=True, slots=True)
class HeldFact:
    """One fact. `value` is empty where the latest return no longer gives it; `row` groups rows of a child table."""

    item: str
    name: str
    table: str
    row: str
    value: str
    value_label: str
    risk: str
    source_school: str
    collection: str
    return_id: str
    received_on: date
    line: int | None
    previous: tuple[OlderValue, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a statement: the item, and the row of a child table it belongs to."""

    table: str
    row: str
    item: str


@dataclass(frozen=True, slots=True)
class Statement:
    """All that one return says about one person."""

    return_id: str
    collection: str
    collection_name: str
    laestab: str
    school: str
    received_at: datetime
    current: bool
    superseded_at: datetime | None
    values: Mapping[Place, tuple[str, int]]

    @staticmethod
    def of(sighting: Sighting, facts: Sequence[FactRow]) -> "Statement":
        """From a sighting (with its return, school and collection joined in) and the study rows of the same return."""
        source = sighting.source
        return Statement(
            return_id=str(source.pk),
            collection=source.collection_id,
            collection_name=source.collection.name,
            laestab=source.school_id,
            school=source.school.name,
            received_at=source.received_at,
            current=source.state == Return.ACCEPTED,
            superseded_at=source.superseded_at,
            values={**dict(_zone_values(sighting)), **dict(_study_values(facts))},
        )


def held_facts(statements: Iterable[Statement], uses_of: UsesOf) -> tuple[HeldFact, ...]:
    """The facts of statements given oldest first. `uses_of` gives the uses that had an item from a return."""
    lines: dict[tuple[str, str], list[Statement]] = {}
    for one in statements:
        lines.setdefault((one.collection, one.laestab), []).append(one)
    return tuple(fact for line in lines.values() for fact in _facts_of_line(line, uses_of))


def _facts_of_line(line: Sequence[Statement], uses_of: UsesOf) -> Iterator[HeldFact]:
    latest = line[-1]
    # The order of the latest return first, then what only older ones said.
    for place in dict.fromkeys(place for one in reversed(line) for place in one.values):
        value, at = latest.values.get(place, ("", None)) if latest.current else ("", None)
        known = ITEMS.get(place.item)
        yield HeldFact(
            item=place.item,
            name=known.name if known else _ROLL_NAME,
            table=place.table,
            row=place.row,
            value=value,
            value_label=_words(place.item, value, latest.collection),
            risk=known.risk if known else _ROLL_RISK,
            source_school=latest.school,
            collection=latest.collection_name,
            return_id=latest.return_id,
            received_on=latest.received_at.date(),
            line=at,
            previous=tuple(_older(line, place, value, uses_of)),
        )


def _older(line: Sequence[Statement], place: Place, now: str, uses_of: UsesOf) -> Iterator[OlderValue]:
    """The values before the present one, latest first, each with the return that gave it."""
    for one in reversed(line):
        if one.superseded_at is None or place not in one.values:
            continue
        value, _ = one.values[place]
        if value != now:
            yield OlderValue(
                value=_words(place.item, value, one.collection),
                return_id=one.return_id,
                received_on=one.received_at.date(),
                until=one.superseded_at.date(),
                uses_that_had_it=uses_of(one.return_id, place.item),
            )


def _words(item: str, value: str, collection: str) -> str:
    known = ITEMS.get(item)
    kind = known.kind if known else "flag"
    if value and kind == "code":
        return label(item, value, collection)
    if value and kind == "date":
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    return _FLAGS.get(value, value) if kind == "flag" else value


def _zone_values(sighting: Sighting) -> Iterator[tuple[Place, tuple[str, int]]]:
    for item, field in _ZONE_ITEMS.items():
        value = getattr(sighting, field)
        if value:
            yield Place("identity", "", item), (value, sighting.line)


def _study_values(facts: Sequence[FactRow]) -> Iterator[tuple[Place, tuple[str, int]]]:
    keys = _row_keys(facts)
    for fact in facts:
        row = keys.get((fact.table, fact.row), "")
        yield Place(fact.table, row, fact.item), (_text(fact.value), fact.row)


def _row_keys(facts: Sequence[FactRow]) -> dict[tuple[str, int], str]:
    """A name for each row of a child table that survives a resubmission: by what it is about, not by its line."""
    rows: dict[tuple[str, int], str] = {}
    for fact in facts:
        if fact.table != "pupil":
            rows.setdefault((fact.table, fact.row), "")
            if fact.item == _ROW_KEYS.get(fact.table, items_in(fact.table)[0].id):
                rows[fact.table, fact.row] = _text(fact.value)
    seen: Counter[tuple[str, str]] = Counter()
    for (table, line), key in sorted(rows.items()):
        seen[table, key] += 1
        if seen[table, key] > 1:
            rows[table, line] = f"{key} ({seen[table, key]})"
    return rows


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else str(value)
