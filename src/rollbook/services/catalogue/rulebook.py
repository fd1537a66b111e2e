"""The rules that returns are checked against, for pages and lists: read only, without Django.

Every rule has an address of its own, which a report can name beside a finding.
"""

import inspect
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final

from rollbook.dataplane.census.rulebook.derivation import KINDS, DerivedRule
from rollbook.dataplane.census.rulebook.scope import NAMES
from rollbook.dataplane.census.rules import RULES, returns_of
from rollbook.dataplane.census.ruling import Model, Rule, Severity

NUMBERED: Final = {"PT": "Numbered rules of the school census", "EY": "Numbered rules of the early years census"}
_KINDS: Final = NUMBERED | {kind.value: f"From the catalogue: {words}" for kind, words in KINDS.items()}
# What the marks of sources stand for, and how far each goes.
SOURCES: Final = {
    "OWN": "the project's own; nobody at the Department has said so",
    "DOMAIN": "held to be so by people who know the work; not confirmed by a source",
    "LIIA": "the flat-table schemas of 2015 to 2026 that Social Finance Digital Labs published under the MIT licence",
    "ASPEN": "facts seen in a school system's exporter for the returns of 2012 to 2014",
    "CSCV": "a published validator of the children in need census; its numbers are of that census",
    "PAGE": "a public page of the name that follows",
}
_MODELS: Final = {Model.SCHOOL: "school census", Model.EARLY: "early years return"}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in a list. `kind` is the beginning of its id; `returns` are the returns it is asked of."""

    id: str
    kind: str
    severity: str
    message: str
    mend: str
    source: str
    reference: str
    fields: tuple[str, ...]
    returns: tuple[str, ...]
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule whole: what more its page says, and its two examples as edits of the model return."""

    line: RuleLine
    kind_words: str
    returns: tuple[str, ...]
    more: str
    source_words: str
    model: str
    passes: tuple[str, ...]
    fails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KindLine:
    """How many rules there are of a kind."""

    kind: str
    words: str
    rules: int


def rule_lines(*, of_return: str = "", severity: str = "", kind: str = "") -> tuple[RuleLine, ...]:
    """Every rule, or those of a return, of a severity and of a kind."""
    return tuple(
        line
        for line in map(_line, RULES.values())
        if of_return in ("", *line.returns) and severity in ("", line.severity) and kind in ("", line.kind)
    )


def rule_page(number: str) -> RulePage | None:
    """One rule, or None where there is no such rule."""
    rule = RULES.get(number)
    if rule is None:
        return None
    returns = tuple(NAMES[found] for found in returns_of(number))
    more = "" if isinstance(rule, DerivedRule) else inspect.cleandoc(rule.find.__doc__ or "")
    line = _line(rule)
    return RulePage(
        line, _KINDS[line.kind], returns, more, _standing(rule.source), _MODELS[rule.model], rule.example_pass,
        rule.example_fail,
    )  # fmt: skip


def _standing(source: str) -> str:
    return next((words for mark, words in SOURCES.items() if re.search(rf"\b{mark}\b", source)), "")


def rule_address(number: str) -> str:
    """The address of a rule's page on the authority's site."""
    return f"/rules/{number}/"


def rule_kinds() -> tuple[KindLine, ...]:
    """How many rules there are of each kind, in the order of the list."""
    counts = Counter(map(_kind, RULES))
    return tuple(KindLine(kind, words, counts[kind]) for kind, words in _KINDS.items())


def return_names() -> tuple[tuple[str, str], ...]:
    """The returns that rules are asked of, as (value, name)."""
    return tuple((found.value, name) for found, name in NAMES.items())


def severities() -> tuple[str, ...]:
    """The severities, gravest first."""
    return tuple(severity.value for severity in Severity)


def _kind(number: str) -> str:
    return number.partition("-")[0]


def _line(rule: Rule) -> RuleLine:
    return RuleLine(
        id=rule.id, kind=_kind(rule.id), severity=rule.severity.value, message=rule.message, mend=rule.mend,
        source=rule.source, reference=rule.dfe_ref, fields=rule.fields,
        returns=tuple(found.value for found in returns_of(rule.id)), since=rule.valid_from, until=rule.valid_to,
    )  # fmt: skip
