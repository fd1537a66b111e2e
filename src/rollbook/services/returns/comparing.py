"""A file beside what the identity zone knows of the school's last accepted return. Counts only."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.upload_findings import Compared

# What may have changed of a pupil, with the columns of a sighting and of a return that hold it.
_FACTS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "name": (("surname", "identity", "surname"), ("forename", "identity", "forename")),
    "date of birth": (("date_of_birth", "identity", "dob"),),
    "sex": (("sex", "identity", "sex"),),
    "postcode": (("postcode", "address", "postcode"),),
    "enrolment status": (("enrol_status", "pupil", "enrol_status"),),
}
_Roll = Mapping[str, Mapping[str, Any]]


def compare(parsed: ParsedReturn, school: str, collection: str) -> Compared | None:
    """The file beside the school's accepted return of this collection, or else its last of any; None: there is none."""
    accepted = Return.objects.filter(school_id=school, state=Return.ACCEPTED).select_related("collection")
    same = accepted.filter(collection_id=collection)
    last = (same if same.exists() else accepted).order_by("-received_at").first()
    if last is None:
        return None
    then, now = _then(last), _now(parsed)
    both = [(then[upn], now[upn]) for upn in then.keys() & now.keys()]
    changed = {what: sum(old[what] != new[what] for old, new in both) for what in _FACTS}
    return Compared(
        collection=last.collection.name,
        received=last.received_at.date(),
        on_roll_then=last.on_roll,
        on_roll_now=parsed.tables["pupil"]["on_roll"].to_pylist().count(True),
        joined=len(now.keys() - then.keys()),
        left=len(then.keys() - now.keys()),
        changed=tuple((what, count) for what, count in changed.items() if count),
    )


def other_numbers(parsed: ParsedReturn) -> dict[str, list[str]]:
    """For each UPN and former UPN of a file, the other UPNs of the person it stands for."""
    identity = parsed.tables["identity"]
    return others_of({upn for name in ("upn", "former_upn") for upn in identity[name].to_pylist() if upn})


def others_of(given: Collection[str]) -> dict[str, list[str]]:
    """For each of these UPNs that somebody has, the other UPNs of that person."""
    with people_zone():
        whose = dict(Identifier.objects.filter(scheme="upn", value__in=given).values_list("value", "person_id"))
        above = dict(Person.objects.filter(pk__in=set(whose.values())).values_list("pk", "superseded_by_id"))
        roots = {person: above[person] or person for person in above}
        joined = Person.objects.filter(superseded_by__in=set(roots.values())).values_list("pk", "superseded_by_id")
        roots |= {person: int(root) for person, root in joined if root is not None}
        theirs = Identifier.objects.filter(scheme="upn", person_id__in={*roots, *roots.values()})
        numbers: dict[int, list[str]] = {}
        for value, person in theirs.order_by("value").values_list("value", "person_id"):
            numbers.setdefault(roots.get(person, person), []).append(value)
    return {upn: [one for one in numbers[roots[person]] if one != upn] for upn, person in whose.items()}


def _then(last: Return) -> _Roll:
    columns = [column for places in _FACTS.values() for column, _, _ in places]
    with people_zone():
        rows = list(Sighting.objects.filter(source=last, on_roll=True).order_by("pk").values("upn", *columns))
    return {row["upn"]: _facts([row[column] for column in columns]) for row in rows}


def _now(parsed: ParsedReturn) -> _Roll:
    upns, rolls = parsed.tables["identity"]["upn"].to_pylist(), parsed.tables["pupil"]["on_roll"].to_pylist()
    numbers = [int(one or 0) for one in parsed.tables["pupil"]["pupil_no"].to_pylist()]
    columns = [_column(parsed, table, column) for places in _FACTS.values() for _, table, column in places]
    return {
        upn: _facts([column.get(number) for column in columns])
        for upn, on_roll, number in zip(upns, rolls, numbers, strict=True)
        if upn and on_roll
    }


def _column(parsed: ParsedReturn, table: str, column: str) -> Mapping[int, Any]:
    """One column by pupil number, of the first row of each."""
    rows = parsed.tables[table]
    pairs = zip(rows["pupil_no"].to_pylist(), rows[column].to_pylist(), strict=True)
    found: dict[int, Any] = {}
    for number, value in pairs:
        found.setdefault(int(number or 0), value)
    return found


def _facts(values: Sequence[Any]) -> Mapping[str, tuple[Any, ...]]:
    """What is compared, by name. An identity row keeps an absent text as an empty one."""
    left = iter(values)
    return {what: tuple(next(left) or "" for _ in places) for what, places in _FACTS.items()}
