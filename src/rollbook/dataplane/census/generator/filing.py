"""Writes the files of one authority, with the truth about them: who stands where, and what was planted.

This is what a process does for one authority; nothing of another authority is in memory meanwhile.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from rollbook.dataplane.census.generator.area import Nation
from rollbook.dataplane.census.generator.calendar import When, read_terms
from rollbook.dataplane.census.generator.defects import Planted
from rollbook.dataplane.census.generator.forms import ctf, early, flat, roster, school_xml
from rollbook.dataplane.census.generator.forms.content import Written, everybody
from rollbook.dataplane.census.generator.make import Order, Told, plan, tell
from rollbook.dataplane.census.generator.persons import has_number
from rollbook.dataplane.census.generator.records import Pupil, Return

PEOPLE: Final = ("person", "term", "file", "pupil_no", "line", "roll", "upn", "marks")


class Format(StrEnum):
    """A form that made-up returns can be written in."""

    XML = "xml"
    FLAT = "flat"
    CTF = "ctf"
    ONEROSTER = "oneroster"
    EARLY_XML = "eyc-xml"
    EARLY_CSV = "eyc-csv"

    @property
    def early(self) -> bool:
        """Whether it holds an authority's early years settings, in spring only."""
        return self in (Format.EARLY_XML, Format.EARLY_CSV)


_ENDING: Final = {
    Format.XML: ".xml", Format.FLAT: ".zip", Format.CTF: ".xml", Format.ONEROSTER: ".zip", Format.EARLY_XML: ".xml",
    Format.EARLY_CSV: ".csv",
}  # fmt: skip
_OF_SCHOOL: Final[Mapping[Format, Callable[[Return, When], Written]]] = {
    Format.XML: school_xml.write, Format.FLAT: flat.write, Format.CTF: ctf.write, Format.ONEROSTER: roster.write,
}  # fmt: skip
_OF_SETTINGS: Final[Mapping[Format, Callable[[Sequence[Return], When], Written]]] = {
    Format.EARLY_XML: early.write_xml, Format.EARLY_CSV: early.write_csv,
}  # fmt: skip
_WITH_LEAVERS: Final = frozenset({Format.XML, Format.FLAT})


@dataclass(frozen=True, slots=True)
class Job:
    """One authority to write. Files stand in folders by term and by format where there are several."""

    order: Order
    formats: tuple[Format, ...]
    wanted: tuple[tuple[str, float], ...]
    out: str
    number: int

    @property
    def people(self) -> Path:
        """Where the process leaves its part of the people's truth."""
        return Path(self.out) / f".people-{self.number}.csv"

    def place(self, when: When, form: Format, whose: str) -> str:
        """A file's path inside the folder of all files."""
        term = f"{when}/" if len(self.order.terms) > 1 else ""
        folder = f"{form}/" if len(self.formats) > 1 else ""
        return f"{term}{folder}{whose}-{when}{_ENDING[form]}"


@dataclass(frozen=True, slots=True)
class Filed:
    """One file written: its path inside the folder, whose it is and how many records it holds."""

    path: str
    laestab: str
    school: str
    on_roll: int
    leavers: int


@dataclass(frozen=True, slots=True)
class Done:
    """What was written for one authority."""

    files: tuple[Filed, ...]
    defects: tuple[dict[str, object], ...]


@cache
def nation_of(order: Order) -> Nation:
    """The nation of an order, laid out once in each process."""
    return plan(order)


def write_area(job: Job) -> Done:
    """Write everything of one authority. The same job gives the same files in any process."""
    nation, asked, wanted = nation_of(job.order), read_terms(job.order.terms), dict[str, float](job.wanted)
    files: list[Filed] = []
    defects: list[dict[str, object]] = []
    with job.people.open("w", encoding="utf-8", newline="") as people:
        rows = csv.writer(people, lineterminator="\n")
        for told in tell(nation, asked, job.number, wanted):
            files += _settings(job, told, rows.writerows)
            places: dict[int, tuple[str, int, int]] = {}
            for made in told.schools:
                files += _school(job, told.when, made, rows.writerows, places)
            defects += [_as_data(planted, told.when, places) for planted in told.truth] if places else []
    return Done(tuple(files), tuple(defects))


_Rows = Callable[[Iterator[tuple[object, ...]]], object]


def _school(
    job: Job, when: When, made: Return, rows: _Rows, places: dict[int, tuple[str, int, int]]
) -> Iterator[Filed]:  # fmt: skip
    """A school's file in each form. The place of a defect is that in the first form."""
    for form in job.formats:
        if form.early:
            continue
        written, path = _OF_SCHOOL[form](made, when), job.place(when, form, made.school.laestab)
        (Path(job.out) / path).write_bytes(written.data)
        leavers = made.leavers if form in _WITH_LEAVERS else []
        rows(_sightings(made, written, when, path))
        if form is next(one for one in job.formats if not one.early):
            for no, ((pupil, _), line) in enumerate(zip(everybody(made), written.lines, strict=False), start=1):
                if pupil.planted:
                    places[id(pupil)] = (path, no, line)
        yield Filed(path, made.school.laestab, made.school.name, len(made.on_roll), len(leavers))


def _sightings(made: Return, written: Written, when: When, path: str) -> Iterator[tuple[object, ...]]:
    for no, ((pupil, on_roll), line) in enumerate(zip(everybody(made), written.lines, strict=False), start=1):
        roll = pupil.enrol if on_roll else "left"
        yield pupil.key, str(when), path, no, line, roll, pupil.upn, _marks(pupil)


def _marks(pupil: Pupil) -> str:
    planted = (pupil.planted,) if pupil.planted and pupil.planted not in ("used", "pair") else ()
    return " ".join([*pupil.marks, *planted])


def _settings(job: Job, told: Told, rows: _Rows) -> Iterator[Filed]:
    """The authority's early years return in each form asked for."""
    settings = [setting for setting in told.settings if setting.on_roll]
    for form in job.formats:
        if form.early and settings:
            lea = settings[0].school.lea
            written, path = _OF_SETTINGS[form](settings, told.when), job.place(told.when, form, f"eyc-{lea}")
            (Path(job.out) / path).write_bytes(written.data)
            children = [child for setting in settings for child in setting.on_roll]
            rows(
                (child.key, str(told.when), path, no, line, "setting", child.upn if has_number(child) else "", "")
                for no, (child, line) in enumerate(zip(children, written.lines, strict=True), start=1)
            )
            yield Filed(path, lea, "", len(children), 0)


def _as_data(planted: Planted, when: When, places: Mapping[int, tuple[str, int, int]]) -> dict[str, object]:
    """A defect as the truth file has it, with the findings that a check must give."""
    path, no, line = places[id(planted.record)]
    named = [places[id(one)] for one in (planted.record, planted.pair) if one is not None]
    if not planted.apart:
        named = [max(named, key=lambda at: at[1])]  # of two in one file the later one is told
    expects = [
        {"rule": rule, "file": at, "pupil_no": number, "line": row}
        for rule in planted.rules
        for at, number, row in named
    ]
    return {
        "kind": planted.kind, "term": str(when), "file": path, "pupil_no": no, "line": line,
        "person": planted.record.key, "laestab": planted.laestab, "upn": planted.record.upn,
        "rules": list(planted.rules), "was": planted.was, "other_laestab": planted.other_laestab, "expects": expects,
    }  # fmt: skip
