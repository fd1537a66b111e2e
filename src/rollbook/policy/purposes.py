"""What data may be used for. Research is kept apart from decisions and actions about one person.

A research purpose never covers a direct intervention on a child, and no purpose outside this table exists: unknown is
no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PurposeKind(StrEnum):
    """Whether a use is about groups, about one person, or is the collecting itself."""

    RESEARCH = "research"
    DIRECT = "direct"
    COLLECTION = "collection"


# Purposes must be specified, explicit and legitimate, and bind what comes later: UK GDPR, Article 5(1)(b), since then.
PRINCIPLE = date(2018, 5, 25)


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose, from when until when data may be used for it; `code` is what stands in the log."""

    code: str
    name: str
    explanation: str
    kind: PurposeKind
    starts: date = PRINCIPLE
    ends: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether data may be used for it on `day`."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


_ALL = (
    Purpose("research-analysis", "Research or analysis",
            "Finding out what helps or harms children's education or well-being. The results are about groups, "
            "never about one child.", PurposeKind.RESEARCH),
    Purpose("statistics", "Statistics",
            "Counts and rates that describe schools or pupils in general.", PurposeKind.RESEARCH),
    Purpose("information-advice-guidance", "Information, advice or guidance",
            "Telling or advising particular people. This acts on a person, so it is never done as research.",
            PurposeKind.DIRECT),
    Purpose("crime-investigation", "Investigation of a crime",
            "One named child in one named investigation.", PurposeKind.DIRECT),
    Purpose("missing-child", "Finding a missing child",
            "One named child whose safety is at stake.", PurposeKind.DIRECT),
    Purpose("safeguarding", "Keeping a child safe",
            "One named child about whose safety or welfare there is a concern.", PurposeKind.DIRECT),
    Purpose("court-order", "Obeying a court order",
            "What the order asks for, about the child it names.", PurposeKind.DIRECT),
    Purpose("immigration-enforcement", "Immigration enforcement",
            "One named child asked about by the Home Office.", PurposeKind.DIRECT),
    Purpose("education-record", "Telling a parent",
            "The educational record, to the parent who asks.", PurposeKind.DIRECT),
    Purpose("school-census", "The school census",
            "Collecting from schools what the law says they must send.", PurposeKind.COLLECTION),
)  # fmt: skip

PURPOSES: Mapping[str, Purpose] = {purpose.code: purpose for purpose in _ALL}


def purposes_of(kind: PurposeKind) -> tuple[Purpose, ...]:
    """Every purpose of one kind, in the order of the table."""
    return tuple(purpose for purpose in _ALL if purpose.kind is kind)
