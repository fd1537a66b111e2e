"""Writes a made-up school census return as XML, one element a line."""

from collections.abc import Iterable
from functools import cache
from html import escape

from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.forms import content
from rollbook.dataplane.census.generator.forms.content import Pairs, Shape, Written
from rollbook.dataplane.census.generator.records import Pupil, Return

_SOURCE = 4  # values of the header that stand in CollectionDetails, before those of Source


def write(made: Return, when: When) -> Written:
    """The whole return."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<!-- Invented return: no real person or school. -->"]
    lines += ["<Message>", *_header(made, when), *_school(made, when), "  <Pupils>", "    <PupilsOnRoll>"]
    starts = _pupils(made.on_roll, made, when, lines, on_roll=True)
    lines.append("    </PupilsOnRoll>")
    if made.leavers:
        lines.append("    <PupilsNoLongerOnRoll>")
        starts += _pupils(made.leavers, made, when, lines, on_roll=False)
        lines.append("    </PupilsNoLongerOnRoll>")
    lines += ["  </Pupils>", "</Message>", ""]
    return Written("\n".join(lines).encode(), tuple(starts))


def _pupils(pupils: list[Pupil], made: Return, when: When, lines: list[str], *, on_roll: bool) -> list[int]:
    """Add the pupils' lines; gives the line each begins at."""
    shape, starts = content.shape(when.collection, on_roll=on_roll), []
    for pupil in pupils:
        starts.append(len(lines) + 1)
        lines += _pupil(pupil, made, when, shape, on_roll=on_roll)
    return starts


@cache
def _around(depth: int, name: str) -> tuple[str, str]:
    return f"{'  ' * depth}<{name}>", f"</{name}>"


def leaf(depth: int, name: str, value: object) -> str:
    """One element with a value, on a line."""
    opening, closing = _around(depth, name)
    if isinstance(value, str) and not value.isalnum():
        value = escape(value, quote=False)
    return f"{opening}{value}{closing}"


def leaves(depth: int, pairs: Iterable[tuple[str, object]]) -> list[str]:
    """A line for each pair."""
    return [leaf(depth, name, value) for name, value in pairs]


def block(depth: int, name: str, inside: list[str]) -> list[str]:
    """A block, left out when nothing is inside."""
    if not inside:
        return inside
    opening, closing = _around(depth, name)
    return [opening, *inside, f"{'  ' * depth}{closing}"]


def _header(made: Return, when: When) -> list[str]:
    pairs = content.header(made.school, when)
    levels = block(3, "CBDSLevels", leaves(4, [("CBDSLevel", "School"), ("CBDSLevel", "Pupil")]))
    inside = block(2, "CollectionDetails", leaves(3, pairs[:_SOURCE])) + block(2, "Source", leaves(3, pairs[_SOURCE:]))
    return block(1, "Header", inside + block(2, "Content", levels))


def _school(made: Return, when: When) -> list[str]:
    return block(1, "School", block(2, "SchoolCharacteristics", leaves(3, content.school_facts(made.school, when))))


def _pupil(pupil: Pupil, made: Return, when: When, shape: Shape, *, on_roll: bool) -> list[str]:
    school = made.school
    inside = block(4, "PupilIdentifiers", leaves(5, shape.named(content.identifiers(pupil))))
    inside += _characteristics(pupil, made, shape)
    inside += block(4, "PupilStatus", leaves(5, shape.named(content.status(pupil, school))))
    if on_roll:
        inside += _support(pupil, shape)
    if pupil.exclusions:
        inside += block(4, "Exclusions", _rows(5, "TermlyExclusion", content.exclusions(pupil), shape))
    inside += _address(pupil, shape)
    inside += _attendance(pupil, shape)
    if pupil.age >= 16 and "aim-qn" in shape.tags:
        aims = block(5, "LearningAims", _rows(6, "LearningAim", content.aims(pupil, when), shape))
        inside += block(4, "PostSixteen", aims)
    return block(3, "PupilOnRoll" if on_roll else "PupilNoLongerOnRoll", inside)


def _rows(depth: int, name: str, rows: list[Pairs], shape: Shape) -> list[str]:
    return [line for row in rows for line in block(depth, name, leaves(depth + 1, shape.named(row)))]


def _characteristics(pupil: Pupil, made: Return, shape: Shape) -> list[str]:
    inside = leaves(5, shape.named([("ethnicity", pupil.ethnicity)]))
    if pupil.meals and "fsm-start-date" in shape.tags:
        inside += block(5, "FSMperiods", _rows(6, "FSMperiod", content.meals(pupil), shape))
    inside += leaves(5, shape.named(content.characteristics(pupil, made.school)))
    return block(4, "PupilCharacteristics", inside + leaves(5, pupil.illegal))


def _support(pupil: Pupil, shape: Shape) -> list[str]:
    (level, *indicators) = content.provision(pupil)
    inside = leaves(5, shape.named([level]))
    if pupil.needs and "sen-type" in shape.tags:
        inside += block(5, "SENneeds", _rows(6, "SENneed", content.needs(pupil), shape))
    return block(4, "SpecialEducationalNeeds", inside + leaves(5, shape.named(indicators)))


def _address(pupil: Pupil, shape: Shape) -> list[str]:
    *lines, postcode = content.address(pupil)
    inside = leaves(6, lines) if "address-line" in shape.tags else []
    return block(4, "HomeInformation", block(5, "Address", inside + leaves(6, shape.named([postcode]))))


def _attendance(pupil: Pupil, shape: Shape) -> list[str]:
    inside = []
    if pupil.sessions_possible is not None:
        possible = leaves(6, shape.named([("sessions-possible", pupil.sessions_possible)]))
        details = block(6, "SessionDetails", _rows(7, "SessionDetail", content.sessions(pupil), shape))
        inside = block(5, "TermlyAttendance", possible + details)
    if pupil.second_half_possible is not None:
        possible = leaves(6, shape.named([("second-half-sessions-possible", pupil.second_half_possible)]))
        details = block(6, "SessionDetails", _rows(7, "SessionDetail", content.second_half(pupil), shape))
        inside += block(5, "SummerHalfTerm2Attendance", possible + details)
    return block(4, "Attendance", inside)
