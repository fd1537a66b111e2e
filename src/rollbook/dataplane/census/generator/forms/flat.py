"""Writes a made-up school census return as the collection system's flat tables, in a zip."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.forms import content
from rollbook.dataplane.census.generator.forms.content import Pairs, Shape, Written
from rollbook.dataplane.census.generator.forms.tables import table, zipped
from rollbook.dataplane.census.generator.records import Pupil, Return
from rollbook.kernel.terms import Term

_SCHOOL: Final = {"SchoolType": "type", "HighestNCyear": "highestncyeargroup", "LowestNCyear": "lowestncyeargroup"}
_ON: Final = "pupilonroll"
_OFF: Final = "pupilnolongeronroll"
_Tables = defaultdict[str, list[dict[str, object]]]


def write(made: Return, when: When) -> Written:
    """The whole return. Lines are those of the two tables of pupils."""
    tables: _Tables = defaultdict(list)
    tables["schoolcensus"].append({name.lower(): value for name, value in content.header(made.school, when)})
    facts = content.school_facts(made.school, when)
    tables["school"].append({_SCHOOL.get(name, name.lower()): value for name, value in facts})
    lines = []
    for pupil, on_roll in content.everybody(made):
        own = _ON if on_roll else _OFF
        shape = content.shape(when.collection, on_roll=on_roll)
        key = {f"{own}tableid": len(tables[own]) + 1}
        lines.append(len(tables[own]) + 2)
        tables[own].append(_single(pupil, made, shape) | dict(pupil_illegal(pupil)) | key)
        for name, row in _rows(pupil, when, shape, on_roll=on_roll):
            if row:
                tables[name].append({**row, **key})
    members = {f"{name}.csv": table(_numbered(name, rows)) for name, rows in tables.items()}
    return Written(zipped(members), tuple(lines))


def pupil_illegal(pupil: Pupil) -> Iterator[tuple[str, str]]:
    """Items that may not be sent, as columns."""
    return ((name.lower(), value) for name, value in pupil.illegal)


def _single(pupil: Pupil, made: Return, shape: Shape) -> dict[str, object]:
    pairs: Pairs = [
        *content.identifiers(pupil), ("ethnicity", pupil.ethnicity), *content.characteristics(pupil, made.school),
        *content.status(pupil, made.school), *content.provision(pupil),
        ("sessions-possible", pupil.sessions_possible), ("second-half-sessions-possible", pupil.second_half_possible),
    ]  # fmt: skip
    given = {item: value for item, value in pairs if item in shape.tags and value is not None and value != ""}
    return {shape.fields[item]: value for item, value in given.items()}


def _rows(pupil: Pupil, when: When, shape: Shape, *, on_roll: bool) -> Iterator[tuple[str, dict[str, object]]]:
    autumn, roll = when.term is Term.AUTUMN, "onroll" if on_roll else "offroll"
    *lines, postcode = content.address(pupil)
    home = dict(shape.named([postcode])) | (dict(lines) if "address-line" in shape.tags else {})
    yield f"addresses{roll if autumn else ''}", {name.lower(): value for name, value in home.items()}
    many = {
        "fsmperiodsonroll" if autumn else "fsmperiod": content.meals(pupil), "senneeds": content.needs(pupil),
        f"termlyexclusions{roll}": content.exclusions(pupil), f"termlysessiondetails{roll}": content.sessions(pupil),
        f"summerhalfterm2sessiondetails{roll}": content.second_half(pupil),
        f"learningaims{roll}": content.aims(pupil, when),
    }  # fmt: skip
    for name, rows in many.items():
        for row in rows:
            yield name, {tag.lower(): value for tag, value in shape.named(row)}


def _numbered(name: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {"NativeId": 1, "sourceid": 1, f"{name}tableid": no, f"{name}orderseqcolumn": no, **row}
        for no, row in enumerate(rows, start=1)
    ]
