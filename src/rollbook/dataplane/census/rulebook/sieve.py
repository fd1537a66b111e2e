"""Which pupils a rule has to look at, found in the columns of a return: a sieve that lets no fault through.

A rule is written about one pupil, as its source words it, and that is slow for all pupils of a nation. So before the
rules go over the pupils of a return that came as columns, each says here of whom it may speak at all: everybody it
would speak of, and perhaps some more. Nobody else is made into a `Pupil`. A rule without a sieve looks at everybody. A
test holds that no finding is lost, whatever is done to a return.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.census.columns import EPOCH, Columns, Mask, Numbers, days
from rollbook.dataplane.census.labels import COUNTED
from rollbook.dataplane.census.rulebook.characteristics import ELIGIBILITY
from rollbook.dataplane.census.rulebook.form import NEEDED
from rollbook.dataplane.census.rulebook.identity import AGE_RANGES
from rollbook.dataplane.census.rulebook.numbers import begins_with_letter, ends_in_letter, sound_ulns, sound_upns
from rollbook.dataplane.census.rulebook.status import AGE_ORDER, REASONS_TO_STAY
from rollbook.dataplane.census.rulebook.support import BLOCKS
from rollbook.dataplane.census.ruling import ReturnView, Rule
from rollbook.kernel.terms import previous_census

_AUGUST: Final = (8, 31)
_FIVE: Final = 5
_UNORDERED: Final = 1_000


class Sieve:
    """The columns of one return of a known census day, and what many rules ask of them. A mask has an entry for each
    pupil, in file order.
    """

    def __init__(self, view: ReturnView, day: date) -> None:
        self.view, self.day = view, days(day)
        self._tables = view.columns
        self.pupil, self.identity = self._tables["pupil"], self._tables["identity"]
        august = date(day.year if day >= date(day.year, *_AUGUST) else day.year - 1, *_AUGUST)
        self.age, self.aged = self.pupil.ages("date_of_birth", august)
        self.on_roll: Mask = self.pupil.table["on_roll"].to_numpy()

    def codes(self, item: str) -> Collection[str]:
        """The codes of an item in this collection."""
        return codes_of(item, self.view.header.collection_code)

    def between(self, first: int, last: int) -> Mask:
        """Pupils of an age from first to last."""
        return self.aged & (self.age >= first) & (self.age <= last)

    def rows(self, table: str) -> Columns | None:
        """A table of rows, None when it has none."""
        return self._tables.get(table)

    def of(self, table: str, broken: Callable[[Columns], Mask]) -> Mask:
        """Pupils with a row of this table that is broken."""
        held = self.rows(table)
        found = np.zeros(len(self.pupil), np.bool_)
        if held is not None:
            found[self.numbers(held)[broken(held)]] = True
        return found

    def numbers(self, held: Columns) -> Numbers:
        """The pupil of each row, counted from none."""
        return held.number("pupil_no")[0] - 1

    def having(self, table: str) -> Mask:
        """Pupils with rows of this table."""
        return self.of(table, lambda held: np.ones(len(held), np.bool_))

    def more_than_one(self, table: str) -> Mask:
        """Pupils with two or more."""
        held = self.rows(table)
        if held is None:
            return self.nobody()
        return np.bincount(self.numbers(held), minlength=len(self.pupil)) > 1

    def nobody(self) -> Mask:
        """No pupil."""
        return np.zeros(len(self.pupil), np.bool_)


def suspects(view: ReturnView, rules: Iterable[Rule]) -> Mask | None:
    """The pupils whom these rules may speak of; None for all of them, when one of the rules or the header does not
    allow to tell.
    """
    asked = {rule.id for rule in rules} - _OF_NOBODY
    if view.day is None or view.windows is None or not view.parsed.pupils:
        return None
    if view.context.upn_elsewhere is not None or not SIEVES.keys() >= asked:
        return None
    sieve = Sieve(view, view.day)
    found = sieve.nobody()
    for one in dict.fromkeys(SIEVES[number] for number in sorted(asked)):
        found |= one(sieve)
    return found


def _unsound_upn(s: Sieve) -> Mask:
    upns = s.identity.column("upn")
    return ~s.nobody() if upns is None else ~sound_upns(upns, date.fromordinal(s.day + EPOCH))


def _shared_upn(s: Sieve) -> Mask:
    coded = s.identity.coded("upn")
    counts = np.bincount(coded.rows, minlength=len(coded.values) + 1)
    counts[len(coded.values)] = 0
    return (counts > 1)[coded.rows]


def _former_upn(s: Sieve) -> Mask:
    formers = s.identity.column("former_upn")
    if formers is None:
        return s.nobody()
    upns: Any = s.identity.table["upn"].combine_chunks()
    same: Mask = pc.fill_null(pc.equal(formers, upns), False).to_numpy(zero_copy_only=False)
    return s.identity.given("former_upn") & (same | ~sound_upns(formers, None))


def _temporary_upn(s: Sieve) -> Mask:
    upns, term, day = s.identity.column("upn"), s.view.term, s.view.day
    if upns is None or term is None or day is None:
        return s.nobody()
    entry, given = s.pupil.number("entry_date")
    return s.on_roll & given & (entry <= days(previous_census(term, day.year))) & ends_in_letter(upns)


def _uln(s: Sieve) -> Mask:
    numbers = s.identity.column("uln")
    return s.nobody() if numbers is None else s.identity.given("uln") & ~sound_ulns(numbers)


def _names(s: Sieve) -> Mask:
    found = s.nobody()
    for column in ("surname", "forename"):
        held = s.identity.column(column)
        found |= ~s.nobody() if held is None else ~begins_with_letter(held)
    return found


def _alike(s: Sieve) -> Mask:
    """Of one birth date and one surname, whatever its case."""
    coded = s.identity.coded("surname")
    folded: dict[str, int] = {}
    number = np.array([*(folded.setdefault(one.casefold(), len(folded)) for one in coded.values), -1])[coded.rows]
    born, given = s.pupil.number("date_of_birth")
    some = np.flatnonzero(given & (number >= 0))
    _, group, counts = np.unique((number[some] << 32) + born[some], return_inverse=True, return_counts=True)
    found = s.nobody()
    found[some[counts[group] > 1]] = True
    return found


def _language(s: Sieve) -> Mask:
    asked = (s.age >= _FIVE) & s.aged if s.view.school.phase != "NS" else s.nobody()
    return s.on_roll & _missing_or_outside(s, "language", "language", asked)


def _ethnicity(s: Sieve) -> Mask:
    return _missing_or_outside(s, "ethnicity", "ethnicity", s.on_roll & s.aged & (s.age >= _FIVE))


def _missing_or_outside(s: Sieve, column: str, item: str, asked: Mask) -> Mask:
    return s.pupil.outside(column, s.codes(item)) | (asked & ~s.pupil.given(column))


def _before(one: str, other: str) -> Callable[[Columns], Mask]:
    """The rows of which the first day is before the other."""

    def broken(held: Columns) -> Mask:
        (first, has), (second, had) = held.number(one), held.number(other)
        return has & had & (first < second)

    return broken


def _begun_late(s: Sieve) -> Mask:
    def broken(held: Columns) -> Mask:
        start, given = held.number("fsm_start_date")
        return given & (start > s.day)

    return s.of("fsm_period", broken)


def _youth_support(s: Sieve) -> Mask:
    if s.view.school.phase not in ("MP", "SS", "SP"):
        return s.nobody()
    return s.on_roll & s.between(12, 25) & s.pupil.outside("yssa", s.codes("yssa"), none=True)


def _hours_by_age(s: Sieve) -> Mask:
    given = s.pupil.given("funded_hours") | s.pupil.given("hours_at_setting")
    return s.on_roll & s.aged & (s.age >= _FIVE) & given


def _funded_hours(s: Sieve) -> Mask:
    hours, given = s.pupil.number("funded_hours")
    right = given & (hours >= 0) & (hours <= 15) & (hours * 2 == np.floor(hours * 2))
    missing: Mask = ~right
    return s.on_roll & s.between(2, 3) & missing


def _extended_hours(s: Sieve) -> Mask:
    (extended, given), (funded, had) = s.pupil.number("extended_hours"), s.pupil.number("funded_hours")
    code = s.pupil.coded("eligibility_code").where(lambda code: ELIGIBILITY.fullmatch(code) is not None)
    asked: Mask = s.on_roll & given & (extended > 0)
    entitled: Mask = had & (funded == 15) & code
    return asked & ~entitled


def _hours_at_setting(s: Sieve) -> Mask:
    (hours, given), (funded, had) = s.pupil.number("hours_at_setting"), s.pupil.number("funded_hours")
    return s.on_roll & given & ((hours < np.where(had, funded, 0)) | (hours > 70))


def _entry_date(s: Sieve) -> Mask:
    entry, given = s.pupil.number("entry_date")
    return ~given | (entry > s.day)


def _leaving_date(s: Sieve) -> Mask:
    (left, gone), (entry, given) = s.pupil.number("leaving_date"), s.pupil.number("entry_date")
    return ~s.on_roll & (~gone | (left >= s.day) | (given & (left < entry)))


def _no_reason(s: Sieve) -> Mask:
    reason = s.pupil.given("sessions_possible") | s.pupil.given("second_half_sessions_possible")
    for table in REASONS_TO_STAY:
        reason |= s.having(table)
    return ~s.on_roll & ~reason


def _year_group(s: Sieve) -> Mask:
    coded = s.pupil.coded("nc_year")
    order = np.array([*(AGE_ORDER.get(code, _UNORDERED) for code in coded.values), _UNORDERED])[coded.rows]
    apart: Mask = np.abs(order - (s.age - 4)) > 1
    ordered: Mask = order != _UNORDERED
    return s.on_roll & s.aged & ordered & apart


def _birth(s: Sieve) -> Mask:
    born, given = s.pupil.number("date_of_birth")
    return ~given | (born > s.day)


def _age_fits(s: Sieve) -> Mask:
    bounds = AGE_RANGES.get(s.view.school.school_type or "")
    return s.nobody() if bounds is None else s.on_roll & s.aged & ~s.between(bounds[0], bounds[1] - 1)


def _special_school(s: Sieve) -> Mask:
    return s.on_roll & s.pupil.among("sen_provision", ("N",)) if s.view.school.intake == "SPEC" else s.nobody()


def _needless(s: Sieve) -> Mask:
    some = s.having("sen_need") | s.pupil.outside("sen_unit", ("0",)) | s.pupil.outside("resourced_provision", ("0",))
    return s.on_roll & s.pupil.among("sen_provision", ("N",)) & some


def _unranked(s: Sieve) -> Mask:
    """Ranked in the order they stand in is right; in another order they are looked at."""

    def broken(held: Columns) -> Mask:
        rank, given = held.number("sen_type_rank")
        out_of_turn: Mask = rank != _place_of_each(s.numbers(held))
        return ~given | out_of_turn

    needy = s.on_roll & s.pupil.among("sen_provision", ("K", "E"))
    return needy & (~s.having("sen_need") | s.of("sen_need", broken))


def _place_of_each(numbers: Numbers) -> Numbers:
    """For each row of one table its place among the rows of its pupil, from 1: a pupil's rows stand together."""
    at = np.arange(len(numbers))
    first = np.concatenate(([True], numbers[1:] != numbers[:-1]))
    return at - np.maximum.accumulate(np.where(first, at, 0)) + 1


