"""PT-049 to PT-052: special needs, exclusions and attendance."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rollbook.dataplane.census.labels import ABSENT, COUNTED
from rollbook.dataplane.census.landed_forms import (
    CrossRow,
    CrossTable,
    NotLanded,
    Row,
    Setting,
    Total,
    WholeReturn,
    sql_day,
    sql_list,
)
from rollbook.dataplane.census.ruling import Finding, Pupil, ReturnView, Severity, rule, where
from rollbook.kernel.terms import Term

_SEN = "P1/SpecialEducationalNeeds"
_EXCLUSION = "P1/Exclusions/TermlyExclusion"
_SESSIONS = "P1/Attendance/TermlyAttendance"
_PERMANENT = "+ P1/Exclusions <TermlyExclusion><Category>PERM</Category><Reason1>DB</Reason1><StartDate>{}</StartDate></TermlyExclusion>"  # noqa: E501
_TOO_MANY = 0.5
_NEEDS: Final = Total("needs", "sen_need", "count(*)")
_RANKED: Final = Total("ranked", "sen_need", "list_sort(list(sen_type_rank)) = range(1, count(*) + 1)")
_PERMANENT_BEFORE: Final = (
    "count(*) FILTER (exclusion_category = 'PERM')"
    " OVER ({pupil} ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
)
BLOCKS: Final = (
    ("sessions_possible", "session", "attendance"),
    ("second_half_sessions_possible", "second_half_session", "second_half"),
)


def _sessions(table: str, prefix: str, codes: frozenset[str], word: str) -> Total:
    what = f"sum({prefix}_sessions) FILTER ({prefix}_reason IN {sql_list(codes)})"
    return Total(f"{table}_{word}", table, what)


def _out_of_window(setting: Setting) -> str:
    if setting.windows is None:
        return "exclusion_start_date IS NULL"
    first, last = setting.windows.exclusions.first, setting.windows.exclusions.last
    return f"coalesce(exclusion_start_date NOT BETWEEN {sql_day(first)} AND {sql_day(last)}, true)"


@rule(
    "PT-049", Severity.ERROR, "Pupil in special school with no SEN",
    mend="Set the SEN provision to K or E, or correct the school's intake.",
    source="ASPEN", fields=("SENprovision", "Intake"),
    passes=("S/Intake = SPEC", "- P2", "P3/SpecialEducationalNeeds/SENprovision = E"), fails=("S/Intake = SPEC",),
    landed=NotLanded("The school's intake is not landed."),
)  # fmt: skip
def special_school_needs(view: ReturnView) -> Iterator[Finding]:
    """By the school's intake."""
    special = view.school.intake == "SPEC"
    return where(view.on_roll, lambda p: special and p.text("sen_provision") == "N", "sen-provision")


@rule(
    "PT-050a", Severity.ERROR, "No SEN, but SEN details given",
    mend="Remove the needs and set both indicators to 0, or correct the SEN provision.",
    source="ASPEN", fields=("SENprovision", "SENtype", "SENunitIndicator", "ResourcedProvisionIndicator"),
    passes=(f"{_SEN}/SENprovision = N", f"- {_SEN}/SENneeds"), fails=(f"{_SEN}/SENprovision = N",),
    landed=(CrossTable("sen-provision", "on_roll AND sen_provision = 'N' AND (needs > 0"
        " OR sen_unit <> '0' OR resourced_provision <> '0')", (_NEEDS,)),),
)  # fmt: skip
def needs_without_provision(view: ReturnView) -> Iterator[Finding]:
    """An indicator that is missing counts as 0."""
    return where(view.on_roll, lambda p: p.text("sen_provision") == "N" and _has_needs(p), "sen-provision")


def _has_needs(pupil: Pupil) -> bool:
    indicators = (pupil.text("sen_unit") or "0", pupil.text("resourced_provision") or "0")
    return bool(pupil.rows.get("sen_need")) or indicators != ("0", "0")


