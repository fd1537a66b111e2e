"""The numbers of a record that is divided: each goes with the sightings that gave it.

A number that both children gave stays with the key, since it can stand for one person only; returns that give it again
are told apart by birth date and first name (`services.people.divided`). For `services.people.dividing` only, in its
transaction.
"""

from collections.abc import Sequence

from rollbook.dataplane.people.matching import Standing
from rollbook.records.models.divisions import Division
from rollbook.records.models.identity import Identifier, Sighting

# The field of a sighting that gives a number of each scheme as the pupil's own.
_OWN = {"upn": "upn", "uln": "uln"}


def give(keys: Sequence[int], other: int) -> list[list[object]]:
    """Give the other child the numbers that are theirs alone; gives what each changed number was before."""
    before: list[list[object]] = []
    for one in Identifier.objects.filter(person_id__in=keys).order_by("pk"):
        if _is_of(one, other) and not any(_is_of(one, key) for key in keys):
            before.append([one.pk, one.person_id, one.standing])
            one.person_id = other
            one.save(update_fields=["person"])
    for side in ([*keys], [other]):
        before += _one_current(side, {number for number, *_ in before})
    return before


def give_back(division: Division) -> None:
    """Undo `give`, where a later return has not changed the number again."""
    for number, person, standing in division.numbers:
        Identifier.objects.filter(pk=number).update(person_id=person, standing=standing)


def _is_of(number: Identifier, key: int) -> bool:
    seen = Sighting.objects.filter(person_id=key)
    given = seen.filter(**{_OWN[number.scheme]: number.value})
    # A claim stands for whoever made it.
    claimed = seen.filter(former_upn=number.value) if number.standing == Standing.CLAIMED else seen.none()
    return given.exists() or claimed.exists()


def _one_current(keys: Sequence[int], known: set[object]) -> list[list[object]]:
    """Where a person is left without a current UPN, the one seen last is current again."""
    held = Identifier.objects.filter(person_id__in=keys, scheme="upn")
    if held.filter(standing=Standing.CURRENT).exists():
        return []
    by_value = {one.value: one for one in held.filter(standing=Standing.FORMER)}
    seen = Sighting.objects.filter(person_id__in=keys, upn__in=list(by_value)).order_by("-source__received_at", "-pk")
    last = seen.values_list("upn", flat=True).first()
    if last is None:
        return []
    one = by_value[last]
    before: list[list[object]] = [] if one.pk in known else [[one.pk, one.person_id, one.standing]]
    Identifier.objects.filter(pk=one.pk).update(standing=Standing.CURRENT)
    return before
