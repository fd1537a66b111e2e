"""What was found in a return, as a receipt keeps it: rule, place and how to mend it, never a value of a pupil.

Needs no Django: the processes that read and judge files make these.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollbook.dataplane.census.parsed import Discard, place
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.ruling import Issue, Severity
from rollbook.dataplane.people.matching import REFUSING, WORDS, Doubt, Match


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One finding: the rule, what it says and how to mend it, and where in the file."""

    rule: str
    severity: str
    message: str
    mend: str
    line: int
    pupil_no: int | None
    field: str

    def as_row(self) -> dict[str, Any]:
        """As a return keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}

    def placed(self, members: Sequence[tuple[int, str]]) -> "IssueLine":
        """The issue with its line inside its own table, for a return of many tables (see `ParsedReturn.members`)."""
        member, line = place(members, self.line)
        return replace(self, line=line, field=f"{self.field} in {member}") if member else self


@dataclass(frozen=True, slots=True)
class DiscardLine:
    """Something dropped before it was stored: where and how often."""

    rule: str
    path: str
    line: int
    count: int

    def as_row(self) -> dict[str, Any]:
        """As a return keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}


def rule_lines(issues: Iterable[Issue]) -> list[IssueLine]:
    """The issues of the rules, as a receipt keeps them. What was dropped is told apart, so it is left out here."""
    return [
        IssueLine(one.rule, one.severity.value, one.message, RULES[one.rule].mend, one.line, one.pupil_no, one.field)
        for one in issues
        if one.severity is not Severity.DROPPED
    ]


def match_lines(matches: Iterable[Match], lines: Sequence[int]) -> list[IssueLine]:
    """The doubts of matching; `lines` gives the line of each pupil, in file order."""
    doubtful = [one for one in matches if one.doubts]
    return [
        _doubt_line(doubt, one.claimant.pupil_no, lines[one.claimant.pupil_no - 1])
        for one in doubtful
        for doubt in one.doubts
    ]


def _doubt_line(doubt: Doubt, pupil_no: int, line: int) -> IssueLine:
    message, mend = WORDS[doubt]
    severity = Severity.ERROR if doubt in REFUSING else Severity.QUERY
    field = "upn" if doubt in REFUSING else "former-upn"
    return IssueLine(doubt.value, severity.value, message, mend, line, pupil_no, field)


def discard_lines(discards: Iterable[Discard]) -> list[DiscardLine]:
    """What the reader dropped, as a receipt keeps it."""
    return [DiscardLine(one.rule, one.path, one.line, one.count) for one in discards]
