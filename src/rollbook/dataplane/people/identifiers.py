"""What an accepted return changes about identifiers, worked out before anything is written.

A person has at most one current UPN. The one before it stays as `former`, so that an older file still finds the same
person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rollbook.dataplane.people.matching import Known, Match, Route, Standing
from rollbook.kernel.upn import upn_faults


@dataclass(slots=True)
class Changes:
    """Identifiers to write. `retire`: people whose other current UPN becomes `former` because a new one is added."""

    add: dict[str, tuple[int, Standing]] = field(default_factory=dict)
    restate: dict[str, tuple[int, Standing]] = field(default_factory=dict)
    retire: set[int] = field(default_factory=set)


def changes(matches: Iterable[tuple[Match, int]], known: Mapping[str, Known]) -> Changes:
    """The changes that follow from each match and the key of its person (new people have theirs by now)."""
    made = Changes()
    pairs = tuple(matches)
    for match, person in pairs:
        _own(made, match, person, known)
    for match, person in pairs:
        _former(made, match, person, known)
    return made


def _own(made: Changes, match: Match, person: int, known: Mapping[str, Known]) -> None:
    upn = match.claimant.upn
    if not upn:
        return
    held = known.get(upn)
    if held is None:
        made.add[upn] = (person, Standing.CURRENT)
    elif held.standing is Standing.CLAIMED:
        # A number once only claimed is now seen: as this person's older one, or as the own number of somebody else.
        standing = Standing.FORMER if match.route is Route.OWN else Standing.CURRENT
        made.restate[upn] = (person, standing)
    if match.route is Route.FORMER:
        made.retire.add(person)


def _former(made: Changes, match: Match, person: int, known: Mapping[str, Known]) -> None:
    former = match.claimant.former_upn
    own = known.get(match.claimant.upn or "")
    if own is not None and own.sealed:
        # Kept apart from every other record: an older number would be a way from one to the other.
        return
    if former and former not in known and former not in made.add and not upn_faults(former):
        made.add[former] = (person, Standing.CLAIMED)
