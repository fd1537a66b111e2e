"""What each return asked for and under which name, one row a fact.

Expected values are those of the flat tables of 2015 to 2026 as the LIIA project publishes them (MIT), read off its
yearly files by hand. Returns before 2023/24 are recorded for history and cannot be opened.
"""

import pytest

from rollbook.dataplane.census.catalogue import (
    ITEMS,
    carried_from,
    collection_name,
    collections,
    element_of,
    field_of,
    history_of,
    items_of,
    known_collection,
    places_of,
    stretches_of,
)
from rollbook.dataplane.census.codes import codes_gone, codes_of, has_own_list, last_return_with, why_not

A, P, U = "sc-aut-{}", "sc-spr-{}", "sc-sum-{}"
NEVER: tuple[int, ...] = ()


def asked(item: str, chain: str, years: range) -> list[int]:
    return [year for year in years if item in places_of(chain.format(year))]


# Item; then for spring, summer, autumn the years of 2015-2026 in which it is asked. None is every year.
SINCE_UNTIL = [
    ("upn", None, None, None),
    ("ethnicity", None, NEVER, NEVER),
    ("unit-contact-time", None, NEVER, NEVER),
    ("duplicate-not-funded", None, NEVER, None),
    ("service-child", None, (2019, 2026), (2018, 2025)),
    ("resourced-provision", None, (2018, 2026), (2017, 2025)),
    ("sen-unit", None, (2018, 2026), (2017, 2025)),
    ("daf-indicator", (2018, 2026), (2018, 2026), (2017, 2025)),
    ("extended-hours", (2018, 2026), (2018, 2026), (2017, 2025)),
    ("eligibility-code", (2018, 2026), (2018, 2026), (2017, 2025)),
    ("expanded-hours", NEVER, (2024, 2026), NEVER),
    ("eypp-receipt", None, (2024, 2026), (2024, 2025)),
    ("eypp-basis", None, (2024, 2026), (2024, 2025)),
    ("young-carer", (2023, 2026), NEVER, NEVER),
    ("sessions-authorised", (2016, 2024), (2016, 2024), (2015, 2024)),
    ("sessions-unauthorised", (2016, 2024), (2016, 2024), (2015, 2024)),
    ("sessions-educational", (2021, 2024), (2021, 2024), NEVER),
    ("sessions-exceptional", (2021, 2024), (2021, 2024), NEVER),
    ("sessions-coronavirus", (2021, 2022), (2021, 2022), NEVER),
    ("second-half-sessions-possible", NEVER, NEVER, None),
    ("second-half-sessions-authorised", NEVER, NEVER, (2015, 2024)),
    ("annual-sessions-possible", NEVER, NEVER, (2015, 2016)),
    ("annual-reason", NEVER, NEVER, (2015, 2016)),
    ("full-time-employment", NEVER, NEVER, None),
    ("qual-hrs-previous-year", NEVER, NEVER, (2019, 2025)),
    ("t-level-qual-hrs", NEVER, NEVER, (2020, 2025)),
    ("uprn", (2017, 2026), (2017, 2026), (2016, 2025)),
    ("fsm-start-date", None, None, None),
    ("sen-type", None, NEVER, NEVER),
    ("exclusion-reason-1", None, None, None),
    ("exclusion-reason-2", (2021, 2026), (2021, 2026), (2021, 2025)),
    ("exclusion-in-care", (2016, 2016), (2016, 2016), (2015, 2015)),
    ("exclusion-review-date", (2020, 2020), (2020, 2020), NEVER),
    ("funding-basis", (2018, 2026), (2024, 2026), NEVER),
    ("support-code", None, None, NEVER),
    ("learner-fam-type", (2022, 2026), (2022, 2026), (2021, 2025)),
    ("learner-fam-hours", (2022, 2024), (2022, 2024), NEVER),
    ("aim-prog-type", NEVER, NEVER, (2020, 2025)),
    ("aim-traineeship", NEVER, NEVER, (2016, 2024)),
    ("programme-qn", NEVER, NEVER, (2020, 2025)),
    ("programme-traineeship", NEVER, NEVER, (2020, 2024)),
    ("placement-mode", NEVER, NEVER, (2020, 2025)),
    ("placement-employer-id", NEVER, NEVER, (2020, 2023)),
    ("ap-reason", (2022, 2026), (2022, 2026), (2021, 2025)),
    ("school-ap-setting", (2022, 2026), (2022, 2026), (2022, 2025)),
    ("school-ap-postcode", (2023, 2026), (2023, 2026), (2023, 2025)),
    ("school-ap-company", (2023, 2026), (2023, 2026), (2023, 2025)),
    ("nc-year-leaving", NEVER, NEVER, None),
]  # fmt: skip


