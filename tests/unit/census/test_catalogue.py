"""The catalogue: everything a return may carry is explained, classed and given an end."""

import pytest

from rollbook.dataplane.census.catalogue import ITEMS, UNCLASSED, Item, items_of, known_collection
from rollbook.dataplane.census.codes import codes_of, is_eal, label, main_ethnicity
from rollbook.dataplane.census.profile import is_withdrawn, profile_of
from rollbook.kernel.refusals import InputRefused

COLLECTIONS = ("sc-aut-2025", "sc-spr-2025", "sc-sum-2025")


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.id)
def test_every_item_is_explained_classed_and_ends(item: Item) -> None:
    assert item.name
    assert item.description.endswith(".")
    assert len(item.description) < 120
    assert item.risk[0] in "12345"
    assert item.risk[1] in "ABCDE"
    assert item.retention_rule.endswith(".")
    if item.status == "current":
        assert item.column == item.id.replace("-", "_")
        assert 1 <= item.retention_years <= 25
        assert item.power == ("" if item.table == "setting" else "PWR-01")
        assert item.kind in {"text", "code", "flag", "date", "count", "hours"}


def test_classes_seen_in_the_national_tables() -> None:
    seen = {
        "surname": "1E", "forename": "1E", "upn": "2E", "former-upn": "2E", "uln": "2E", "uprn": "2E",
        "date-of-birth": "4E", "postcode": "4E", "sex": "5D", "ethnicity": "5D", "language": "5D",
        "sen-provision": "5D", "exclusion-reason-1": "5D", "address-line": "1E",
    }  # fmt: skip
    assert {item: ITEMS[item].risk for item in seen} == seen


def test_what_nobody_classed_may_never_leave() -> None:
    assert ITEMS["support-code"].risk == UNCLASSED == "1A"
    assert ITEMS["nationality"].risk == "1A"


def test_only_three_items_may_be_refused() -> None:
    refusable = {item.id: (item.refusal_code, item.not_obtained_code) for item in ITEMS.values() if item.refusable}
    assert refusable == {"ethnicity": ("REFU", "NOBT"), "language": ("REF", "NOT"), "service-child": ("R", "U")}
    for item, codes in refusable.items():
        assert set(codes) <= set(codes_of(item, "sc-spr-2025"))


def test_identity_items_live_in_the_identity_zone() -> None:
    assert {item.table for item in ITEMS.values() if item.identity} == {"identity", "address"}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_item_of_a_collection_has_a_place_in_its_profile(collection: str) -> None:
    schemas = profile_of(collection).schemas
    for item in items_of(collection):
        assert item.column in schemas[item.table].names
    assert not any(is_withdrawn(item.element.rpartition("/")[2]) for item in items_of(collection))


def test_terms_differ_as_published() -> None:
    spring, summer, autumn = ({item.id for item in items_of(f"sc-{t}-2025")} for t in ("spr", "sum", "aut"))
    assert {"ethnicity", "young-carer", "sen-type"} <= spring - summer - autumn
    assert {"expanded-hours"} <= summer - spring - autumn
    assert {"qual-hrs", "second-half-sessions-possible", "nc-year-leaving"} <= autumn - spring - summer
    assert "nationality" not in spring | summer | autumn


@pytest.mark.parametrize(
    "code",
    [
        "sc-spr-2019",
        "sc-aut-2022",
        "sc-aut-2027",
        "sc-win-2025",
        "eyc-sum-2025",
        "eyc-spr-2023",
        "ctf",
        "",
        "sc-spr-2025-x",
        "SC-SPR-2025",
    ],
)
def test_unknown_collection_is_refused(code: str) -> None:
    assert not known_collection(code)
    with pytest.raises(InputRefused):
        items_of(code)


@pytest.mark.parametrize(
    ("field", "size"),
    [
        ("ethnicity", 108),
        ("language", 319),
        ("attendance-reason", 36),
        ("nc-year", 21),
        ("phase", 10),
        ("school-type", 45),
    ],
)
def test_code_lists_are_whole(field: str, size: int) -> None:
    assert len(codes_of(field, "sc-spr-2025")) == size


def test_lists_follow_their_own_term_and_year() -> None:
    assert "ORAB" in codes_of("ethnicity", "sc-spr-2025")
    assert "ORAB" not in codes_of("ethnicity", "sc-spr-2024")
    assert "J1" not in codes_of("attendance-reason", "sc-sum-2024")
    assert set(codes_of("learner-fam-type", "sc-aut-2025")) == {"NLM", "EMH", "MMH"}
    assert set(codes_of("learner-fam-type", "sc-spr-2025")) == {"NLM"}
    assert codes_of("surname") == {}


def test_labels() -> None:
    assert label("ethnicity", "REFU") == "Refused"
    assert label("sen-provision", "E") == "Education, health and care plan"
    assert label("exclusion-reason-3", "DB") == "Persistent disruption"
    assert label("ethnicity", "nonsense") == "nonsense"


def test_ethnic_roll_up_goes_by_table_not_by_letters() -> None:
    assert main_ethnicity("MABL") == "MOTH"
    assert main_ethnicity("WROM") == "WROM"
    assert main_ethnicity("AAFR") == "AOTH"
    assert main_ethnicity("????") is None
    assert all(main_ethnicity(code) for code in codes_of("ethnicity", "sc-spr-2025"))


@pytest.mark.parametrize(
    ("code", "eal"), [("ENG", False), ("ENB", False), ("REF", False), ("POL", True), ("OTB", True)]
)
def test_english_as_an_additional_language(code: str, eal: bool) -> None:
    assert is_eal(code) is eal