def _out_of_window(s: Sieve) -> Mask:
    windows = s.view.windows
    if windows is None:
        return ~s.nobody()
    first, last = days(windows.exclusions.first), days(windows.exclusions.last)

    def broken(held: Columns) -> Mask:
        start, given = held.number("exclusion_start_date")
        return ~given | (start < first) | (start > last)

    return s.of("exclusion", broken)


def _suspension(s: Sieve) -> Mask:
    def broken(held: Columns) -> Mask:
        sessions, given = held.number("exclusion_sessions")
        return held.among("exclusion_category", ("SUSP",)) & (~given | (sessions < 1) | (sessions > 90))

    return s.of("exclusion", broken)


def _not_marked(s: Sieve) -> Mask:
    return s.having("exclusion") & ~s.of("session", lambda held: held.among("attendance_reason", ("E",)))


def _attendance(s: Sieve) -> Mask:
    given = s.pupil.given("sessions_possible") | s.having("session")
    return given & ((s.aged & ~s.between(5, 15)) | s.pupil.among("boarder", ("B", "6", "7")))


def _sessions(s: Sieve) -> Mask:
    found = s.nobody()
    for possible, table, prefix in BLOCKS:
        held = s.rows(table)
        if held is not None:
            sessions, given = held.number(f"{prefix}_sessions")
            counts = held.among(f"{prefix}_reason", COUNTED) & given
            most, has = s.pupil.number(possible)
            total = np.bincount(s.numbers(held)[counts], sessions[counts], len(s.pupil))
            found |= has & (total > most)
    return found


