"""PT-029 to PT-041: what the return says about the pupil, and items that may no longer be sent."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate
from typing import Any, Final

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.census.gathering import WITHDRAWN_RULE
from rollbook.dataplane.census.landed_forms import READER_ONLY, CrossRow, CrossTable, Row, Total
from rollbook.dataplane.census.ruling import Finding, Pupil, ReturnView, Severity, rule, where
from rollbook.kernel.terms import Term

_C = "P1/PupilCharacteristics"
_FSM = f"{_C}/FSMperiods/FSMperiod"
_SECOND_PERIOD = (
    f"+ {_C}/FSMperiods <FSMperiod><FSMstartDate>{{}}</FSMstartDate><UKcountry>{{}}</UKcountry></FSMperiod>"
)
ELIGIBILITY: Final = re.compile(r"[0-9]{11}")
_HOURS = "P2/PupilCharacteristics"
_YOUNG_ONLY: Final = ("funded-hours", "hours-at-setting")
_ENDED_BEFORE: Final = (
    "max(CASE WHEN fsm_start_date IS NOT NULL THEN coalesce(fsm_end_date, DATE '9999-12-31') END) OVER ({pupil},"
    " uk_country ORDER BY fsm_start_date NULLS LAST, line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
)
_OPEN_PERIODS: Final = Total("open_periods", "fsm_period", "count(*) FILTER (fsm_end_date IS NULL)")


def _from_five(pupil: Pupil) -> bool:
    return pupil.age is not None and pupil.age >= 5


@rule(
    "PT-029", Severity.ERROR, "Language missing or invalid for pupil aged 5 or over",
    mend="Give the first language the family declared. REF says that they refused, NOT that it is not yet known.",
    source="ASPEN", fields=("Language",), passes=(f"{_C}/Language = REF",), fails=(f"- {_C}/Language",),
    landed=(Row("pupil", "language", lambda s: "on_roll AND ((language IS NULL AND age >= 5"
        f" AND phase IS DISTINCT FROM 'NS') OR {s.outside('language')})"),),
)  # fmt: skip
def language(view: ReturnView) -> Iterator[Finding]:
    """Not asked of nursery schools. An invalid code is wrong at any age."""
    known = codes_of("language", view.header.collection_code)
    for pupil in view.on_roll:
        code = pupil.text("language")
        asked = _from_five(pupil) and view.school.phase != "NS"
        if (code is None and asked) or (code is not None and code not in known):
            yield pupil.at("language")


@rule(
    "PT-030", Severity.ERROR, "Ethnicity missing or invalid",
    mend="Give the code the family declared. REFU says that they refused, NOBT that it is not yet known. Never guess.",
    source="CSCV (analogue)", dfe_ref="CIN 4220", fields=("Ethnicity",),
    passes=(f"{_C}/Ethnicity = REFU",), fails=(f"{_C}/Ethnicity = XXXX",), terms=(Term.SPRING,),
    landed=(Row("pupil", "ethnicity",
        lambda s: f"(ethnicity IS NULL AND on_roll AND age >= 5) OR {s.outside('ethnicity')}"),),
)  # fmt: skip
def ethnicity(view: ReturnView) -> Iterator[Finding]:
    """Asked of pupils on roll aged 5 or over; an invalid code is wrong at any age."""
    known = codes_of("ethnicity", view.header.collection_code)
    for pupil in view.pupils:
        code = pupil.text("ethnicity")
        if (code is None and pupil.on_roll and _from_five(pupil)) or (code is not None and code not in known):
            yield pupil.at("ethnicity")


def _periods(view: ReturnView) -> Iterator[tuple[Pupil, Mapping[str, Any]]]:
    return ((pupil, row) for pupil in view.pupils for row in pupil.rows.get("fsm_period", ()))


@rule(
    "PT-031", Severity.ERROR, "Free meal period ends before it starts",
    mend="Correct one of the two dates.", source="OWN", fields=("FSMstartDate", "FSMendDate"),
    passes=(f"+ {_FSM} <FSMendDate>2024-12-20</FSMendDate>",), fails=(f"+ {_FSM} <FSMendDate>2024-01-01</FSMendDate>",),
    landed=(Row("fsm_period", "fsm-end-date", "fsm_end_date < fsm_start_date"),),
)  # fmt: skip
def meals_in_order(view: ReturnView) -> Iterator[Finding]:
    """An open period has no end."""
    for pupil, row in _periods(view):
        start, end = row["fsm_start_date"], row["fsm_end_date"]
        if start is not None and end is not None and end < start:
            yield pupil.at("fsm-end-date", row["line"])


@rule(
    "PT-032", Severity.ERROR, "Free meal period starts after census day",
    mend="Leave the period out; it belongs to the next return.", source="OWN", fields=("FSMstartDate",),
    passes=(f"{_FSM}/FSMstartDate = 2025-01-16",), fails=(f"{_FSM}/FSMstartDate = 2025-01-17",),
    landed=(Row("fsm_period", "fsm-start-date", lambda s: f"fsm_start_date > {s.census_day}"),),
)  # fmt: skip
def meals_begun(view: ReturnView) -> Iterator[Finding]:
    """Census day itself is still inside."""
    for pupil, row in _periods(view):
        if view.day is not None and row["fsm_start_date"] is not None and row["fsm_start_date"] > view.day:
            yield pupil.at("fsm-start-date", row["line"])


@rule(
    "PT-033", Severity.ERROR, "Free meal periods overlap",
    mend="Join the two periods, or end the first before the second starts.",
    source="OWN", fields=("FSMstartDate", "FSMendDate", "UKcountry"),
    passes=(_SECOND_PERIOD.format("2025-01-06", "WLS"),), fails=(_SECOND_PERIOD.format("2025-01-06", "ENG"),),
    landed=(CrossRow("fsm_period", "fsm-start-date", "fsm_start_date <= ended_before",
        (("ended_before", _ENDED_BEFORE),)),),
)  # fmt: skip
def meals_apart(view: ReturnView) -> Iterator[Finding]:
    """In the same country, with any period that started earlier. A period without an end runs on."""
    for pupil in view.pupils:
        periods = pupil.rows.get("fsm_period", ())
        if len(periods) < 2:
            continue
        by_country: defaultdict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
        for row in periods:
            if row["fsm_start_date"] is not None:
                by_country[row["uk_country"]].append(row)
        for rows in by_country.values():
            rows.sort(key=lambda row: (row["fsm_start_date"], row["line"]))
            ended = accumulate((row["fsm_end_date"] or date.max for row in rows), max)
            for last_end, after in zip(ended, rows[1:], strict=False):
                if after["fsm_start_date"] <= last_end:
                    yield pupil.at("fsm-start-date", after["line"])


@rule(
    "PT-034", Severity.QUERY, "Service child shown with free meals",
    mend="Check both with the family, or say that both are right.",
    source="ASPEN (older rule)", fields=("ServiceChild", "FSMstartDate"),
    passes=(f"{_C}/ServiceChild = R",), fails=(f"{_C}/ServiceChild = Y",),
    landed=(CrossTable("service-child", "on_roll AND service_child = 'Y' AND open_periods > 0", (_OPEN_PERIODS,)),),
)  # fmt: skip
def service_child_meals(view: ReturnView) -> Iterator[Finding]:
    """Only a period still open."""
    for pupil in view.on_roll:
        if pupil.text("service_child") == "Y" and any(
            row["fsm_end_date"] is None for row in pupil.rows.get("fsm_period", ())
        ):
            yield pupil.at("service-child")


@rule(
    "PT-035", Severity.ERROR, "Youth support services agreement missing or invalid",
    mend="Give Yes, No, UNS (not yet asked) or SNR (asked, no reply).", source="ASPEN", fields=("YSSA",),
    passes=("S/Phase = SS", "P1/PupilIdentifiers/DOB = 2012-01-01", f"+ {_C} <YSSA>UNS</YSSA>"),
    fails=("S/Phase = SS", "P1/PupilIdentifiers/DOB = 2012-01-01"),
    landed=(Row("pupil", "yssa", lambda s: "phase IN ('MP', 'SS', 'SP') AND on_roll AND age >= 12"
        " AND age <= CASE WHEN sen_provision = 'E' THEN 25 ELSE 20 END"
        f" AND (yssa IS NULL OR {s.outside('yssa')})"),),
)  # fmt: skip
def youth_support(view: ReturnView) -> Iterator[Finding]:
    """Asked from age 12 to 20, or to 25 with an education, health and care plan."""
    if view.school.phase not in ("MP", "SS", "SP"):
        return
    known = codes_of("yssa", view.header.collection_code)
    for pupil in view.on_roll:
        last = 25 if pupil.text("sen_provision") == "E" else 20
        if pupil.age is not None and 12 <= pupil.age <= last and pupil.text("yssa") not in known:
            yield pupil.at("yssa")


@rule(
    "PT-036", Severity.ERROR, "Funded hours or hours at setting must not be given at age 5 or over",
    mend="Leave both out for this pupil, or correct the date of birth.",
    source="ASPEN", dfe_ref="SC 1851, SC 1854", fields=("FundedHours", "HoursAtSetting"),
    passes=(), fails=(f"+ {_C} <FundedHours>15.0</FundedHours>",),
    landed=tuple(
        Row("pupil", item, f"on_roll AND age >= 5 AND {item.replace('-', '_')} IS NOT NULL") for item in _YOUNG_ONLY
    ),
)  # fmt: skip
def hours_by_age(view: ReturnView) -> Iterator[Finding]:
    """They are about nursery children."""
    for pupil in filter(_from_five, view.on_roll):
        for item in _YOUNG_ONLY:
            if pupil.number(item.replace("-", "_")) is not None:
                yield pupil.at(item)


@rule(
    "PT-037", Severity.ERROR, "Funded hours missing or not 0 to 15 in steps of 0.5",
    mend="Give the free hours a week, 0 when there are none.", source="ASPEN", fields=("FundedHours",),
    passes=(f"{_HOURS}/FundedHours = 12.5",), fails=(f"{_HOURS}/FundedHours = 12.25",),
    landed=(Row("pupil", "funded-hours", "on_roll AND age IN (2, 3) AND NOT coalesce(funded_hours BETWEEN 0 AND 15"
        " AND funded_hours * 2 = floor(funded_hours * 2), false)"),),
)  # fmt: skip
def funded_hours(view: ReturnView) -> Iterator[Finding]:
    """Children aged 2 and 3."""
    return where(view.on_roll, lambda p: p.age in (2, 3) and not _half_steps(p.number("funded_hours")), "funded-hours")


def _half_steps(hours: float | None) -> bool:
    return hours is not None and 0 <= hours <= 15 and hours * 2 == int(hours * 2)


@rule(
    "PT-038", Severity.ERROR, "Extended hours need 15 funded hours and an eligibility code",
    mend="Give the 11-digit code the parents were given, and 15 funded hours, or no extended hours.",
    source="OWN", fields=("ExtendedHours", "FundedHours", "EligibilityCode"),
    passes=(
        f"+ {_HOURS} <ExtendedHours>10.0</ExtendedHours>",
        f"+ {_HOURS} <EligibilityCode>50012345678</EligibilityCode>",
    ),
    fails=(f"+ {_HOURS} <ExtendedHours>10.0</ExtendedHours>",),
    landed=(Row("pupil", "extended-hours", "on_roll AND extended_hours > 0 AND NOT coalesce(funded_hours = 15"
        " AND regexp_full_match(eligibility_code, '[0-9]{11}'), false)"),),
)  # fmt: skip
def extended_hours(view: ReturnView) -> Iterator[Finding]:
    """Zero extended hours need nothing."""
    for pupil in view.on_roll:
        code = pupil.text("eligibility_code") or ""
        entitled = pupil.number("funded_hours") == 15 and ELIGIBILITY.fullmatch(code)
        if (pupil.number("extended_hours") or 0) > 0 and not entitled:
            yield pupil.at("extended-hours")


@rule(
    "PT-039", Severity.ERROR, "Hours at setting below funded hours or above 70",
    mend="Hours at setting count all hours, the funded ones among them.",
    source="OWN", fields=("HoursAtSetting", "FundedHours"),
    passes=(f"{_HOURS}/HoursAtSetting = 30",), fails=(f"{_HOURS}/HoursAtSetting = 10",),
    landed=(Row("pupil", "hours-at-setting",
        "on_roll AND hours_at_setting NOT BETWEEN coalesce(funded_hours, 0) AND 70"),),
)  # fmt: skip
def hours_at_setting(view: ReturnView) -> Iterator[Finding]:
    """Judged when given."""
    for pupil in view.on_roll:
        hours = pupil.number("hours_at_setting")
        if hours is not None and not (pupil.number("funded_hours") or 0) <= hours <= 70:
            yield pupil.at("hours-at-setting")


@rule(
    "PT-040", Severity.ERROR, "Young carer indicator invalid",
    mend="Give P (told by the family), S (seen by the school) or N (not declared).",
    source="LIIA", fields=("YoungCarer",), valid_from=date(2023, 1, 1),
    passes=(f"{_C}/YoungCarer = P",), fails=(f"{_C}/YoungCarer = Y",),
    landed=(Row("pupil", "young-carer", lambda s: f"on_roll AND {s.outside('young-carer', absent='N')}"),),
)  # fmt: skip
def young_carer(view: ReturnView) -> Iterator[Finding]:
    """Judged when given."""
    known = codes_of("young-carer", view.header.collection_code)
    return where(view.on_roll, lambda p: (p.text("young_carer") or "N") not in known, "young-carer")


@rule(
    WITHDRAWN_RULE, Severity.DROPPED, "This item is no longer collected; it was rejected and the discard recorded",
    mend="Switch nationality and country of birth off in the school's system. Families need not be asked.",
    source="OWN (platform rule)", fields=("Nationality", "CountryOfBirth"), valid_from=date(2018, 7, 1),
    passes=(), fails=("+ P1/PupilCharacteristics <Nationality>GBR</Nationality>",),
    landed=READER_ONLY,
)  # fmt: skip
def withdrawn(view: ReturnView) -> Iterator[Finding]:
    """The reader dropped it before anything else saw it; only where it stood is left."""
    for discard in view.parsed.discards:
        if discard.rule == WITHDRAWN_RULE:
            yield Finding(discard.line, None, discard.element)


RULES = (
    language, ethnicity, meals_in_order, meals_begun, meals_apart, service_child_meals, youth_support, hours_by_age,
    funded_hours, extended_hours, hours_at_setting, young_carer, withdrawn,
)  # fmt: skip
