"""Invented returns: clean, the same for the same seed, like the nation in the mean, and like nobody real."""

from collections import Counter

import pytest

from rollbook.dataplane.census.codes import is_eal
from rollbook.dataplane.census.generator import marginals
from rollbook.dataplane.census.generator.make import MadeUp, Order, make_up
from rollbook.dataplane.census.generator.records import Pupil
from rollbook.dataplane.census.generator.schools import invent_schools
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import CheckContext
from rollbook.kernel.refusals import InputRefused
from rollbook.kernel.terms import Term


@pytest.fixture(scope="module")
def county() -> MadeUp:
    return make_up(Order(8_000, 24, seed=7))


def on_roll(made: MadeUp) -> list[Pupil]:
    return [pupil for one in made.returns for pupil in one.on_roll if pupil.enrol != "S"]


def people(made: MadeUp) -> dict[str, tuple[object, ...]]:
    everyone = [pupil for one in made.returns for pupil in (*one.on_roll, *one.leavers)]
    return {pupil.upn: (pupil.surname, pupil.forename, pupil.sex, pupil.born) for pupil in everyone}


@pytest.mark.parametrize("term", list(Term))
def test_clean_returns_break_no_rule_in_any_term(term: Term) -> None:
    made = make_up(Order(2_000, 8, term=term, seed=3))
    read = [read_return(made.xml(one), made.file_name(one.school)) for one in made.returns]
    rolls = Counter(
        row["upn"]
        for parsed in read
        for row, status in zip(
            parsed.tables["identity"].to_pylist(), parsed.tables["pupil"]["enrol_status"].to_pylist(), strict=True
        )
        if status == "C"
    )
    for parsed in read:
        assert check(parsed, CheckContext(upn_elsewhere=lambda upn: rolls[upn] > 1)) == ()
        assert parsed.discards == ()


@pytest.mark.parametrize("seed", range(2))
def test_many_small_schools_of_every_kind_are_clean(seed: int) -> None:
    made = make_up(Order(1_500, 60, seed=seed))
    assert {one.school.kind for one in made.returns} == {"primary", "secondary", "special", "nursery"}
    for one in made.returns:
        assert check(read_return(made.xml(one), "a.xml")) == ()


def test_the_same_order_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first, again, other = (make_up(Order(300, 3, seed=seed)) for seed in (1, 1, 2))
    files = [[made.xml(one) for one in made.returns] for made in (first, again, other)]
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_as_many_people_as_asked_for(county: MadeUp) -> None:
    assert len({pupil.upn for pupil in on_roll(county)}) == len(on_roll(county)) == 8_000
    assert len(county.returns) == 24


def test_shares_come_near_the_national_figures(county: MadeUp) -> None:
    pupils = on_roll(county)
    share = lambda test: sum(map(test, pupils)) / len(pupils)  # noqa: E731
    assert share(lambda p: any(end is None for _, end in p.meals)) == pytest.approx(marginals.FREE_MEALS, abs=0.05)
    assert share(lambda p: p.sen == "E") == pytest.approx(marginals.PLAN, abs=0.012)
    assert share(lambda p: p.sen == "K") == pytest.approx(marginals.SEN_SUPPORT, abs=0.015)
    total = sum(marginals.ETHNICITY.values())
    for code in ("WBRI", "APKN", "BAFR", "WOTH"):
        assert share(lambda p, c=code: p.ethnicity == c) == pytest.approx(marginals.ETHNICITY[code] / total, abs=0.015)
    assert share(lambda p: is_eal(p.language)) == pytest.approx(0.208, abs=0.025)
    assert share(lambda p: p.ethnicity in ("REFU", "NOBT")) > 0


def test_absence_comes_near_the_national_figures(county: MadeUp) -> None:
    counted = [p for p in on_roll(county) if p.sessions_possible and p.sessions_possible > 100]
    rates = [sum(n for code, n in p.sessions if code != "L") / (p.sessions_possible or 1) for p in counted]
    assert sum(rates) / len(rates) == pytest.approx(0.07, abs=0.01)
    assert sum(rate > 0.1 for rate in rates) / len(rates) == pytest.approx(0.2, abs=0.04)


def test_what_linkage_must_cope_with_is_there(county: MadeUp) -> None:
    pupils = on_roll(county)
    assert any(pupil.twin for pupil in pupils)
    assert any(pupil.enrol == "M" for pupil in pupils)
    assert any(pupil.exclusions for pupil in pupils)
    leavers = {pupil.upn for one in county.returns for pupil in one.leavers}
    assert leavers & {pupil.upn for pupil in pupils}  # moved inside the authority
    assert leavers - {pupil.upn for pupil in pupils}  # left it


def test_twins_have_one_birthday_and_home_and_two_initials(county: MadeUp) -> None:
    for one in county.returns:
        for twin in (pupil for pupil in one.on_roll if pupil.twin):
            other = [p for p in one.on_roll if p.surname == twin.surname and p.born == twin.born and p.upn != twin.upn]
            assert not any(p.forename[0] == twin.forename[0] and p.address == twin.address for p in other)


def test_nobody_lives_where_people_live(county: MadeUp) -> None:
    assert all(pupil.address.postcode.startswith("ZZ99 ") for pupil in on_roll(county))
    assert all(one.school.urn.startswith("9") for one in county.returns)


@pytest.mark.parametrize(("term", "year"), [(Term.SUMMER, 2025), (Term.AUTUMN, 2025)])
def test_the_same_people_come_back_in_later_terms(term: Term, year: int) -> None:
    spring, later = make_up(Order(2_000, 8)), make_up(Order(2_000, 8, term=term, year=year))
    before, after = people(spring), people(later)
    both = before.keys() & after.keys()
    assert len(both) > 1_500
    assert all(before[upn] == after[upn] for upn in both)


def test_who_left_the_authority_in_spring_is_gone_in_summer() -> None:
    spring, summer = make_up(Order(3_000, 8)), make_up(Order(3_000, 8, term=Term.SUMMER))
    rolls = [{p.upn for one in made.returns for p in one.on_roll} for made in (spring, summer)]
    gone = {p.upn for one in spring.returns for p in one.leavers} - rolls[0]
    assert gone
    assert gone.isdisjoint(rolls[1])


def test_many_schools_use_several_authorities_and_no_number_twice() -> None:
    numbers = [school.laestab for school in invent_schools(500_000, 1_400, "201", 1)]
    assert len(set(numbers)) == 1_400
    assert len({number[:3] for number in numbers}) > 1


@pytest.mark.parametrize(
    "order",
    [
        {"pupils": 5},
        {"pupils": 100, "schools": 20},
        {"pupils": 100, "schools": 0},
        {"pupils": 100, "lea": "909"},
        {"pupils": 100, "lea": "abc"},
    ],
)
def test_an_order_that_cannot_be_met_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(InputRefused):
        make_up(Order(**order))  # type: ignore[arg-type]


def test_more_pupils_than_serial_numbers_are_refused() -> None:
    with pytest.raises(InputRefused):
        make_up(Order(20_000, 1))