@rule(
    "PT-050b", Severity.ERROR, "SEN needs must be ranked from 1",
    mend="Give the main need rank 1, the next rank 2, each once.",
    source="OWN", fields=("SENtypeRank", "SENprovision"),
    passes=(f"+ {_SEN}/SENneeds <SENneed><SENtypeRank>2</SENtypeRank><SENtype>MLD</SENtype></SENneed>",),
    fails=(f"{_SEN}/SENneeds/SENneed/SENtypeRank = 2",), terms=(Term.SPRING,),
    landed=(CrossTable("sen-type-rank", "on_roll AND sen_provision IN ('K', 'E')"
        " AND NOT coalesce(ranked, false)", (_RANKED,)),),
)  # fmt: skip
def needs_ranked(view: ReturnView) -> Iterator[Finding]:
    """Needs are not asked in other terms."""
    return where(view.on_roll, lambda p: p.text("sen_provision") in ("K", "E") and _unranked(p), "sen-type-rank")


def _unranked(pupil: Pupil) -> bool:
    ranks = [row["sen_type_rank"] for row in pupil.rows.get("sen_need", ())]
    return not ranks or None in ranks or sorted(ranks) != list(range(1, len(ranks) + 1))


def _exclusions(view: ReturnView, *categories: str) -> Iterator[tuple[Pupil, Mapping[str, Any]]]:
    for pupil in view.pupils:
        for row in pupil.rows.get("exclusion", ()):
            if not categories or row["exclusion_category"] in categories:
                yield pupil, row


@rule(
    "PT-051a", Severity.ERROR, "Pupil has more than one permanent exclusion",
    mend="Keep the one that stands.", source="ASPEN", fields=("Category",),
    passes=(_PERMANENT.format("2024-06-20"),),
    fails=(_PERMANENT.format("2024-06-20"), _PERMANENT.format("2024-07-01")),
    landed=(CrossRow("exclusion", "exclusion-category", "exclusion_category = 'PERM' AND permanent_before > 0",
        (("permanent_before", _PERMANENT_BEFORE),)),),
)  # fmt: skip
def one_permanent(view: ReturnView) -> Iterator[Finding]:
    """In one return."""
    seen: set[int] = set()
    for pupil, row in _exclusions(view, "PERM"):
        if pupil.no in seen:
            yield pupil.at("exclusion-category", row["line"])
        seen.add(pupil.no)


@rule(
    "PT-051b", Severity.ERROR, "Exclusion date outside the collection window",
    mend="Leave the exclusion out; each return looks back at one term, two terms ago. Or correct the date.",
    source="PAGE:connectup", dfe_ref="SC 2290", fields=("StartDate",),
    passes=(f"{_EXCLUSION}/StartDate = 2024-04-01",), fails=(f"{_EXCLUSION}/StartDate = 2024-09-02",),
    landed=(Row("exclusion", "exclusion-start-date", _out_of_window),),
)  # fmt: skip
def exclusion_in_window(view: ReturnView) -> Iterator[Finding]:
    """A missing date is outside as well."""
    for pupil, row in _exclusions(view):
        start = row["exclusion_start_date"]
        if start is None or (view.windows is not None and start not in view.windows.exclusions):
            yield pupil.at("exclusion-start-date", row["line"])


@rule(
    "PT-051c", Severity.ERROR, "Suspension must have 1 to 90 sessions",
    mend="Give the length in half days; 45 days a year is the most the law allows.",
    source="OWN", fields=("Sessions", "Category"),
    passes=(f"{_EXCLUSION}/Sessions = 90",), fails=(f"{_EXCLUSION}/Sessions = 91",),
    landed=(Row("exclusion", "exclusion-sessions", "exclusion_category = 'SUSP'"
        " AND coalesce(exclusion_sessions, 0) NOT BETWEEN 1 AND 90"),),
)  # fmt: skip
def suspension_length(view: ReturnView) -> Iterator[Finding]:
    """A permanent exclusion has no length."""
    for pupil, row in _exclusions(view, "SUSP"):
        if not 1 <= (row["exclusion_sessions"] or 0) <= 90:
            yield pupil.at("exclusion-sessions", row["line"])


@rule(
    "PT-051d", Severity.QUERY, "Exclusion given but no excluded sessions recorded",
    mend="Check that the register used code E, or say why no half day in the attendance period has it.",
    source="PAGE:connectup", dfe_ref="SC 2485", fields=("Category", "AttendanceReason"),
    passes=(), fails=(f"- {_SESSIONS}/SessionDetails/SessionDetail[2]",),
    landed=(CrossTable("exclusion-category", "excluded > 0 AND coalesce(excluded_marks, 0) = 0", (
        Total("excluded", "exclusion", "count(*) FILTER (exclusion_category IN ('SUSP', 'PERM'))"),
        Total("excluded_marks", "session", "count(*) FILTER (attendance_reason = 'E')"),
    )),),
)  # fmt: skip
def excluded_sessions(view: ReturnView) -> Iterator[Finding]:
    """One query a pupil, however many exclusions."""
    excluded = {pupil.no for pupil, _ in _exclusions(view, "SUSP", "PERM")}
    for pupil in view.pupils if excluded else ():
        if pupil.no in excluded and all(row["attendance_reason"] != "E" for row in pupil.rows.get("session", ())):
            yield pupil.at("exclusion-category")


