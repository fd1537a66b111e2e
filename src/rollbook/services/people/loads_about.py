"""Which rows of loaded collections are about whom: a load names pupils by number, and a number can turn out to be
another child's.

Rows bear the key that held the number when the file came. Where the record was divided since, the number decides: the
one child whose returns gave it has the rows, and where both children gave it, or neither, they are nobody's. Then no
page shows them and no run reads them, until a later file says whose they are.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.store.reading import NOBODY, Moves
from rollbook.policy.states import DivisionState
from rollbook.records.models.collections import Load
from rollbook.records.models.divisions import Division
from rollbook.records.models.identity import ListedPupil, Sighting
from rollbook.services.catalogue.mapped_items import mappings
from rollbook.services.platform.one_person import roots
from rollbook.services.platform.people_zone import people_zone

STANDING = (DivisionState.DIVIDED, DivisionState.UNDOING)


@dataclass(frozen=True, slots=True)
class LoadAbout:
    """One load with rows about a person, its mapping, and the keys these rows bear."""

    load: Load
    mapping: CollectionMapping
    stored: tuple[int, ...]


def named() -> dict[str, CollectionMapping]:
    """The mappings whose pupils can be found in the register, by collection."""
    return {one.code: one for one in mappings() if one.named_pupils}


def loads_of_named(codes: Collection[str]) -> list[str]:
    """The accepted loads, in these collections, of pupils who can be found in the register."""
    rows = Load.objects.filter(collection_id__in={*codes} & {*named()}, state=Load.ACCEPTED)
    return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)]


def loads_about(keys: Iterable[int]) -> tuple[LoadAbout, ...]:
    """Every load ever taken in that may have rows about the person with these keys, oldest first."""
    mine, moved, known = {*keys}, moves_of_loads(), named()
    found = []
    with people_zone():
        for load in _taken_in(known):
            from_others = {stored for (source, stored), now in moved.items() if source == str(load.pk) and now in mine}
            own = {key for key in mine if moved.get((str(load.pk), key), key) in mine}
            listed = ListedPupil.objects.filter(collection=load.collection_id, person_id__in=own | from_others)
            stored = tuple(sorted({*listed.values_list("person_id", flat=True)}))
            if stored:
                found.append(LoadAbout(load, known[load.collection_id], stored))
    return tuple(found)


def moves_of_loads() -> Moves:
    """For each load and key whose rows are not, or not surely, that key's any more: whose they are."""
    moved: dict[tuple[str, int], int] = {}
    with people_zone():
        divisions = list(Division.objects.filter(state__in=STANDING, divided_at__isnull=False).order_by("divided_at"))
        if not divisions:
            return moved
        above = roots()
        for load in _taken_in(named()):
            for key, sides in _sides(divisions, load.received_at).items():
                whose = _whose(load.collection_id, key, sides, above)
                if whose - {above.get(key, key)}:
                    moved[str(load.pk), key] = whose.pop() if len(whose) == 1 else NOBODY
    return moved


def _taken_in(codes: Collection[str]) -> QuerySet[Load]:
    rows = Load.objects.filter(collection_id__in=list(codes)).exclude(state=Load.REFUSED)
    return rows.select_related("collection").order_by("received_at", "pk")


def _sides(divisions: Iterable[Division], since: datetime) -> dict[int, set[int]]:
    """For each key that was divided after `since`: every key its facts can stand under now."""
    sides: dict[int, set[int]] = {}
    for one in divisions:
        if one.divided_at is not None and one.divided_at > since:
            before = {one.person_id, *one.reassignments.values_list("was_id", flat=True)}
            after = before | {int(one.other_id or one.person_id)}
            for key in before | {stored for stored, held in sides.items() if held & before}:
                sides.setdefault(key, set()).update(after)
    return sides


def _whose(collection: str, key: int, sides: set[int], above: Mapping[int, int]) -> set[int]:
    """Whose the numbers are by which the collection means this key: the children whose returns gave them. NOBODY stands
    for a number that none of them gave."""
    found: set[int] = set()
    listed = ListedPupil.objects.filter(collection_id=collection, person_id=key).values_list("number", flat=True)
    for number in listed:
        gave = Q(upn=number) | Q(former_upn=number)
        seen = Sighting.objects.filter(gave, person_id__in=sides).values_list("person_id", flat=True)
        found |= {above.get(one, one) for one in seen} or {NOBODY}
    return found
