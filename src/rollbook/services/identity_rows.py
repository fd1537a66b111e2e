"""The identity zone's side of a return: what is known of its pupils, new keys for new people, and what the return said
of them.

For `services.ingest` only. Matching itself is `dataplane.people`; here its answers are read from and written to the
zone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.people.identifiers import Changes, changes
from rollbook.dataplane.people.keys import allocate
from rollbook.dataplane.people.matching import Claimant, Known, Match, Standing, match
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Identifier, KeyBlock, Person, Sighting
from rollbook.services.do_not_link import kept_apart
from rollbook.services.one_person import roots
from rollbook.services.people_zone import people_zone

UPN, ULN = "upn", "uln"
_ONLY_SCHOOL = "C"
# Column of the parsed identity table, and the field of a sighting that takes it.
_NAMES = (
    "former_upn", "uln", "surname", "forename", "middle_names", "preferred_surname", "former_surname", "sex",
)  # fmt: skip


def claimants(parsed: ParsedReturn) -> tuple[Claimant, ...]:
    """The pupils of a return as matching needs them, in file order."""
    return tuple(
        Claimant(row["pupil_no"], row["upn"], row["former_upn"], row["dob"])
        for row in parsed.tables["identity"].to_pylist()
    )


def known_upns(pupils: Sequence[Claimant]) -> dict[str, Known]:
    """What the zone knows about the UPNs and former UPNs of these pupils."""
    asked = {upn for one in pupils for upn in (one.upn, one.former_upn) if upn}
    with people_zone():
        rows = list(
            Identifier.objects.filter(scheme=UPN, value__in=asked).values_list("value", "person_id", "standing")
        )
        born = dict(
            # Oldest first, so that the latest word stands.
            Sighting.objects.filter(person_id__in={person for _, person, _ in rows})
            .order_by("pk")
            .values_list("person_id", "date_of_birth")
        )
        above, listed = roots(), kept_apart()
    return {
        value: Known(
            person,
            Standing(standing),
            born.get(person),
            one=above.get(person),
            closed=listed.pairs_of(person),
            sealed=person in listed.sealed,
        )
        for value, person, standing in rows
    }


def only_school_elsewhere(parsed: ParsedReturn) -> frozenset[str]:
    """The UPNs of this return that another school has on roll as an only school, in the same collection."""
    upns = [upn for upn in parsed.tables["identity"]["upn"].to_pylist() if upn]
    with people_zone():
        rows = Sighting.objects.filter(
            upn__in=upns,
            on_roll=True,
            enrol_status=_ONLY_SCHOOL,
            source__state=Return.ACCEPTED,
            source__collection_id=parsed.header.collection_code,
        ).exclude(source__school_id=parsed.header.laestab)
        return frozenset(rows.values_list("upn", flat=True))


def match_pupils(parsed: ParsedReturn) -> tuple[tuple[Match, ...], dict[str, Known]]:
    """The person of each pupil, and what was known when that was decided."""
    pupils = claimants(parsed)
    known = known_upns(pupils)
    return match(pupils, known), known


def give_keys(matches: Sequence[Match]) -> dict[int, int]:
    """The person key of each pupil number; new people get theirs in a transaction of its own, before anything lands.

    A process killed after this loses the numbers. That is as it should be: no number is ever given to two people.
    """
    new = [one for one in matches if one.person is None]
    with transaction.atomic(durable=True), people_zone():
        blocks = {block.birth_year: block.next_place for block in KeyBlock.objects.select_for_update()}
        given = allocate([one.claimant.born for one in new], blocks)
        for year, place in given.next_places.items():
            KeyBlock.objects.update_or_create(birth_year=year, defaults={"next_place": place})
    keys = {one.claimant.pupil_no: one.person for one in matches if one.person is not None}
    return keys | dict(zip((one.claimant.pupil_no for one in new), given.keys, strict=True))


def write_identity(
    parsed: ParsedReturn, row: Return, matches: Sequence[Match], keys: Mapping[int, int], known: Mapping[str, Known]
) -> None:
    """Write people, identifiers and sightings; called inside the transaction that makes the return accepted."""
    made = changes(((one, keys[one.claimant.pupil_no]) for one in matches), known)
    with people_zone():
        new = [keys[one.claimant.pupil_no] for one in matches if one.person is None]
        Person.objects.bulk_create([Person(key=key, first_return=row) for key in new])
        _write_upns(made, row)
        _write_ulns(parsed, row, keys)
        Sighting.objects.bulk_create(_sightings(parsed, row, keys))


def _write_upns(made: Changes, row: Return) -> None:
    Identifier.objects.filter(scheme=UPN, person_id__in=made.retire, standing=Standing.CURRENT).update(
        standing=Standing.FORMER
    )
    for value, (person, standing) in made.restate.items():
        Identifier.objects.filter(scheme=UPN, value=value).update(person_id=person, standing=standing, source=row)
    Identifier.objects.bulk_create(
        Identifier(scheme=UPN, value=value, person_id=person, standing=standing, source=row)
        for value, (person, standing) in made.add.items()
    )


def _write_ulns(parsed: ParsedReturn, row: Return, keys: Mapping[int, int]) -> None:
    """Keep a learner number for the first person who gave it; one that somebody else has is left where it is."""
    identity = parsed.tables["identity"].select(["pupil_no", "uln"]).to_pylist()
    given = {one["uln"]: keys[one["pupil_no"]] for one in identity if one["uln"]}
    held = set(Identifier.objects.filter(scheme=ULN, value__in=given).values_list("value", flat=True))
    new = {uln: person for uln, person in given.items() if uln not in held}
    Identifier.objects.filter(scheme=ULN, person_id__in=new.values(), standing=Standing.CURRENT).update(
        standing=Standing.FORMER
    )
    Identifier.objects.bulk_create(
        Identifier(scheme=ULN, value=uln, person_id=person, source=row) for uln, person in new.items()
    )


def _sightings(parsed: ParsedReturn, row: Return, keys: Mapping[int, int]) -> list[Sighting]:
    homes = {one["pupil_no"]: one for one in reversed(parsed.tables["address"].to_pylist())}
    rolls = parsed.tables["pupil"].select(["on_roll", "enrol_status"]).to_pylist()
    return [
        _sighting(identity, roll, homes.get(identity["pupil_no"], {}), row, keys)
        for identity, roll in zip(parsed.tables["identity"].to_pylist(), rolls, strict=True)
    ]


def _sighting(
    identity: Mapping[str, Any], roll: Mapping[str, Any], home: Mapping[str, Any], row: Return, keys: Mapping[int, int]
) -> Sighting:
    return Sighting(
        person_id=keys[identity["pupil_no"]],
        source=row,
        pupil_no=identity["pupil_no"],
        line=identity["line"],
        on_roll=roll["on_roll"],
        enrol_status=roll["enrol_status"] or "",
        upn=identity["upn"] or "",
        date_of_birth=identity["dob"],
        address=home.get("address_line") or "",
        postcode=home.get("postcode") or "",
        uprn=home.get("uprn") or "",
        **{name: identity[name] or "" for name in _NAMES},
    )
