"""The identity zone's side of a return: what is known of its pupils, new keys for new people, and what the return said
of them.

For `services.ingest` only. Matching itself is `dataplane.people`; here its answers are read from and written to the
zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from django.db import connection, transaction

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.people.identifiers import Changes, changes
from rollbook.dataplane.people.keys import allocate
from rollbook.dataplane.people.matching import Claimant, Known, Match, Standing
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Identifier, KeyBlock, Sighting
from rollbook.services import identity_copy
from rollbook.services.divided import with_rivals
from rollbook.services.do_not_link import kept_apart
from rollbook.services.one_person import roots
from rollbook.services.people_zone import people_zone

UPN, ULN = "upn", "uln"
_ONLY_SCHOOL = "C"
_ELSEWHERE = """
SELECT seen.upn, source.school_id FROM identity.sighting AS seen JOIN {returns} AS source ON source.id = seen.source_id
WHERE seen.upn = ANY(%s) AND seen.on_roll AND seen.enrol_status = %s AND source.state = %s AND source.collection_id = %s
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """One return that is about to be accepted: its row, whose pupils they are, and what was known before."""

    parsed: ParsedReturn
    row: Return
    matches: Sequence[Match]
    keys: Mapping[int, int]
    known: Mapping[str, Known]


def claimants(parsed: ParsedReturn) -> tuple[Claimant, ...]:
    """The pupils of a return as matching needs them, in file order."""
    identity = parsed.tables["identity"]
    columns = (identity[name].to_pylist() for name in ("pupil_no", "upn", "former_upn", "dob", "forename"))
    return tuple(map(Claimant, *columns))


def known_upns(pupils: Sequence[Claimant]) -> dict[str, Known]:
    """What the zone knows about the UPNs and former UPNs of these pupils."""
    asked = [upn for one in pupils for upn in (one.upn, one.former_upn) if upn]
    with people_zone():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value, person_id, standing FROM identity.identifier WHERE scheme = %s AND value = ANY(%s)",
                [UPN, asked],
            )
            rows = cursor.fetchall()
        born = dict(
            # Oldest first, so that the latest word stands.
            Sighting.objects.filter(person_id__in={person for _, person, _ in rows})
            .order_by("pk")
            .values_list("person_id", "date_of_birth")
        )
        above, listed = roots(), kept_apart()
        return with_rivals(
            {
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
        )


def only_school_elsewhere(returns: Sequence[ParsedReturn]) -> list[frozenset[str]]:
    """For each return of one collection, the UPNs on its roll that another school has on roll as an only school in it.

    A leaver is not asked about: a pupil who left is rightly at another school.
    """
    asked = [_on_roll(one) for one in returns]
    if not returns:
        return []
    upns = [upn for some in asked for upn in some]
    query = _ELSEWHERE.format(returns=Return._meta.db_table)
    with people_zone(), connection.cursor() as cursor:
        cursor.execute(query, [upns, _ONLY_SCHOOL, Return.ACCEPTED, returns[0].header.collection_code])
        found = cursor.fetchall()
    schools: dict[str, set[str]] = {}
    for upn, school in found:
        schools.setdefault(upn, set()).add(school)
    return [
        frozenset(upn for upn in some if schools.get(upn, set()) - {one.header.laestab})
        for one, some in zip(returns, asked, strict=True)
    ]


def _on_roll(parsed: ParsedReturn) -> list[str]:
    upns, rolls = parsed.tables["identity"]["upn"].to_pylist(), parsed.tables["pupil"]["on_roll"].to_pylist()
    return [upn for upn, on_roll in zip(upns, rolls, strict=True) if upn and on_roll]


def give_keys(matches: Sequence[Match]) -> list[int]:
    """The person key of each pupil, in order; new people get theirs in a transaction of its own, before anything lands.

    A process killed after this loses the numbers. That is as it should be: no number is ever given to two people.
    """
    new = [one for one in matches if one.person is None]
    with transaction.atomic(durable=True), people_zone():
        blocks = {block.birth_year: block.next_place for block in KeyBlock.objects.select_for_update()}
        given = allocate([one.claimant.born for one in new], blocks)
        for year, place in given.next_places.items():
            KeyBlock.objects.update_or_create(birth_year=year, defaults={"next_place": place})
    fresh = iter(given.keys)
    return [next(fresh) if one.person is None else one.person for one in matches]


def write_identity(taken: Sequence[Taken]) -> None:
    """Write people, identifiers and sightings; called inside the transaction that makes the returns accepted.

    No two of the returns may share a UPN or a person.
    """
    with people_zone():
        identity_copy.copy_in("person", pa.concat_tables(map(_new_people, taken)))
        identity_copy.copy_in("identifier", pa.concat_tables([*map(_upns, taken), *_ulns(taken)]))
        said = (identity_copy.sightings(one.parsed, one.keys, str(one.row.pk)) for one in taken)
        identity_copy.copy_in("sighting", pa.concat_tables(said))


def _new_people(one: Taken) -> pa.Table:
    keys = [one.keys[match.claimant.pupil_no] for match in one.matches if match.person is None]
    return identity_copy.people(keys, str(one.row.pk))


def _upns(one: Taken) -> pa.Table:
    """Changes what stands of the UPNs; gives the new ones."""
    made = changes(((match, one.keys[match.claimant.pupil_no]) for match in one.matches), one.known)
    _change_standing(made, one.row)
    return identity_copy.identifiers(UPN, made.add, str(one.row.pk))


def _change_standing(made: Changes, row: Return) -> None:
    if made.retire:
        standing = Identifier.objects.filter(scheme=UPN, person_id__in=made.retire, standing=Standing.CURRENT)
        standing.update(standing=Standing.FORMER)
    for value, (person, standing_now) in made.restate.items():
        Identifier.objects.filter(scheme=UPN, value=value).update(person_id=person, standing=standing_now, source=row)


def _ulns(taken: Sequence[Taken]) -> list[pa.Table]:
    """Keep a learner number for the first person who gave it; one that somebody else has is left where it is."""
    given: dict[str, tuple[int, Taken]] = {}
    for one in taken:
        ulns = one.parsed.tables["identity"]["uln"].to_pylist()
        pairs = zip((match.claimant.pupil_no for match in one.matches), ulns, strict=True)
        given = {uln: (one.keys[number], one) for number, uln in pairs if uln} | given
    if not given:
        return []
    held = set(Identifier.objects.filter(scheme=ULN, value__in=given).values_list("value", flat=True))
    new = {uln: whose for uln, whose in given.items() if uln not in held}
    Identifier.objects.filter(
        scheme=ULN, person_id__in=[person for person, _ in new.values()], standing=Standing.CURRENT
    ).update(standing=Standing.FORMER)
    return [
        identity_copy.identifiers(
            ULN, {uln: (person, Standing.CURRENT) for uln, (person, its) in new.items() if its is one}, str(one.row.pk)
        )
        for one in taken
    ]
