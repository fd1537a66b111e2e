"""The legal powers under which a use may happen, as dated rows. A power that is not in force cannot be chosen.

A power never implies that its items may leave. Dates are the first day on which the power is known to have been in
force; where only the year of an amendment is known, the first day of the next year. An empty date means not known to be
in force, and then the gate says no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

NO_DATA: frozenset[int] = frozenset()
DE_IDENTIFIED = frozenset({3, 4, 5})
IDENTIFIED = frozenset({1, 2, 3, 4, 5})


@dataclass(frozen=True, slots=True)
class Power:
    """One legal gateway.

    `identifiability` holds the first marks of the item classes it reaches; `log_code` is the `basis` of log entries.
    `overrides_choices` names the law under which an objection does not stop this use (empty: objections stop it), and
    `cites_law` says that the row alone is no power: the agreement must name the law relied on. `reaches_leavers` says
    that it also reaches the records of people who have left school; without it those are never used about one person.
    `plain` is what a parent or pupil reads beside the law: one sentence without its numbers.
    """

    code: str
    law: str
    who: str
    what_for: str
    conditions: str
    starts: date | None
    ends: date | None
    purposes: frozenset[str]
    identifiability: frozenset[int]
    plain: str
    overrides_choices: str = ""
    cites_law: bool = False
    reaches_leavers: bool = False

    @property
    def log_code(self) -> str:
        """The code in the log: the specification allows small letters only."""
        return self.code.lower()

    def in_force(self, day: date) -> bool:
        """Whether the power can be relied on on `day`."""
        return self.starts is not None and self.starts <= day and (self.ends is None or day <= self.ends)


_RESEARCH = frozenset({"research-analysis", "statistics"})
_SAFETY = frozenset({"safeguarding", "missing-child"})

_ALL = (
    Power("PWR-01", "Education Act 1996, section 537A(1) and (2), with SI 2013/2094",
          "Schools, to the Secretary of State", "The items of the school census",
          "The item stands in the Schedule; England.", date(2014, 1, 1), None,
          frozenset({"school-census"}), IDENTIFIED,
          plain="The law says that schools must send these facts three times a year.",
          overrides_choices="Education Act 1996, section 537A: schools must send the census"),
    Power("PWR-02", "Education Act 1996, section 537A(4) to (6), with SI 2009/1563, regulation 3",
          "Prescribed persons and categories of persons", "Research and statistics among other prescribed ends",
          "The recipient is one the Regulations prescribe.", date(2009, 9, 1), None, _RESEARCH, DE_IDENTIFIED,
          plain="The law names kinds of people who may use facts, without names, for research and statistics."),
    Power("PWR-03", "SI 2009/1563, as amended in 2013",
          "Persons who promote the education or well-being of children in England",
          "Research or analysis; statistics; information, advice or guidance",
          "The person requires individual pupil information for it. Each of the three is a purpose of its own.",
          date(2014, 1, 1), None, _RESEARCH | {"information-advice-guidance"}, DE_IDENTIFIED,
          plain="The law lets people who work for better schools or happier children study facts, without names."),
    Power("PWR-04", "Digital Economy Act 2017, section 64", "Accredited researchers", "Accredited research",
          "De-identified first by an accredited processor; project, people and place accredited; reasonable steps "
          "against disclosure.", date(2021, 7, 1), None, _RESEARCH, DE_IDENTIFIED,
          plain="The law lets trained and approved researchers study facts, without names."),
    Power("PWR-05", "Children Act 2004, section 16LA", "Safeguarding bodies",
          "Information relevant to a child's safety or welfare",
          "Not where telling would harm the child more than silence.", None, None, _SAFETY, IDENTIFIED,
          plain="The law lets people who keep children safe share what they need to know about a child.",
          overrides_choices="Children Act 2004, section 16LA"),
    Power("PWR-06", "Children Act 2004, section 16LC", "Designated persons, under regulations",
          "A consistent identifier for a child", "Regulations have not been made.", None, None, _SAFETY, IDENTIFIED,
          plain="A law that would give each child one number for all services. It is not in use."),
    Power("PWR-07", "Children's Wellbeing and Schools Act 2026, registers of children not in school",
          "Local authorities", "Registers of children not in school", "Not in force; no date announced.", None, None,
          frozenset({"safeguarding"}), IDENTIFIED,
          plain="A law that would list children who are not in school. It is not in use."),
    Power("PWR-08", "SI 2005/1437, regulation 5", "The parent", "The educational record",
          "Asked for in writing.", date(2006, 1, 1), None, frozenset({"education-record"}), IDENTIFIED,
          plain="The law gives a parent the right to see the school’s record of their child.",
          overrides_choices="SI 2005/1437, regulation 5"),
    Power("PWR-09", "A court order", "Whoever the order names", "As the order says",
          "The order itself is the evidence and is named in the agreement.", date(2018, 5, 25), None,
          frozenset({"court-order"}), IDENTIFIED,
          plain="A court ordered it.", overrides_choices="The order of the court", cites_law=True,
          reaches_leavers=True),
    Power("PWR-10", "Police and crime, under a power cited in the agreement", "A police force",
          "One named child in one named investigation",
          "The exemption for crime is not a power: the agreement cites the power relied on.", date(2018, 5, 25), None,
          frozenset({"crime-investigation", "missing-child"}), IDENTIFIED,
          plain="The police may ask about one child in one case, under a law that their agreement names.",
          overrides_choices="The law cited in the agreement with the police", cites_law=True),
    Power("PWR-11", "Agreement with the Home Office, under a power cited in it", "The Home Office",
          "One named child, as each clause of the agreement says",
          "Clause by clause; a review that is overdue stops it.",
          date(2015, 7, 1), None, frozenset({"immigration-enforcement"}), IDENTIFIED,
          plain="The Home Office may ask about one child in one case, under a law that its agreement names.",
          overrides_choices="The law cited in the agreement with the Home Office", cites_law=True),
    Power("PWR-12", "Education Act 2005, section 114", "Schools, about their workforce", "School workforce data",
          "No pupil data.", date(2006, 1, 1), None, frozenset(), NO_DATA,
          plain="The law is about people who work in schools. It gives nobody any fact about a pupil."),
)  # fmt: skip

POWERS: Mapping[str, Power] = {power.code: power for power in _ALL}


def powers_in_force(day: date) -> tuple[Power, ...]:
    """The powers a request made on `day` may name."""
    return tuple(power for power in _ALL if power.in_force(day))


def power_of_log_code(code: str) -> Power | None:
    """The power a `basis` in the log stands for, or nothing where the table has no such row."""
    return next((power for power in _ALL if power.log_code == code), None)
