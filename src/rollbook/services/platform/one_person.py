"""Which keys are one person: a joined key and the one that supersedes it are read as one, wherever a person is read."""

from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from pyroaring import BitMap

from rollbook.records.models.identity import Person
from rollbook.services.platform.people_zone import people_zone


def keys_of(person_key: int) -> tuple[int, ...]:
    """Every key of the person with this key, the one that stands first."""
    with people_zone():
        one = root_of(person_key)
        joined = Person.objects.filter(superseded_by=one).order_by("pk").values_list("pk", flat=True)
        return (one, *joined)


def root_of(person_key: int) -> int:
    """The key that stands for the person with this key; called inside the people zone."""
    above = Person.objects.filter(pk=person_key).values_list("superseded_by_id", flat=True).first()
    return person_key if above is None else int(above)


def roots() -> dict[int, int]:
    """For every joined key, the one that stands. Joined keys are few."""
    with people_zone():
        rows = Person.objects.filter(superseded_by__isnull=False).values_list("pk", "superseded_by_id")
        return {key: above for key, above in rows if above is not None}


def whole(people: BitMap) -> BitMap:
    """`people` with every other key of theirs."""
    above = roots()
    standing = people | BitMap(above[key] for key in people if key in above)
    return standing | BitMap(key for key, root in above.items() if root in standing)


def family(person: str) -> QuerySet[Any]:
    """For a subquery two levels down: the keys that are one person with the outer row's `person`."""
    outer = Person.objects.filter(pk=OuterRef(OuterRef(OuterRef(person))))
    root = Subquery(outer.values(standing=Coalesce("superseded_by_id", "key"))[:1])
    return Person.objects.filter(Q(pk=root) | Q(superseded_by_id=root)).values("pk")