def _incomplete(s: Sieve) -> Mask:
    found = s.on_roll & ~s.pupil.given("enrol_status")
    for table, items in NEEDED.items():
        for item in items:
            found |= s.of(table, partial(_lacking, item.replace("-", "_")))
    return found


def _lacking(column: str, held: Columns) -> Mask:
    return ~held.given(column)


# Rules about the header, the school or the return as a whole.
_OF_NOBODY: Final = frozenset(
    {*(f"PT-{number:03d}" for number in range(1, 14)), "PT-011a", "PT-011b", "PT-041", "PT-052c", "PT-060", "PT-061"}
    | {"PT-062", "PT-064"}
)
SIEVES: Final[Mapping[str, Callable[[Sieve], Mask]]] = {
    "PT-014": lambda s: ~s.identity.given("upn"),
    "PT-015": _unsound_upn, "PT-017": _unsound_upn, "PT-018": _unsound_upn, "PT-019": _unsound_upn,
    "PT-016": _shared_upn, "PT-020": _former_upn, "PT-021": _former_upn, "PT-022": _temporary_upn, "PT-023": _uln,
    "PT-024": _names, "PT-025": lambda s: s.pupil.outside("sex", ("M", "F"), none=True), "PT-026": _birth,
    "PT-027": _age_fits, "PT-028": _alike, "PT-029": _language, "PT-030": _ethnicity,
    "PT-031": lambda s: s.of("fsm_period", _before("fsm_end_date", "fsm_start_date")), "PT-032": _begun_late,
    "PT-033": lambda s: s.more_than_one("fsm_period"),
    "PT-034": lambda s: s.on_roll & s.pupil.among("service_child", ("Y",)) & s.having("fsm_period"),
    "PT-035": _youth_support, "PT-036": _hours_by_age, "PT-037": _funded_hours, "PT-038": _extended_hours,
    "PT-039": _hours_at_setting,
    "PT-040": lambda s: s.on_roll & s.pupil.outside("young_carer", s.codes("young-carer")),
    "PT-042": _entry_date, "PT-043": _leaving_date, "PT-044": _no_reason,
    "PT-045": lambda s: s.on_roll & s.between(5, 15) & s.pupil.among("part_time", ("1",)),
    "PT-046": lambda s: s.pupil.among("part_time", ("1",)) & s.pupil.outside("boarder", ("N",)),
    "PT-047": lambda s: s.on_roll & s.aged & (s.age >= 6) & s.pupil.among("class_type", ("N",)),
    "PT-048": _year_group, "PT-049": _special_school, "PT-050a": _needless, "PT-050b": _unranked,
    "PT-051a": lambda s: s.more_than_one("exclusion"), "PT-051b": _out_of_window, "PT-051c": _suspension,
    "PT-051d": _not_marked, "PT-052a": _attendance, "PT-052b": _sessions, "PT-065": _incomplete,
}  # fmt: skip
