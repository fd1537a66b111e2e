"""An objection leaves a person out of research and of nothing else, and every limit names its law."""

import pytest

from rollbook.rights.objections import RULES, ChoiceKind, leaves_out
from rollbook.rights.reasons import STOP_REASONS, WORDS, Why


@pytest.mark.parametrize("kind", list(ChoiceKind))
def test_an_objection_reaches_research_only_where_no_law_overrides_it(kind: ChoiceKind) -> None:
    assert leaves_out(kind, is_research=True, overriding_law="")
    assert not leaves_out(kind, is_research=False, overriding_law="")
    assert not leaves_out(kind, is_research=True, overriding_law="Education Act 1996, section 537A")


def test_every_kind_has_its_rule_and_every_effect_its_law() -> None:
    assert set(RULES) == set(ChoiceKind)
    for rule in RULES.values():
        assert {effect.bites for effect in rule.effects} == {True, False}
        assert all(effect.law and effect.words and effect.uses for effect in rule.effects)


def test_every_reason_code_has_words_and_a_stop_is_never_a_plain_end() -> None:
    assert set(WORDS) == set(Why)
    assert all("REJECTED" not in why and "END_DATE" not in why for why in STOP_REASONS)
