"""What an objection changes and what it does not, with the law that says so.

An objection is an act of its own; it is never recorded as "consent withdrawn".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class ChoiceKind(StrEnum):
    """A choice a person can make about the uses of their record."""

    OBJECT_RESEARCH = "object-research"


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of the effect: which uses, whether the choice bites, under which law, in plain words."""

    uses: str
    bites: bool
    law: str
    words: str


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A kind of choice: its words, the law it rests on, and its effects one by one."""

    words: str
    law: str
    effects: Sequence[Effect]


RULES: Mapping[ChoiceKind, ChoiceRule] = {
    ChoiceKind.OBJECT_RESEARCH: ChoiceRule(
        words="Do not use this record for research",
        law="UK GDPR Art. 21(6)",
        effects=(
            Effect(
                "Research studies",
                True,
                "UK GDPR Art. 21(6)",
                "Every study that starts after you object leaves this record out. The study is not told why.",
            ),
            Effect(
                "Studies that have already run",
                False,
                "UK GDPR Art. 17(3)(d)",
                "A table that was made before you objected stays as it is. It holds only counts of groups of people.",
            ),
            Effect(
                "The school census",
                False,
                "Education Act 1996 s.537A",
                "The law says a school must send these facts. You can refuse three of them: see below.",
            ),
            Effect(
                "Police, courts and other cases under a law",
                False,
                "Data Protection Act 2018 Sch. 2 para 2",
                "These are about one named child at a time, under an agreement. Each one is counted in public.",
            ),
        ),
    ),
}

REFUSABLE_WORDS = (
    "You can tell the school that you do not want to say. The school then sends the word “refused”. "
    "Nobody may guess. You can also take back an answer you gave before: the next return then says “refused”."
)
REFUSABLE_LAW = "School census guidance 5.3: these answers are as declared"
NOT_REFUSABLE_WORDS = (
    "All other facts in the school census must be sent. You cannot refuse them. "
    "You can ask for a wrong one to be put right."
)
NOT_REFUSABLE_LAW = "Education Act 1996 s.537A with the Education (Individual Pupil Information) Regulations 2013"


def leaves_out(kind: ChoiceKind, *, is_research: bool, overriding_law: str) -> bool:
    """Whether a standing choice of `kind` leaves the person out of a use.

    `overriding_law` names the law under which the use goes on in spite of a choice; empty: none does.
    """
    return kind is ChoiceKind.OBJECT_RESEARCH and is_research and not overriding_law