@pytest.mark.parametrize(("item", "spring", "summer", "autumn"), SINCE_UNTIL, ids=[row[0] for row in SINCE_UNTIL])
def test_an_item_is_asked_in_its_own_years_and_terms(
    item: str, spring: tuple[int, ...] | None, summer: tuple[int, ...] | None, autumn: tuple[int, ...] | None
) -> None:
    for chain, years, all_years in (
        (P, spring, range(2016, 2027)), (U, summer, range(2016, 2027)), (A, autumn, range(2015, 2026)),
    ):  # fmt: skip
        expected = list(all_years) if years is None else list(range(years[0], years[1] + 1)) if years else []
        assert asked(item, chain, all_years) == expected, chain


@pytest.mark.parametrize(
    ("item", "collection", "field"),
    [
        ("sex", "sc-spr-2023", "gender"), ("sex", "sc-spr-2024", "sex"),
        ("sex", "sc-sum-2023", "gender"), ("sex", "sc-sum-2024", "sex"),
        ("sex", "sc-aut-2022", "gender"), ("sex", "sc-aut-2023", "sex"),
        ("eligibility-code", "sc-aut-2023", "thirtyhourcode"), ("eligibility-code", "sc-aut-2024", "eligibilitycode"),
        ("eligibility-code", "sc-spr-2024", "thirtyhourcode"), ("eligibility-code", "sc-spr-2025", "eligibilitycode"),
        ("eligibility-code", "sc-sum-2024", "thirtyhourcode"), ("eligibility-code", "sc-sum-2025", "eligibilitycode"),
        ("attendance-sessions", "sc-aut-2019", "absencesessions"), ("attendance-sessions", "sc-aut-2020", "sessions"),
        ("attendance-sessions", "sc-spr-2020", "absencesessions"), ("attendance-sessions", "sc-spr-2021", "sessions"),
        ("exclusion-reason-1", "sc-spr-2020", "reason"), ("exclusion-reason-1", "sc-spr-2021", "reason1"),
        ("exclusion-reason-1", "sc-aut-2020", "reason"), ("exclusion-reason-1", "sc-aut-2021", "reason1"),
        ("eypp-receipt", "sc-spr-2018", "eyppe"), ("eypp-receipt", "sc-spr-2019", "eyppr"),
        ("plaa", "sc-spr-2016", "adoptedfromcare"), ("plaa", "sc-spr-2017", "plaa"), ("plaa", "sc-aut-2016", "plaa"),
        ("aim-qn", "sc-aut-2015", "qan"), ("aim-qn", "sc-aut-2016", "qn"), ("aim-scc", "sc-aut-2015", "disccode"),
        ("programme-start-date", "sc-aut-2020", "learningstartdate"),
        ("programme-start-date", "sc-aut-2021", "programmestartdate"),
        ("maths-prior-attainment-year-11", "sc-aut-2020", "mathsgcsepriorattainmentyeargroup"),
        ("maths-prior-attainment-year-11", "sc-aut-2021", "mathsgcsepriorattainmentyear11"),
        ("sessions-possible", "sc-spr-2025", "termlysessionspossible"),
        ("second-half-sessions-possible", "sc-aut-2025", "summerhalfterm2sessionspossible"),
        ("annual-sessions-possible", "sc-aut-2016", "annualsessionspossible"),
        ("expanded-hours", "sc-spr-2025", None), ("sessions-authorised", "sc-spr-2025", None),
    ],
)  # fmt: skip
def test_the_column_of_the_flat_tables_in_each_return(item: str, collection: str, field: str | None) -> None:
    assert field_of(item, collection) == field


