"""Purposes, powers, classes and register fields: the tables hold together and close by default."""

import re
from datetime import date

import pytest

from rollbook.policy.classes import UNMARKED, ItemClass, read_class, riskiest
from rollbook.policy.powers import IDENTIFIED, POWERS, Power, power_of_log_code, powers_in_force
from rollbook.policy.purposes import PURPOSES, PurposeKind, purposes_of
from rollbook.policy.register_fields import DATED_KEYS, REGISTER_FIELDS, STANDARD_TEXTS, TEXT_FIELDS
from rollbook.policy.sectors import Sector

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
TODAY = date(2026, 3, 2)


def test_codes_have_the_form_the_log_asks_for() -> None:
    for code in [*PURPOSES, *Sector, *(power.log_code for power in POWERS.values())]:
        assert CODE.match(code), code


def test_the_codes_of_powers_are_those_of_the_reference() -> None:
    assert list(POWERS) == [f"PWR-{number:02}" for number in range(1, 13)]
    assert all(power_of_log_code(power.log_code) == power for power in POWERS.values())
    assert power_of_log_code("pwr-99") is None


def test_research_and_action_on_a_person_share_no_purpose() -> None:
    research = {purpose.code for purpose in purposes_of(PurposeKind.RESEARCH)}
    direct = {purpose.code for purpose in purposes_of(PurposeKind.DIRECT)}
    assert research
    assert direct
    assert not research & direct


def test_powers_allow_known_purposes_only() -> None:
    assert {purpose for power in POWERS.values() for purpose in power.purposes} <= set(PURPOSES)


@pytest.mark.parametrize("code", ["PWR-02", "PWR-03", "PWR-04"])
def test_no_research_power_reaches_what_identifies(code: str) -> None:
    assert POWERS[code].identifiability.isdisjoint({1, 2})
    assert not POWERS[code].overrides_choices


@pytest.mark.parametrize("code", ["PWR-05", "PWR-06", "PWR-07"])
def test_a_power_not_known_to_be_in_force_cannot_be_chosen(code: str) -> None:
    assert not POWERS[code].in_force(TODAY)
    assert POWERS[code] not in powers_in_force(TODAY)


def test_police_powers_cite_a_law_of_their_own() -> None:
    assert {code for code, power in POWERS.items() if power.cites_law} == {"PWR-09", "PWR-10", "PWR-11"}


def test_a_power_counts_from_its_first_day_to_its_last() -> None:
    power = POWERS["PWR-01"]
    assert power.starts is not None
    assert power.in_force(power.starts)
    assert not power.in_force(date(2013, 12, 31))


@pytest.mark.parametrize("mark", ["", "4", "E4", "6E", "0A", "4F", "4e", "44E", "²E"])
def test_what_is_no_mark_counts_as_the_riskiest(mark: str) -> None:
    assert read_class(mark) == UNMARKED == ItemClass(1, "A")


def test_a_share_has_the_riskiest_mark_on_each_axis() -> None:
    assert str(riskiest(["5D", "4E"])) == "4D"
    assert str(riskiest(["5E", ""])) == "1A"
    assert riskiest([]) == UNMARKED
    assert "special category" in read_class("5D").in_words()


def test_the_register_has_its_29_fields_once_each() -> None:
    assert [field.number for field in REGISTER_FIELDS] == list(range(1, 30))
    keys = [field.key for field in TEXT_FIELDS]
    assert len(keys) == len(set(keys)) == 19
    assert set(STANDARD_TEXTS) | DATED_KEYS <= set(keys)
    assert set(range(1, 6)) == IDENTIFIED


@pytest.mark.parametrize("power", POWERS.values(), ids=lambda power: power.code)
def test_every_power_is_said_in_plain_words_too(power: Power) -> None:
    """Short sentences, and none of the numbers and words of a statute book."""
    for sentence in power.plain.removesuffix(".").split(". "):
        assert 3 <= len(sentence.split()) <= 20, sentence
    assert not re.search(r"[0-9]|section|regulation|pursuant|SI ", power.plain)
