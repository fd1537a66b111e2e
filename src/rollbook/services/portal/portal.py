"""What is held about one person, as the portal shows it: grouped, each fact with its source and what stood before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rollbook.services.accounts.access import allowed
from rollbook.services.collections.notices import Told, told
from rollbook.services.platform.actors import Actor
from rollbook.services.returns.returns import HeldFact, facts_held

# Tables in the order people look for things, with their headings.
GROUPS = {
    "identity": "Names, numbers and address",
    "address": "Names, numbers and address",
    "pupil": "School and pupil",
    "fsm_period": "Free school meals",
    "sen_need": "Special educational needs",
    "exclusion": "Suspensions and exclusions",
    "session": "Attendance",
}


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts that belong together, under one heading."""

    heading: str
    facts: tuple[HeldFact, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """All that one school sent in one collection, or that a file of many schools brought (`loaded`)."""

    school: str
    collection: str
    received_on: date
    groups: tuple[FactGroup, ...]
    loaded: bool = False

    @property
    def count(self) -> int:
        """How many facts."""
        return sum(len(group.facts) for group in self.groups)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything held about one person, and the notices they were given or not."""

    sources: tuple[Source, ...]
    notices: tuple[Told, ...]


def record_page(by: Actor, handle: str) -> RecordPage:
    """What is held behind `handle`, newest source first."""
    person_key = allowed(by, handle)
    lines: dict[tuple[str, str, date], list[HeldFact]] = {}
    for fact in facts_held(person_key):
        lines.setdefault((fact.source_school, fact.collection, fact.received_on), []).append(fact)
    sources = [Source(*key, groups=_groups(facts), loaded=facts[0].loaded) for key, facts in lines.items()]
    return RecordPage(tuple(sorted(sources, key=lambda one: one.received_on, reverse=True)), told(person_key))


def _groups(facts: Iterable[HeldFact]) -> tuple[FactGroup, ...]:
    grouped: dict[str, list[HeldFact]] = {heading: [] for heading in GROUPS.values()}
    for fact in facts:
        grouped.setdefault(GROUPS.get(fact.table, fact.collection), []).append(fact)
    return tuple(FactGroup(heading, tuple(found)) for heading, found in grouped.items() if found)