def test_the_element_follows_the_return() -> None:
    assert element_of("sex", "sc-spr-2023") == "PupilIdentifiers/Gender"
    assert element_of("sex", "sc-spr-2025") == "PupilIdentifiers/Sex"
    assert element_of("sex", "eyc-spr-2025") == "ChildIdentifiers/Sex"
    assert element_of("nationality", "sc-spr-2018") is None  # asked then, taken from no return of any year


@pytest.mark.parametrize(
    ("item", "collection", "roll"),
    [
        ("aim-prog-type", "sc-aut-2020", "n"), ("aim-prog-type", "sc-aut-2021", "b"),
        ("programme-qn", "sc-aut-2020", "n"), ("programme-qn", "sc-aut-2021", "b"),
        ("missing-address", "sc-aut-2025", "b"), ("missing-address", "sc-spr-2025", "n"),
        ("postcode", "sc-aut-2025", "b"), ("address-line", "sc-aut-2025", "n"), ("ethnicity", "sc-spr-2025", "b"),
        ("sen-provision", "sc-spr-2025", "n"), ("leaving-date", "sc-spr-2025", "l"),
    ],
)  # fmt: skip
def test_of_which_pupils_it_is_asked(item: str, collection: str, roll: str) -> None:
    assert places_of(collection)[item].roll == roll


@pytest.mark.parametrize(
    ("item", "collection", "size"),
    [
        ("ethnicity", "sc-spr-2024", 103), ("ethnicity", "sc-spr-2025", 108),
        ("attendance-reason", "sc-sum-2024", 25), ("attendance-reason", "sc-aut-2024", 36),
        ("attendance-reason", "sc-spr-2024", 25), ("attendance-reason", "sc-spr-2025", 36),
        ("attendance-reason", "sc-sum-2020", 16), ("second-half-reason", "sc-aut-2023", 25),
        ("exclusion-reason-1", "sc-aut-2024", 16), ("plaa", "sc-aut-2022", 6), ("language", "sc-spr-2025", 319),
        ("learner-fam-code", "sc-spr-2025", 2), ("learner-fam-code", "sc-aut-2025", 6),
        ("learner-fam-code", "sc-spr-2026", 6), ("learner-fam-code", "sc-sum-2026", 6),  # both rolls, not leavers only
        ("learner-fam-type", "sc-spr-2025", 1), ("learner-fam-type", "sc-spr-2026", 3),
        ("eypp-receipt", "sc-spr-2024", 2), ("ethnicity", "eyc-spr-2025", 108),
    ],
)  # fmt: skip
def test_the_size_of_a_list_in_a_return(item: str, collection: str, size: int) -> None:
    assert len(codes_of(item, collection)) == size


@pytest.mark.parametrize(
    ("item", "code", "collection", "last"),
    [
        ("attendance-reason", "Y", "sc-aut-2024", "sc-aut-2023"),
        ("attendance-reason", "Y", "sc-spr-2026", "sc-spr-2024"),
        ("learner-fam-code", "21", "sc-aut-2026", "sc-aut-2023"),
        ("eypp-basis", "EE", "sc-spr-2025", "sc-spr-2018"),
        ("exclusion-category", "FIXD", "sc-spr-2025", "sc-spr-2020"),
        ("eypp-basis", "EE", "sc-aut-2025", None),  # the autumn chain never had it: spring's history is not its own
        ("attendance-reason", "?", "sc-spr-2025", None),
        ("attendance-reason", "C1", "sc-spr-2025", None),
    ],
)
def test_a_code_that_left_the_list_names_the_return_that_had_it_last(
    item: str, code: str, collection: str, last: str | None
) -> None:
    assert last_return_with(item, code, collection) == last
    assert (code in codes_gone(item, collection)) is (last is not None)
    assert (last is None) or collection_name(last) in why_not(item, code, collection)


