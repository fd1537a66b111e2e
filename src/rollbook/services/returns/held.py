"""What is held about one person, fact by fact: the present value, where it came from, and the older ones it replaced.

A school's returns of one collection are one line of statements: the last one stands, the ones before it were
superseded. So are the loads of one collection. Facts of different schools or collections stand side by side, for they
are different statements.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.census.codes import label
from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.store.reading import AT_SCHOOL, ON_ROLL, FactRow, Value
from rollbook.dataplane.store.tables import items_in
from rollbook.records.models.collections import Load, Return
from rollbook.records.models.identity import Sighting
from rollbook.services.returns.uses_of_returns import UseOfReturn

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
# What every row says beside its items, with the class it is shown under.
_ROW_WORDS = {ON_ROLL: "On the school's roll", AT_SCHOOL: "School"}
_ROW_RISK = "5E"


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
    """One fact. `value` is empty where the latest return no longer gives it; `row` groups rows of a child table.

    `source_school` is where the file came from: a school, or for `loaded` facts the source that the mapping names.
    """

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
    loaded: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a statement: the item, and the row of a child table it belongs to."""

    table: str
    row: str
    item: str


@dataclass(frozen=True, slots=True)
class Statement:
    """All that one return, or one load by its mapping, says about one person. A load has no `laestab`."""

    return_id: str
    collection: str
    collection_name: str
    laestab: str
    school: str
    received_at: datetime
    current: bool
    superseded_at: datetime | None
    values: Mapping[Place, tuple[str, int]]
    mapping: CollectionMapping | None = None

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

    @staticmethod
    def of_load(load: Load, mapping: CollectionMapping, facts: Sequence[FactRow]) -> "Statement":
        """From a load (with its collection joined in) and its study rows about one person."""
        return Statement(
            return_id=str(load.pk),
            collection=load.collection_id,
            collection_name=load.collection.name,
            laestab="",
            school=mapping.source.name,
            received_at=load.received_at,
            current=load.state == Load.ACCEPTED,
            superseded_at=load.superseded_at,
            values=dict(_loaded_values(facts, mapping)),
            mapping=mapping,
        )

    def item(self, code: str) -> Item | None:
        """The item of a place; None for what a row says beside its items."""
        own = None if self.mapping is None else self.mapping.own.get(code)
        return own or ITEMS.get(code)

    def words(self, item: str, value: str) -> str:
        """A value as a person reads it."""
        known = self.item(item)
        kind = known.kind if known else "flag"
        if value and kind == "code":
            return (
                label(item, value, self.collection) if self.mapping is None else self._label(self.mapping, item, value)
            )
        if value and kind == "date":
            day = date.fromisoformat(value)
            return f"{day.day} {day:%B %Y}"
        return _FLAGS.get(value, value) if kind == "flag" else value

    @staticmethod
    def _label(mapping: CollectionMapping, item: str, value: str) -> str:
        return next((one.labels.get(value, value) for one in mapping.fields if one.item.id == item), value)


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
        known = latest.item(place.item)
        yield HeldFact(
            item=place.item,
            name=known.name if known else _ROW_WORDS[place.item],
            table=place.table,
            row=place.row,
            value=value,
            value_label=latest.words(place.item, value),
            risk=known.risk if known else _ROW_RISK,
            source_school=latest.school,
            collection=latest.collection_name,
            return_id=latest.return_id,
            received_on=latest.received_at.date(),
            line=at,
            previous=tuple(_older(line, place, value, uses_of)),
            loaded=latest.mapping is not None,
        )


def _older(line: Sequence[Statement], place: Place, now: str, uses_of: UsesOf) -> Iterator[OlderValue]:
    """The values before the present one, latest first, each with the return that gave it."""
    for one in reversed(line):
        if one.superseded_at is None or place not in one.values:
            continue
        value, _ = one.values[place]
        if value != now:
            yield OlderValue(
                value=one.words(place.item, value),
                return_id=one.return_id,
                received_on=one.received_at.date(),
                until=one.superseded_at.date(),
                uses_that_had_it=uses_of(one.return_id, place.item),
            )


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


def _loaded_values(facts: Sequence[FactRow], mapping: CollectionMapping) -> Iterator[tuple[Place, tuple[str, int]]]:
    """A load can have several rows about a person: each then bears the values by which its mapping names a row, the
    pupil's and the school's number left out, or its place among them."""
    lines: dict[int, list[FactRow]] = {}
    for fact in facts:
        lines.setdefault(fact.row, []).append(fact)
    naming = {one.item.id for one in mapping.fields if one.column in mapping.key}
    seen: Counter[str] = Counter()
    for line in sorted(lines):
        own = ", ".join(_text(one.value) for one in lines[line] if one.item in naming) or "row"
        seen[own] += 1
        name = own if own != "row" and seen[own] == 1 else f"{own} {seen[own]}"
        for fact in lines[line]:
            yield Place(fact.table, name if len(lines) > 1 else "", fact.item), (_text(fact.value), fact.row)


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
