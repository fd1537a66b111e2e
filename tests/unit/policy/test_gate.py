"""The gate: each ground taken away alone gives its own reason; each reason it can give stands in the table."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rollbook.policy import grounds, parties, scope
from rollbook.policy.gate import Allowed, Refused, gate
from rollbook.policy.uses import ItemFacts, MatchOutcome, Use
from tests.unit.policy.uses import (
    AFTER,
    AGREEMENT,
    ASSESSMENT,
    BEFORE,
    CASE,
    DAY,
    FIRST,
    LAST,
    PLACE,
    REQUEST,
    RESEARCHER,
    SEALED,
    STUDY,
    TERMS,
    agreed,
    asked,
    assessed,
    body,
    case,
    decided,
    item,
    placed,
    received,
    sealed,
    study,
)

NONE: frozenset[str] = frozenset()
ONLY = frozenset({"sex"})

ROWS: list[tuple[str, Use]] = [
    # scope
    ("mode-file", study(mode="file")),
    ("mode-file", case(mode="file")),
    ("mode", study(mode="sealed")),
    ("mode", study(mode="lookup")),
    ("mode", case(mode="safe-setting")),
    ("purpose-unknown", study(purpose="curiosity")),
    ("purpose-force", study(day=date(2018, 5, 24))),
    ("purpose-kind", study(purpose="information-advice-guidance")),
    ("purpose-kind", case(purpose="research-analysis")),
    ("power-unknown", study(power="PWR-99")),
    ("power-force", study(power="PWR-05")),
    ("power-force", study(day=AGREEMENT.starts.replace(year=2012))),
    ("power-purpose", study(power="PWR-01")),
    ("items-none", study(items=())),
    ("item-unknown", study(items=(*STUDY.items, ItemFacts("shoe-size", known=False, risk="")))),
    ("item-withdrawn", study(items=item("5D", withdrawn=True))),
    ("item-class-a", study(items=item("5A"))),
    ("item-class-a", study(items=item(""))),
    ("item-class-a", case(items=(ItemFacts("surname", known=True, risk="1A"),))),
    ("item-identifies", study(items=item("1E"))),
    ("item-identifies", study(items=item("2E"))),
    ("item-sector", case(organisation=replace(CASE.organisation, sector="media"))),  # type: ignore[type-var]
    ("item-sector", case(organisation=replace(CASE.organisation, sector="company"))),  # type: ignore[type-var]
    ("item-power", study(items=item("2E"))),
    ("item-power", case(power="PWR-12")),
    # request and decision
    ("request-missing", study(request=None)),
    ("request-missing", case(request=None)),
    ("request-missing", study(request=SEALED)),
    ("request-missing", case(request=REQUEST)),
    ("request-log", asked(logged=False)),
    *(("request-state", asked(state=state)) for state in ("open", "rejected", "withdrawn", "closed", "elsewhere")),
    ("request-purpose", asked(purpose="statistics")),
    ("request-power", asked(power="PWR-04")),
    ("request-items", asked(items=ONLY)),
    ("request-dates", asked(starts=AFTER)),
    ("request-dates", asked(ends=BEFORE)),
    ("decision-missing", asked(decision=None)),
    ("decision-result", decided(result="refuse")),
    ("decision-result", decided(result="withdraw")),
    ("decision-log", decided(logged=False)),
    ("decision-expiry", decided(expires=None)),
    ("decision-expired", decided(expires=BEFORE)),
    # sealed request
    *(("case-match", sealed(outcome=outcome)) for outcome in (*(set(MatchOutcome) - {MatchOutcome.MATCH}), "")),
    ("case-confirmed", sealed(confirmed_by=None)),
    ("case-confirmed", sealed(matched_by=None)),
    ("case-people", sealed(confirmed_by=SEALED.matched_by)),
    ("case-people", sealed(confirmed_by=SEALED.asked_by)),
    ("case-people", sealed(matched_by=SEALED.asked_by)),
    ("case-reveal", sealed(reveal_by=None)),
    ("case-reveal", sealed(reveal_by=BEFORE)),
    # agreement
    ("agreement-missing", study(agreements=())),
    ("agreement-missing", agreed(superseded=True)),
    ("agreement-missing", agreed(organisation_number="RC000002")),
    ("agreement-log", agreed(published=False)),
    ("agreement-starts", agreed(starts=AFTER)),
    ("agreement-ended", agreed(ends=BEFORE)),
    ("agreement-review", agreed(review_by=BEFORE)),
    ("agreement-power", agreed(power="PWR-04")),
    ("agreement-purpose", agreed(purposes=frozenset({"statistics"}))),
    ("agreement-items", agreed(items=ONLY)),
    ("agreement-law", case(agreements=(replace(TERMS, cited_law=" "),))),
    # assessment
    ("assessment-missing", study(assessments=())),
    ("assessment-missing", assessed(superseded=True)),
    ("assessment-purpose", assessed(purposes=frozenset({"statistics"}))),
    ("assessment-items", assessed(items=ONLY)),
    ("assessment-items", assessed(items=NONE)),
    ("assessment-current", assessed(review_by=BEFORE)),
    ("assessment-current", assessed(starts=AFTER)),
    ("assessment-current", assessed(published=False)),
    # people
    ("organisation-unknown", study(organisation=None)),
    ("organisation-sector", body(sector="friends")),
    ("organisation-verified", body(verified_on=None)),
    ("organisation-verified", body(verified_on=AFTER)),
    ("organisation-changed", body(name="Exham Trading Ltd")),
    ("organisation-changed", body(verified_number="RC000009")),
    ("organisation-other", body(number="RC000002", verified_number="RC000002")),
    ("recipients-none", study(recipients=())),
    ("recipients-none", case(recipients=())),
    ("recipient-closed", received(active=False)),
    ("recipient-other", received(organisation_number="RC000002")),
    ("recipient-accreditation", received(accredited=())),
    ("recipient-accreditation", received(accredited=((BEFORE, BEFORE),))),
    ("recipient-accreditation", received(accredited=((AFTER, AFTER),))),
    ("recipient-accreditation", study(recipients=(RESEARCHER, replace(RESEARCHER, account=8, accredited=())))),
    ("recipient-training", received(trained=())),
    ("recipient-training", received(trained=((BEFORE, BEFORE),))),
    ("recipient-training", received(trained=((AFTER, AFTER),))),
    ("recipients-supervision", received(accredited=(), provisional=((FIRST, LAST),))),
    ("setting-missing", study(settings=())),
    ("setting-missing", placed(organisation_number="RC000002")),
    ("setting-starts", placed(starts=AFTER)),
    ("setting-expired", placed(expires=BEFORE)),
    ("setting-device", placed(device=False)),
    ("setting-device-expired", placed(device_expires=BEFORE)),
    ("choices-unknown", study(objectors_left=None)),
    ("choices-unknown", case(power="PWR-06")),
    ("choices-ignored", study(objectors_left=1)),
    ("people-one", case(people=2)),
    ("people-one", case(people=0)),
    ("people-one", case(people=None)),
]  # fmt: skip

# Where one wrong fact breaks several grounds at once, these come with it.
TOGETHER = {
    "purpose-unknown": {"power-purpose", "request-purpose", "agreement-purpose", "assessment-purpose"},
    "purpose-kind": {"power-purpose", "request-purpose", "agreement-purpose", "assessment-purpose"},
    "purpose-force": {"request-dates", "agreement-starts", "assessment-current", "organisation-verified",
                      "recipient-accreditation", "recipient-training", "setting-starts"},
    "power-unknown": {"request-power", "agreement-power"},
    "power-force": {"request-power", "agreement-power", "power-purpose", "request-dates", "agreement-starts",
                    "purpose-force", "assessment-current", "organisation-verified", "recipient-accreditation",
                    "recipient-training", "setting-starts"},
    "power-purpose": {"request-power", "agreement-power", "purpose-kind"},
    "item-unknown": {"request-items", "agreement-items", "assessment-items"},
    "item-class-a": {"item-identifies", "item-power"},
    "item-identifies": {"item-power"},
    "item-power": {"item-identifies", "power-purpose", "agreement-power", "choices-unknown"},
    "request-missing": {"agreement-missing", "organisation-other", "setting-missing"},
    "recipients-none": set(),
    "organisation-other": {"recipient-other"},
    "organisation-changed": set(),
    "choices-unknown": {"power-force", "power-purpose", "agreement-power"},
}  # fmt: skip


def codes(use: Use) -> set[str]:
    answer = gate(use)
    return {reason.code for reason in answer.reasons} if isinstance(answer, Refused) else set()


@pytest.mark.parametrize("use", [STUDY, CASE], ids=["study", "case"])
def test_with_every_ground_there_the_gate_allows(use: Use) -> None:
    assert gate(use) == Allowed(use)


@pytest.mark.parametrize(("code", "use"), ROWS, ids=[f"{place}-{code}" for place, (code, _) in enumerate(ROWS)])
def test_a_missing_ground_is_refused_and_named(code: str, use: Use) -> None:
    found = codes(use)
    assert code in found
    assert found - {code} <= TOGETHER.get(code, set())


def test_every_reason_the_gate_can_give_is_tried() -> None:
    written = {
        code
        for module in (scope, grounds, parties)
        for code in re.findall(r'Reason\(\s*"([a-z-]+)"', Path(str(module.__file__)).read_text())
    }
    assert written == {code for code, _ in ROWS}


def test_every_reason_comes_at_once() -> None:
    use = study(power="PWR-99", items=item("1A"), recipients=(), agreements=(), assessments=(), objectors_left=3)
    assert {
        "power-unknown", "item-class-a", "item-identifies", "recipients-none", "agreement-missing",
        "assessment-missing", "choices-ignored",
    } <= codes(use)  # fmt: skip


def test_every_reason_says_how_to_mend_it() -> None:
    for _, use in ROWS:
        answer = gate(use)
        assert isinstance(answer, Refused)
        assert all(reason.message and reason.mend for reason in answer.reasons)


def test_dates_are_included_on_both_ends() -> None:
    use = replace(
        decided(expires=DAY),
        agreements=(replace(AGREEMENT, starts=DAY, ends=DAY, review_by=DAY),),
        assessments=(replace(ASSESSMENT, starts=DAY, review_by=DAY),),
        recipients=(replace(RESEARCHER, accredited=((DAY, DAY),), trained=((DAY, DAY),)),),
        settings=(replace(PLACE, starts=DAY, expires=DAY, device_expires=DAY),),
    )
    assert codes(use) == set()
    assert codes(sealed(reveal_by=DAY)) == set()


def test_a_provisional_researcher_works_beside_a_full_one() -> None:
    beginner = replace(RESEARCHER, account=8, accredited=(), provisional=((FIRST, LAST),))
    assert codes(study(recipients=(RESEARCHER, beginner))) == set()
    lapsed = replace(RESEARCHER, accredited=((FIRST, BEFORE),))
    assert codes(study(recipients=(lapsed, beginner))) == {"recipient-accreditation", "recipients-supervision"}


def test_one_place_that_holds_is_enough_and_the_nearest_is_explained() -> None:
    worse = replace(PLACE, name="worse", expires=BEFORE, device=False)
    better = replace(PLACE, name="better", expires=BEFORE)
    assert codes(study(settings=(worse, PLACE))) == set()
    answer = gate(study(settings=(worse, better)))
    assert isinstance(answer, Refused)
    assert [(reason.code, reason.where) for reason in answer.reasons] == [("setting-expired", "better")]


def test_one_agreement_that_holds_is_enough_and_the_nearest_is_explained() -> None:
    worse = replace(AGREEMENT, reference="worse", power="PWR-04", ends=BEFORE)
    better = replace(AGREEMENT, reference="better", ends=BEFORE)
    assert codes(study(agreements=(worse, AGREEMENT))) == set()
    answer = gate(study(agreements=(worse, better)))
    assert isinstance(answer, Refused)
    assert [reason.where for reason in answer.reasons] == ["better"]


def test_two_assessments_may_cover_the_items_between_them() -> None:
    halves = tuple(replace(ASSESSMENT, items=frozenset({name})) for name in ("sex", "language"))
    assert codes(study(assessments=halves)) == set()
    stale = (halves[0], replace(halves[1], review_by=BEFORE))
    assert codes(study(assessments=stale)) == {"assessment-current"}


def test_a_power_that_names_no_overriding_law_leaves_the_choice_standing() -> None:
    assert "choices-unknown" in codes(case(power="PWR-06"))
    assert codes(case(objectors_left=5)) == set()  # the police power names the law that overrides
