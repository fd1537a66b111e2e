"""Writes everybody on a made-up roll as a common transfer file."""

from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.forms import content
from rollbook.dataplane.census.generator.forms.content import Shape, Written
from rollbook.dataplane.census.generator.forms.school_xml import block, leaf, leaves
from rollbook.dataplane.census.generator.records import Pupil, Return, School

_BASIC = ("former-upn", "middle-names", "preferred-surname", "former-surname")
_FIRST = ("upn", "uln", "surname", "forename", "date-of-birth", "sex")


def write(made: Return, when: When) -> Written:
    """One transfer file of the pupils on roll."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<CTfile>", *_header(made.school, when), "  <CTFpupilData>"]
    shape, starts = content.shape(when.collection, on_roll=True), []
    for pupil in made.on_roll:
        starts.append(len(lines) + 1)
        lines += _pupil(pupil, made.school, shape)
    lines += ["  </CTFpupilData>", "</CTfile>", ""]
    return Written("\n".join(lines).encode(), tuple(starts))


def _header(school: School, when: When) -> list[str]:
    source = leaves(3, [("LEA", school.lea), ("Estab", school.estab), ("SchoolName", school.name)])
    source.append(leaf(3, "AcademicYear", when.august + 1))
    inside = leaves(
        2,
        [
            ("DocumentName", "Common Transfer File"), ("CTFversion", "25.0"), ("DateTime", f"{when.day}T10:36:42"),
            ("DocumentQualifier", "full"), ("SupplierID", "ROLLBOOK"),
        ],
    )  # fmt: skip
    unknown = block(2, "DestSchool", leaves(3, [("LEA", "XXX"), ("Estab", "XXXX")]))
    return block(1, "Header", inside + block(2, "SourceSchool", source) + unknown)


def _pupil(pupil: Pupil, school: School, shape: Shape) -> list[str]:
    known = dict(content.identifiers(pupil))
    inside = leaves(3, shape.named([(item, known[item]) for item in _FIRST]))
    basic = leaves(4, shape.named([(item, known[item]) for item in _BASIC]))
    basic += leaves(4, shape.named([("ethnicity", pupil.ethnicity)]))
    status = dict(content.status(pupil, school))
    basic += [leaf(4, "NCyearActual", status["nc-year"]), leaf(4, "EnrolStatus", pupil.enrol)]
    inside += block(3, "BasicDetails", basic + leaves(4, pupil.illegal))
    meals = [line for row in content.meals(pupil) for line in block(4, "FSMinstance", leaves(5, shape.named(row)))]
    needs = [line for row in content.needs(pupil) for line in block(5, "SENneed", leaves(6, shape.named(row)))]
    inside += block(3, "FSMhistory", meals)
    inside += block(3, "SEN", [leaf(4, "SENprovision", pupil.sen), *block(4, "SENneeds", needs)])
    *lines, (_, postcode) = content.address(pupil)
    inside += block(3, "Address", leaves(4, [*lines, ("PostCode", postcode)]))
    return block(2, "Pupil", inside)