def test_the_three_faults_of_the_source_are_not_copied() -> None:
    never = {"sessions-educational", "sessions-exceptional", "sessions-coronavirus"}
    assert not [change for item in never for change in history_of(item) if change.collection.startswith("sc-aut")]
    assert set(codes_of("learner-fam-code", "sc-spr-2026")) == {"01", "02", "03", "04", "05", "22"}
    assert "proficiency-in-english" in places_of("sc-spr-2017")
    assert "proficiency-in-english" not in places_of("sc-spr-2018")


def test_the_collections_of_four_school_years() -> None:
    assert collections() == (
        "sc-aut-2023", "sc-aut-2024", "sc-aut-2025", "sc-aut-2026", "sc-spr-2024", "sc-spr-2025", "sc-spr-2026",
        "sc-spr-2027", "sc-sum-2024", "sc-sum-2025", "sc-sum-2026", "sc-sum-2027", "eyc-spr-2024", "eyc-spr-2025",
        "eyc-spr-2026", "eyc-spr-2027",
    )  # fmt: skip
    assert all(map(known_collection, collections()))


def test_a_return_after_the_last_known_change_says_what_it_carries() -> None:
    assert carried_from("sc-aut-2026") == "sc-aut-2025"
    assert carried_from("sc-spr-2027") == "sc-spr-2026"
    assert [carried_from(code) for code in ("sc-aut-2025", "sc-spr-2026", "sc-sum-2024")] == [None] * 3
    assert items_of("sc-spr-2027") == items_of("sc-spr-2026")


@pytest.mark.parametrize("collection", collections())
def test_every_coded_item_has_a_list_of_its_own_chain_of_terms(collection: str) -> None:
    coded = [item.id for item in items_of(collection) if item.values and not item.values.startswith("own.")]
    if collection.startswith("sc-"):
        assert [item for item in coded if not has_own_list(item, collection)] == []
    assert [item for item in coded if not codes_of(item, collection)] == []


def test_what_the_early_years_reader_reads_is_an_item_of_its_census() -> None:
    asked_for = {item.id for item in items_of("eyc-spr-2025")}
    assert {"setting-urn", "setting-estab", "setting-name", "setting-postcode", "funding-basis", "upn"} <= asked_for
    assert not asked_for & {"language", "fsm-start-date", "uln"}


def test_items_of_transfer_files_are_explained_and_not_held() -> None:
    transfer = {item.id for item in ITEMS.values() if item.status == "transfer"}
    assert {"assessment-result", "class-ref"} <= transfer
    assert not any(ITEMS[item].held for item in transfer)
    assert all("landed by no collection" in ITEMS[item].retention_rule for item in transfer)


def test_numbers_of_the_basic_data_set_are_those_a_source_gives() -> None:
    numbers = {number: item.id for item in ITEMS.values() for number in item.cbds}
    assert numbers == {
        "100007": "date-of-birth", "100036": "yssa", "100067": "boarder", "100228": "sessions-possible",
        "100230": "sessions-authorised", "100231": "sessions-unauthorised", "100233": "attendance-sessions",
        "100291": "hours-at-setting", "100330": "service-child", "100472": "sen-provision",
        "100481": "attendance-reason", "100559": "eypp-receipt", "100560": "eypp-basis", "100576": "funding-basis",
        "200002": "setting-estab", "D00248": "eypp-basis", "N00001": "upn", "N00002": "former-upn",
    }  # fmt: skip


def test_a_stretch_ends_the_year_before_the_removal() -> None:
    (one,) = [one for one in stretches_of("placement-employer-id") if one.chain == "sc-aut"]
    assert (one.first, one.last, one.from_base) == ("sc-aut-2020", "sc-aut-2023", False)


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.id)
def test_both_levels_of_words_stand_apart(item: object) -> None:
    words = ITEMS[item.id]  # type: ignore[attr-defined]
    assert words.detail.endswith(".")
    assert words.detail != words.description
    assert max(map(len, words.description.replace("'s", "").split())) <= 15  # no word a 12-year-old would stop at
