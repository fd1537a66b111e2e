"""Invented returns: clean, the same for the same seed, like the nation in the mean, and like nobody real."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from rollbook.dataplane.census.codes import is_eal, main_ethnicity
from rollbook.dataplane.census.generator.make import MadeUp, Order, make_up, make_year
from rollbook.dataplane.census.generator.records import Pupil
from rollbook.dataplane.census.generator.schools import lay_out
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import CheckContext
from rollbook.kernel.refusals import InputRefused
from rollbook.kernel.upn import uln_ok, upn_faults
from rollbook.services.outside.generate import generate_returns

TERMS = ("spr-2025", "sum-2025", "aut-2025")


@pytest.fixture(scope="module")
def county() -> MadeUp:
    return make_up(Order(10_000, 30, seed=7))


@pytest.fixture(scope="module")
def year() -> tuple[MadeUp, ...]:
    return make_year(Order(1_200, 6, terms=TERMS, seed=3))


def on_roll(made: MadeUp) -> list[Pupil]:
    return [pupil for one in made.returns for pupil in one.on_roll if pupil.enrol != "S"]


def test_a_clean_year_breaks_no_rule(year: tuple[MadeUp, ...]) -> None:
    for made in year:
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
            assert check(parsed, CheckContext(upn_elsewhere=lambda upn, rolls=rolls: rolls[upn] > 1)) == ()
            assert parsed.discards == ()


@pytest.mark.parametrize("seed", range(2))
def test_many_small_schools_of_every_kind_are_clean(seed: int) -> None:
    made = make_up(Order(1_600, 80, seed=seed))
    kinds = {one.school.kind for one in made.returns}
    assert kinds == {"primary", "secondary", "special", "nursery", "pru", "all-through"}
    for one in made.returns:
        assert check(read_return(made.xml(one), "a.xml")) == ()


def test_the_same_order_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first, again, other = (make_up(Order(300, 3, seed=seed)) for seed in (1, 1, 2))
    files = [[made.xml(one) for one in made.returns] for made in (first, again, other)]
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_about_as_many_people_as_asked_for(county: MadeUp) -> None:
    assert len({pupil.upn for pupil in on_roll(county)}) == len(on_roll(county)) == pytest.approx(10_000, rel=0.01)
    assert len(county.returns) == 30


def test_shares_come_near_the_published_figures(county: MadeUp) -> None:
    """January 2024 and 2023/24, section 15 of the reference on census returns; headcounts over all state pupils."""
    pupils = on_roll(county)
    share = lambda test: sum(map(test, pupils)) / len(pupils)  # noqa: E731
    assert share(lambda p: any(end is None for _, end in p.meals)) == pytest.approx(0.246, abs=0.03)
    assert share(lambda p: p.sen == "E") == pytest.approx(0.048, abs=0.01)
    assert share(lambda p: p.sen == "K") == pytest.approx(0.136, abs=0.015)
    assert share(lambda p: p.sex == "F") == pytest.approx(0.49, abs=0.02)
    groups = {"WBRI": 0.615, "WOTH": 0.067, "APKN": 0.046, "AIND": 0.040, "BAFR": 0.048, "MOTH": 0.028, "OOTH": 0.024,
              "AOTH": 0.022, "ABAN": 0.018, "BCRB": 0.009, "CHNE": 0.008}  # fmt: skip
    for code, published in groups.items():
        assert share(lambda p, c=code: main_ethnicity(p.ethnicity) == c) == pytest.approx(published, abs=0.015)
    assert share(lambda p: is_eal(p.language)) == pytest.approx(0.208, abs=0.025)
    assert share(lambda p: p.ethnicity in ("REFU", "NOBT")) > 0


def test_the_whole_nation_has_the_published_schools_and_phases() -> None:
    layout = lay_out(8_498_587, 22_033, "201", 1, (date(2025, 1, 16),))
    schools = [school for inside in layout.areas for school in inside if not school.private]
    pupils: Counter[str] = Counter()
    for school in schools:
        pupils[school.kind] += school.size
    assert len(schools) == len({school.laestab for school in schools}) == 22_033
    assert pupils.total() == 8_498_587
    assert len(layout.areas) == 153
    assert pupils["primary"] == pytest.approx(4_614_990, rel=0.001)
    secondary = pupils["secondary"] + pupils["all-through"] + pupils["post-16"]
    assert secondary == pytest.approx(3_669_933, rel=0.001)
    assert pupils["special"] == pytest.approx(161_072, rel=0.01)
    assert pupils["pru"] == pytest.approx(15_866, rel=0.02)
    assert pupils["nursery"] == pytest.approx(36_726, rel=0.02)
    kinds = Counter(school.kind for school in schools)
    academies = sum(school.governance == "CA" for school in schools)
    assert academies / len(schools) == pytest.approx(0.435, abs=0.06)
    assert kinds["primary"] == pytest.approx(16_760, rel=0.01)


def test_absence_comes_near_the_national_figures(county: MadeUp) -> None:
    counted = [p for p in on_roll(county) if p.sessions_possible and p.sessions_possible > 100]
    rates = [sum(n for code, n in p.sessions if code != "L") / (p.sessions_possible or 1) for p in counted]
    assert sum(rates) / len(rates) == pytest.approx(0.07, abs=0.01)
    assert sum(rate > 0.1 for rate in rates) / len(rates) == pytest.approx(0.2, abs=0.04)


def test_what_a_term_must_show_is_there(county: MadeUp) -> None:
    pupils = on_roll(county)
    assert any(pupil.enrol == "M" for pupil in pupils)
    assert {one.category for pupil in pupils for one in pupil.exclusions} >= {"SUSP"}
    leavers = {pupil.key for one in county.returns for pupil in one.leavers}
    assert leavers & {pupil.key for pupil in pupils}  # moved inside the authority
    assert leavers - {pupil.key for pupil in pupils}  # left it
    assert any(pupil.upn[-1].isalpha() for pupil in pupils)  # arrived under a temporary UPN
    assert any(pupil.former_upn[-1:].isalpha() for pupil in pupils)  # which has since been replaced
    assert {"renamed", "corrected", "new-home", "moved"} <= {mark for pupil in pupils for mark in pupil.marks}


def test_numbers_are_sound(county: MadeUp) -> None:
    pupils = on_roll(county)
    assert not any(upn_faults(pupil.upn, date(2025, 1, 16)) for pupil in pupils)
    ulns = [pupil.uln for pupil in pupils if pupil.uln]
    assert len(ulns) == len(set(ulns)) > 8_000
    assert all(map(uln_ok, ulns))


def test_twins_have_one_birthday_and_home_and_two_initials(county: MadeUp) -> None:
    found = 0
    for one in county.returns:
        homes: dict[tuple[object, ...], list[Pupil]] = {}
        for pupil in one.on_roll:
            homes.setdefault((pupil.surname, pupil.born, pupil.address), []).append(pupil)
        for pair in (some for some in homes.values() if len(some) > 1):
            assert len({pupil.forename[0] for pupil in pair}) == len(pair)
            found += 1
    assert found > 50


def test_brothers_and_sisters_live_at_one_address(county: MadeUp) -> None:
    homes = Counter(pupil.address for pupil in on_roll(county))
    assert sum(count for count in homes.values() if count > 1) > 4_000


def test_nobody_lives_where_people_live(county: MadeUp) -> None:
    assert all(pupil.address.postcode[0] == "Z" and pupil.address.postcode[1] != "E" for pupil in on_roll(county))
    assert all(one.school.urn.startswith("9") for one in county.returns)


def test_many_schools_use_several_authorities_and_no_number_twice() -> None:
    layout = lay_out(500_000, 1_400, "201", 1, (date(2025, 1, 16),))
    numbers = [school.laestab for inside in layout.areas for school in inside if not school.private]
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
        {"pupils": 100, "terms": ("win-2025",)},
        {"pupils": 100, "terms": ("spr-1999",)},
        {"pupils": 100, "terms": ()},
    ],
)
def test_an_order_that_cannot_be_met_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(InputRefused):
        make_up(Order(**order))  # type: ignore[arg-type]


def test_more_pupils_than_serial_numbers_are_refused() -> None:
    with pytest.raises(InputRefused):
        make_up(Order(20_000, 1))


def test_a_folder_written_anew_keeps_no_truth_of_before(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.toml"
    wanted.write_text("check-letter = 1\n")
    generate_returns(pupils=60, schools=1, out=tmp_path, defects=wanted)
    assert (tmp_path / "truth.json").is_file()
    generate_returns(pupils=60, schools=1, out=tmp_path)
    assert not (tmp_path / "truth.json").exists()
