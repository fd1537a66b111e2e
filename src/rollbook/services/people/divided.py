"""What readers of records that were divided must know: whose study rows are now, and under which key they were used.

Left to others: dividing itself (`services.people.dividing`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F
from pyroaring import BitMap

from rollbook.dataplane.people.matching import Known, Standing
from rollbook.dataplane.people.search import plain
from rollbook.dataplane.store.reading import Moves
from rollbook.records.models.divisions import Division, Reassignment
from rollbook.records.models.identity import Person, Sighting
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.people.loads_about import STANDING, moves_of_loads
from rollbook.services.platform.people_zone import people_zone


@dataclass(frozen=True, slots=True)
class Earlier:
    """Keys a person's facts stood under until the record was divided. A use before that was a use of them."""

    keys: BitMap
    until: datetime

    def counts(self, people: BitMap, opened_at: datetime) -> bool:
        """Whether a use of these people, opened then, was of this person under one of the earlier keys."""
        return opened_at < self.until and people.intersect(self.keys)


def moves() -> Moves:
    """For each return or load and stored key whose rows were found to be another person's: whose they are. They are
    few."""
    with people_zone():
        rows = Reassignment.objects.exclude(sighting__person_id=F("stored_id"))
        found = rows.values_list("sighting__source_id", "stored_id", "sighting__person_id").distinct()
        returned = {(str(source), stored): person for source, stored, person in found}
    return {**returned, **moves_of_loads()}


def stored_keys(sightings: Sequence[Sighting]) -> dict[int, int]:
    """By sighting: the key its study rows bear; called inside the people zone."""
    rows = Reassignment.objects.filter(sighting__in=sightings).values_list("sighting_id", "stored_id")
    return {one.pk: one.person_id for one in sightings} | dict(rows)


def earlier_keys(keys: Iterable[int]) -> tuple[Earlier, ...]:
    """The keys this person's facts stood under before, however often the record was divided."""
    found: list[Earlier] = []
    wanted: list[tuple[int, datetime | None]] = [(key, None) for key in keys]
    with people_zone():
        while wanted:
            key, until = wanted.pop()
            for one in Division.objects.filter(other_id=key, state__in=STANDING, divided_at__isnull=False):
                ended = min(moment for moment in (one.divided_at, until) if moment is not None)
                before = {one.person_id, *one.reassignments.values_list("was_id", flat=True)}
                found.append(Earlier(BitMap(before), ended))
                wanted += [(each, ended) for each in before]
    return tuple(found)


def divided_until(keys: Sequence[int]) -> datetime | None:
    """When another child's facts were last taken out of what this person's record was."""
    with people_zone():
        rows = Division.objects.filter(state__in=STANDING)
        sides = rows.filter(person_id__in=keys) | rows.filter(other_id__in=keys)
        return sides.order_by("-divided_at").values_list("divided_at", flat=True).first()


def with_rivals(known: Mapping[str, Known]) -> dict[str, Known]:
    """`known` with, for a number found to be two children's, the other child beside the holder.

    Called inside the people zone.
    """
    gave: dict[str, set[int]] = {}
    rows = Reassignment.objects.filter(division__state__in=STANDING)
    for person, upn in rows.filter(sighting__upn__in=list(known)).values_list("sighting__person_id", "sighting__upn"):
        gave.setdefault(upn, set()).add(person)
    return {upn: _with(held, sorted(gave.get(upn, set()) - {held.person})) for upn, held in known.items()}


def _with(held: Known, others: Sequence[int]) -> Known:
    if not others:
        return held
    listed = kept_apart()
    rivals = tuple(
        Known(
            key,
            Standing.CURRENT,
            seen.date_of_birth,
            one=Person.objects.values_list("superseded_by_id", flat=True).get(pk=key),
            closed=listed.pairs_of(key),
            sealed=key in listed.sealed,
            forename=plain(seen.forename),
        )
        for key in others
        for seen in _latest(key)
    )
    own = _latest(held.person)
    return replace(held, rivals=rivals, forename=plain(own[0].forename) if own else "")


def _latest(key: int) -> Sequence[Sighting]:
    return list(Sighting.objects.filter(person_id=key).order_by("-pk")[:1])
