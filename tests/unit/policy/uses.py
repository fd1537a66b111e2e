"""Two uses with every ground there, a study run and a gateway case. Tests take one thing away."""

from dataclasses import replace
from datetime import date
from typing import Any

from rollbook.policy.uses import (
    AgreementFacts,
    AssessmentFacts,
    DecisionFacts,
    ItemFacts,
    MatchOutcome,
    OrganisationFacts,
    RecipientFacts,
    RequestFacts,
    SealedRequestFacts,
    SettingFacts,
    Use,
    UseKind,
)

DAY = date(2026, 3, 2)
BEFORE, AFTER = date(2026, 3, 1), date(2026, 3, 3)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
ITEMS = frozenset({"sex", "language"})
CASE_ITEMS = frozenset({"surname", "postcode"})

BODY = OrganisationFacts("RC000001", "University of Exham", "university", "RC000001", "University of Exham", FIRST)
DECISION = DecisionFacts("approve", LAST, logged=True)
REQUEST = RequestFacts(
    "live", "RC000001", "research-analysis", "PWR-03", ITEMS, FIRST, LAST, logged=True, decision=DECISION
)
AGREEMENT = AgreementFacts(
    "agreement-2026-0001", "RC000001", "PWR-03", frozenset({"research-analysis"}), ITEMS, "", FIRST, LAST, LAST,
    published=True,
)  # fmt: skip
ASSESSMENT = AssessmentFacts(
    "assessment-2026-0001", ITEMS, frozenset({"research-analysis"}), FIRST, LAST, published=True
)
RESEARCHER = RecipientFacts(7, "RC000001", active=True, accredited=((FIRST, LAST),), trained=((FIRST, LAST),))
PLACE = SettingFacts("Library", "RC000001", FIRST, LAST)
STUDY = Use(
    day=DAY,
    kind=UseKind.STUDY_RUN,
    mode="safe-setting",
    purpose="research-analysis",
    power="PWR-03",
    items=(ItemFacts("sex", known=True, risk="5D"), ItemFacts("language", known=True, risk="5D")),
    request=REQUEST,
    organisation=BODY,
    agreements=(AGREEMENT,),
    assessments=(ASSESSMENT,),
    recipients=(RESEARCHER,),
    objectors_left=0,
    people=2000,
    settings=(PLACE,),
)

FORCE = OrganisationFacts("P-77", "Exshire Police", "police-force", "P-77", "Exshire Police", FIRST)
SEALED = SealedRequestFacts(
    "P-77", asked_by=1, matched_by=2, confirmed_by=3, outcome=MatchOutcome.MATCH, reveal_by=LAST
)
TERMS = AgreementFacts(
    "agreement-2026-0002", "P-77", "PWR-10", frozenset({"crime-investigation"}), CASE_ITEMS,
    "Crime and Disorder Act 1998", FIRST, LAST, LAST, published=True,
)  # fmt: skip
CASE = Use(
    day=DAY,
    kind=UseKind.GATEWAY_CASE,
    mode="sealed",
    purpose="crime-investigation",
    power="PWR-10",
    items=(ItemFacts("surname", known=True, risk="1E"), ItemFacts("postcode", known=True, risk="4E")),
    request=SEALED,
    organisation=FORCE,
    agreements=(TERMS,),
    assessments=(
        AssessmentFacts("assessment-2026-0002", CASE_ITEMS, frozenset({"crime-investigation"}), FIRST, LAST, True),
    ),
    recipients=(RecipientFacts(1, "P-77", active=True),),
    objectors_left=None,
    people=1,
)


def study(**change: Any) -> Use:
    """The study run, changed."""
    return replace(STUDY, **change)


def asked(**change: Any) -> Use:
    """The study run under a changed request."""
    return study(request=replace(REQUEST, **change))


def decided(**change: Any) -> Use:
    """The study run under a changed decision."""
    return asked(decision=replace(DECISION, **change))


def agreed(**change: Any) -> Use:
    """The study run under a changed agreement."""
    return study(agreements=(replace(AGREEMENT, **change),))


def assessed(**change: Any) -> Use:
    """The study run under a changed assessment."""
    return study(assessments=(replace(ASSESSMENT, **change),))


def received(**change: Any) -> Use:
    """The study run by a changed recipient."""
    return study(recipients=(replace(RESEARCHER, **change),))


def body(**change: Any) -> Use:
    """The study run for a changed organisation."""
    return study(organisation=replace(BODY, **change))


def item(risk: str, **change: Any) -> tuple[ItemFacts, ...]:
    """The item `sex` alone, with a class of our own."""
    return (ItemFacts("sex", **{"known": True, "risk": risk, **change}),)


def case(**change: Any) -> Use:
    """The gateway case, changed."""
    return replace(CASE, **change)


def sealed(**change: Any) -> Use:
    """The gateway case under a changed sealed record."""
    return case(request=replace(SEALED, **change))


def placed(**change: Any) -> Use:
    """The study run from a changed place."""
    return study(settings=(replace(PLACE, **change),))