@rule(
    "PT-052a", Severity.ERROR, "Attendance must not be given for this pupil",
    mend="Leave attendance out for pupils under 5 or over 15 at 31 August and for boarders.",
    source="ASPEN (its code tests under 4)", dfe_ref="SC 2470", fields=("SessionsPossible", "Boarder", "DOB"),
    passes=(), fails=("P1/PupilStatus/Boarder = 7",),
    landed=(CrossTable("sessions-possible", "(sessions_possible IS NOT NULL OR session_rows > 0)"
        " AND (age NOT BETWEEN 5 AND 15 OR boarder IN ('B', '6', '7'))",
        (Total("session_rows", "session", "count(*)"),)),),
)  # fmt: skip
def attendance_by_age(view: ReturnView) -> Iterator[Finding]:
    """Age at the previous 31 August."""
    for pupil in view.pupils:
        outside = pupil.age is not None and not 5 <= pupil.age <= 15
        given = pupil.number("sessions_possible") is not None or bool(pupil.rows.get("session"))
        if given and (outside or pupil.text("boarder") in ("B", "6", "7")):
            yield pupil.at("sessions-possible")


def _counted(pupil: Pupil, table: str, prefix: str) -> int:
    """Half days of a pupil, present or absent."""
    reason, sessions = f"{prefix}_reason", f"{prefix}_sessions"
    return sum(row[sessions] or 0 for row in pupil.rows.get(table, ()) if row[reason] in COUNTED)


@rule(
    "PT-052b", Severity.ERROR, "Sessions by code exceed sessions possible",
    mend="Run the attendance totals again; half days under one code may have been counted twice.",
    source="OWN", fields=("SessionsPossible", "Sessions"),
    passes=(f"{_SESSIONS}/SessionsPossible = 9",), fails=(f"{_SESSIONS}/SessionsPossible = 8",),
    landed=tuple(
        CrossTable(possible.replace("_", "-"), f"{table}_counted > {possible}",
                   (_sessions(table, prefix, COUNTED, "counted"),))
        for possible, table, prefix in BLOCKS
    ),
)  # fmt: skip
def sessions_add_up(view: ReturnView) -> Iterator[Finding]:
    """Codes for half days that were not possible do not count."""
    for pupil in view.pupils:
        for possible, table, prefix in BLOCKS:
            total = pupil.number(possible)
            if total is not None and _counted(pupil, table, prefix) > total:
                yield pupil.at(possible.replace("_", "-"))


@rule(
    "PT-052c", Severity.QUERY, "Whole-school absence is not plausible",
    mend="Check that the register was counted, or say why so many or no pupils were away.",
    source="OWN", fields=("SessionsPossible", "AttendanceReason"),
    passes=(), fails=("- P1/Attendance", "- P3/Attendance"),
    landed=(WholeReturn("sessions-possible", f"possible > 0 AND (coalesce(session_absent, 0) = 0"
        f" OR session_absent / possible > {_TOO_MANY})",
        (Total("possible", "pupil", "sum(sessions_possible)"), _sessions("session", "attendance", ABSENT, "absent"))),),
)  # fmt: skip
def plausible_absence(view: ReturnView) -> Iterator[Finding]:
    """Above half, or exactly none, over all pupils with attendance."""
    possible = view.total("pupil", "sessions_possible")
    absent = view.total("session", "attendance_sessions", "attendance_reason", ABSENT)
    if possible and (absent == 0 or absent / possible > _TOO_MANY):
        yield Finding(1, None, "sessions-possible")


RULES = (
    special_school_needs, needs_without_provision, needs_ranked, one_permanent, exclusion_in_window, suspension_length,
    excluded_sessions, attendance_by_age, sessions_add_up, plausible_absence,
)  # fmt: skip
