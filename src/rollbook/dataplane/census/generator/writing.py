"""Writes a made-up return as XML in the shape of the sample return: the same order, one element a line."""

from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Final

from rollbook.dataplane.census.generator.records import Exclusion, Pupil, Return, School
from rollbook.kernel.terms import Term, census_day

_YEAR_NAMES: Final = {2: "N1", 3: "N2", 4: "R"}


def xml_of(made: Return, term: Term, year: int) -> str:
    """The whole return."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!-- Invented return: no real person or school. -->",
        "<Message>",
    ]
    lines += _header(made.school, term, year)
    lines += _school(made.school, term)
    lines += ["  <Pupils>", "    <PupilsOnRoll>"]
    for pupil in made.on_roll:
        lines += _pupil(pupil, made.school, term, on_roll=True)
    lines.append("    </PupilsOnRoll>")
    if made.leavers:
        lines.append("    <PupilsNoLongerOnRoll>")
        for pupil in made.leavers:
            lines += _pupil(pupil, made.school, term, on_roll=False)
        lines.append("    </PupilsNoLongerOnRoll>")
    lines += ["  </Pupils>", "</Message>", ""]
    return "\n".join(lines)


def year_name(age: int) -> str:
    """The year group of an age at 31 August: reception at 4, year 1 at 5."""
    return _YEAR_NAMES.get(age, str(age - 4))


def _leaf(depth: int, name: str, value: object) -> str:
    return f"{'  ' * depth}<{name}>{escape(str(value), quote=False)}</{name}>"


def _leaves(depth: int, *pairs: tuple[str, object]) -> Iterator[str]:
    """The pairs that have a value."""
    return (_leaf(depth, name, value) for name, value in pairs if value is not None and value != "")


def _block(depth: int, name: str, inside: list[str]) -> list[str]:
    """A block, left out when nothing is inside."""
    indent = "  " * depth
    return [f"{indent}<{name}>", *inside, f"{indent}</{name}>"] if inside else []


def _header(school: School, term: Term, year: int) -> list[str]:
    day = census_day(term, year)
    details = _leaves(3, ("Collection", "SC"), ("Term", term.value), ("Year", year), ("ReferenceDate", day))
    source = _leaves(
        3, ("SourceLevel", "S"), ("LEA", school.lea), ("Estab", school.estab), ("URN", school.urn),
        ("SoftwareCode", "ROLLBOOK"), ("Release", "1"), ("Xversion", "1.0"), ("SerialNo", "001"),
        ("DateTime", f"{day}T10:36:42"),
    )  # fmt: skip
    levels = _block(3, "CBDSLevels", [_leaf(4, "CBDSLevel", "School"), _leaf(4, "CBDSLevel", "Pupil")])
    inside = _block(2, "CollectionDetails", list(details)) + _block(2, "Source", list(source))
    return _block(1, "Header", inside + _block(2, "Content", levels))


def _school(school: School, term: Term) -> list[str]:
    facts = _leaves(
        3, ("SchoolName", school.name), ("Phase", school.phase), ("SchoolType", school.school_type),
        ("HighestNCyear", "X" if school.special else year_name(school.last_age)),
        ("LowestNCyear", "X" if school.special else year_name(school.first_age)),
        ("Intake", "SPEC" if school.special else "COMP"), ("Governance", school.governance),
        ("Email", f"office@school{school.laestab}.example"),
        ("Accommodation", "D" if school.special and term is Term.SPRING else None),
    )  # fmt: skip
    return _block(1, "School", _block(2, "SchoolCharacteristics", list(facts)))


def _pupil(pupil: Pupil, school: School, term: Term, *, on_roll: bool) -> list[str]:
    inside = [*_identifiers(pupil, on_roll=on_roll), *_characteristics(pupil, term, on_roll=on_roll)]
    inside += _status(pupil, school, term, on_roll=on_roll)
    if on_roll:
        inside += _needs(pupil, term)
    inside += _block(4, "Exclusions", [line for one in pupil.exclusions for line in _exclusion(one)])
    if on_roll or term is Term.AUTUMN:
        inside += _address(pupil, on_roll=on_roll)
    inside += _block(4, "Attendance", _attendance(pupil))
    return _block(3, "PupilOnRoll" if on_roll else "PupilNoLongerOnRoll", inside)


def _identifiers(pupil: Pupil, *, on_roll: bool) -> list[str]:
    pairs = _leaves(
        5, ("UPN", pupil.upn), ("FormerUPN", pupil.former_upn), ("Surname", pupil.surname),
        ("Forename", pupil.forename), ("MiddleNames", pupil.middle_names),
        ("PreferredSurname", pupil.surname if on_roll else None),
        ("FormerSurname", pupil.former_surname), ("Sex", pupil.sex), ("DOB", pupil.born),
    )  # fmt: skip
    return _block(4, "PupilIdentifiers", list(pairs))


def _period(start: date, end: date | None) -> list[str]:
    return _block(6, "FSMperiod", list(_leaves(7, ("FSMstartDate", start), ("FSMendDate", end), ("UKcountry", "ENG"))))


def _characteristics(pupil: Pupil, term: Term, *, on_roll: bool) -> list[str]:
    spring = term is Term.SPRING
    inside = list(_leaves(5, ("Ethnicity", pupil.ethnicity if spring else None)))
    if on_roll:
        inside += _block(5, "FSMperiods", [line for period in pupil.meals for line in _period(*period)])
    inside.append(_leaf(5, "Language", pupil.language))
    if on_roll:
        inside += _leaves(
            5, ("YSSA", pupil.yssa), ("ServiceChild", pupil.service_child), ("FundedHours", pupil.funded_hours),
            ("ExtendedHours", pupil.extended_hours), ("EligibilityCode", pupil.eligibility_code),
            ("HoursAtSetting", pupil.hours_at_setting), ("TopUpFunding", int(pupil.sen == "E")), ("PLAA", pupil.plaa),
            ("YoungCarer", pupil.young_carer if spring else None),
        )  # fmt: skip
    return _block(4, "PupilCharacteristics", inside + [_leaf(5, name, value) for name, value in pupil.illegal])


def _status(pupil: Pupil, school: School, term: Term, *, on_roll: bool) -> list[str]:
    year = "X" if school.special else year_name(pupil.age)
    nursery = pupil.age <= 3
    part_time = int(nursery and pupil.hours_at_setting == 15.0)
    pairs: list[tuple[str, object]] = [("EntryDate", pupil.entry)]
    if on_roll:
        pairs = [("EnrolStatus", pupil.enrol), ("ClassType", "N" if nursery else "O"), *pairs]
    pairs += [("LeavingDate", pupil.leaving if not on_roll else None), ("PartTime", part_time), ("Boarder", "N")]
    if on_roll:
        pairs.append(("NCyearActual", year))
    elif term is Term.AUTUMN:
        pairs.append(("NCyearLeaving", year))
    return _block(4, "PupilStatus", list(_leaves(5, *pairs)))


def _needs(pupil: Pupil, term: Term) -> list[str]:
    inside = [_leaf(5, "SENprovision", pupil.sen)]
    if term is Term.SPRING:
        needs = [
            line
            for rank, need in enumerate(pupil.needs, start=1)
            for line in _block(6, "SENneed", [_leaf(7, "SENtypeRank", rank), _leaf(7, "SENtype", need)])
        ]
        inside += _block(5, "SENneeds", needs)
    inside += [_leaf(5, "SENunitIndicator", 0), _leaf(5, "ResourcedProvisionIndicator", 0)]
    return _block(4, "SpecialEducationalNeeds", inside)


def _exclusion(one: Exclusion) -> list[str]:
    pairs = _leaves(
        6, ("Category", one.category), ("Reason1", one.reason), ("StartDate", one.start), ("Sessions", one.sessions),
        ("SENprovision", one.sen),
    )  # fmt: skip
    return _block(5, "TermlyExclusion", list(pairs))


def _address(pupil: Pupil, *, on_roll: bool) -> list[str]:
    home = pupil.address
    lines = (("PAON", home.house), ("Street", home.street), ("Town", home.town)) if on_roll else ()
    return _block(4, "HomeInformation", _block(5, "Address", list(_leaves(6, *lines, ("PostCode", home.postcode)))))


def _attendance(pupil: Pupil) -> list[str]:
    blocks = (
        ("TermlyAttendance", pupil.sessions_possible, pupil.sessions),
        ("SummerHalfTerm2Attendance", pupil.second_half_possible, pupil.second_half_sessions),
    )
    inside: list[str] = []
    for name, possible, sessions in blocks:
        if possible is None:
            continue
        details = [
            line
            for code, count in sessions
            for line in _block(7, "SessionDetail", [_leaf(8, "AttendanceReason", code), _leaf(8, "Sessions", count)])
        ]
        inside += _block(5, name, [_leaf(6, "SessionsPossible", possible), *_block(6, "SessionDetails", details)])
    return inside
