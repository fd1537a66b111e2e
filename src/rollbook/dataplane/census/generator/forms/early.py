"""Writes the early years census of one authority: its settings with their children, as XML or CSV."""

from collections.abc import Sequence
from typing import Final

from rollbook.dataplane.census.generator.calendar import When
from rollbook.dataplane.census.generator.forms.content import Pairs, Written
from rollbook.dataplane.census.generator.forms.school_xml import block, leaf, leaves
from rollbook.dataplane.census.generator.persons import has_number
from rollbook.dataplane.census.generator.records import Pupil, Return, School
from rollbook.kernel.terms import age_on

# A record of the CSV has these values in this order, an empty one where there is nothing to tell.
_CHILD: Final = (
    "UPN", "FormerUPN", "Surname", "Forename", "MiddleNames", "PreferredSurname", "Sex", "DOB", "Ethnicity", "EYPPR",
    "EYPPBF", "DAFindicator", "EligibilityCode", "FundedHours", "ExtendedHours", "ExpandedHours", "HoursAtSetting",
    "SENprovision", "FundingBasis", "PAON", "Street", "Town", "PostCode",
)  # fmt: skip


def write_xml(settings: Sequence[Return], when: When) -> Written:
    """The authority's return as XML."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<!-- Invented return: no real child or setting. -->"]
    lines += ["<Message>", *_header(settings[0].school.lea, when), "  <Establishments>"]
    starts = []
    for setting in settings:
        lines += ["    <Establishment>", *block(3, "EstablishmentCharacteristics", leaves(4, _facts(setting.school)))]
        lines.append("      <Children>")
        for child in setting.on_roll:
            starts.append(len(lines) + 1)
            lines += _child(child, when)
        lines += ["      </Children>", "    </Establishment>"]
    lines += ["  </Establishments>", "</Message>", ""]
    return Written("\n".join(lines).encode(), tuple(starts))


def write_csv(settings: Sequence[Return], when: When) -> Written:
    """The authority's return as CSV."""
    head = ["H", "EYC", when.term.value, when.year, when.day, "L", settings[0].school.lea, "ROLLBOOK", "", "001"]
    lines, starts = [",".join(map(str, [*head, f"{when.day}T10:36:42"]))], []
    for setting in settings:
        facts = dict(_facts(setting.school))
        lines.append(f"E,{facts['URN']},,{facts['EstablishmentName']},{facts['PostCode']}")
        for child in setting.on_roll:
            starts.append(len(lines) + 1)
            told = dict(pair for pairs in _told(child, when).values() for pair in pairs)
            lines.append(",".join(["C", *(str(told.get(name, "")) for name in _CHILD)]))
    return Written("\n".join([*lines, ""]).encode(), tuple(starts))


def _header(lea: str, when: When) -> list[str]:
    details: Pairs = [("Collection", "EYC"), ("Term", when.term.value), ("Year", when.year)]
    source: Pairs = [("SourceLevel", "L"), ("LEA", lea), ("SoftwareCode", "ROLLBOOK"), ("SerialNo", "001")]
    details.append(("ReferenceDate", when.day))
    source.append(("DateTime", f"{when.day}T10:36:42"))
    inside = block(2, "CollectionDetails", leaves(3, details)) + block(2, "Source", leaves(3, source))
    return block(1, "Header", inside)


def _facts(setting: School) -> Pairs:
    return [("URN", setting.urn), ("EstablishmentName", setting.name), ("PostCode", setting.postcode)]


def _told(child: Pupil, when: When) -> dict[str, Pairs]:
    """What is told of a child, by module. Rules count their age on the reference date."""
    age = age_on(child.born, when.day)
    extended = age >= 3 and child.hours_at_setting == 30.0
    premium = age >= 3 and child.hours_at_setting == 22.5
    home = child.address
    modules: dict[str, Pairs] = {
        "ChildIdentifiers": [
            ("UPN", child.upn if has_number(child) else ""), ("Surname", child.surname), ("Forename", child.forename),
            ("MiddleNames", child.middle_names), ("Sex", child.sex), ("DOB", child.born),
        ],
        "ChildCharacteristics": [
            ("Ethnicity", child.ethnicity), ("EYPPR", "Y" if premium else "N" if age >= 3 else ""),
            ("EYPPBF", "RE" if premium else ""), ("EligibilityCode", child.eligibility_code if extended else ""),
            ("FundingBasis", child.funding_basis if age == 2 else ""),
        ],
        "Attendance": [
            ("FundedHours", 15.0), ("ExtendedHours", 15.0 if extended else ""),
            ("HoursAtSetting", child.hours_at_setting),
        ],
        "SpecialEducationalNeeds": [("SENprovision", child.sen)],
        "HomeInformation": [
            ("PAON", home.house), ("Street", home.street), ("Town", home.town), ("PostCode", home.postcode),
        ],
    }  # fmt: skip
    return {name: [pair for pair in pairs if pair[1] != ""] for name, pairs in modules.items()}


def _child(child: Pupil, when: When) -> list[str]:
    lines: list[str] = []
    for module, pairs in _told(child, when).items():
        if module == "HomeInformation":
            inside = block(6, "Address", leaves(7, pairs))
        else:
            inside = leaves(6, [pair for pair in pairs if pair[0] != "FundingBasis"])
            basis = [leaf(8, *pair) for pair in pairs if pair[0] == "FundingBasis"]
            inside += block(6, "FundingBases", block(7, "FundingBasisItem", basis))
        lines += block(5, module, inside)
    return block(4, "Child", lines)
