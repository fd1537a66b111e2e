"""The identity zone's side of a batch of returns: what is known of their pupils, new keys for new people, and what the
returns said of them.

For `services.returns.ingest`, `services.returns.judging` and `services.collections.load_people` only. Matching itself
is `dataplane.people`; here its answers are read from and written to the zone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pyarrow as pa
from django.db import connection, transaction

from rollbook.dataplane.people.in_turn import InTurn, real
from rollbook.dataplane.people.keys import allocate
from rollbook.dataplane.people.matching import Known, Standing
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Identifier, KeyBlock
from rollbook.services.people.divided import with_rivals
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform.one_person import roots
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import identity_copy
from rollbook.services.returns.prepared import Prepared
from rollbook.services.returns.without_number import ask_custodians

UPN, ULN = "upn", "uln"
# UPNs are handed over as one text: an array of thousands costs more to write down than to look up.
_KNOWN = """
SELECT held.value, held.person_id, held.standing, latest.date_of_birth
FROM identity.identifier AS held LEFT JOIN LATERAL (
    SELECT date_of_birth FROM identity.sighting WHERE person_id = held.person_id ORDER BY id DESC LIMIT 1
) AS latest ON true
WHERE held.scheme = 'upn' AND held.value = ANY(string_to_array(%s, ' '))
"""
_ONLY_SCHOOLS = """
SELECT seen.upn, source.school_id FROM identity.sighting AS seen JOIN {returns} AS source ON source.id = seen.source_id
WHERE seen.upn = ANY(string_to_array(%s, ' ')) AND seen.on_roll AND seen.enrol_status = %s
AND source.state = %s AND source.collection_id = %s
"""
_HELD = """
SELECT value FROM identity.identifier WHERE scheme = %s AND value = ANY(string_to_array(%s, ' '))
"""
_STRAY = """
SELECT EXISTS (SELECT FROM identity.sighting AS seen LEFT JOIN identity.person ON key = seen.person_id
WHERE seen.source_id = ANY(%s) AND key IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """One return that is about to be accepted: its row, and the person key of each of its pupils."""

    prepared: Prepared
    row: Return
    keys: Sequence[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """The returns that are accepted together. `rows` has the row of every place of `known`, refused ones included;
    `keys` are those of the new people.
    """

    taken: Sequence[Taken]
    rows: Sequence[Return]
    known: InTurn
    keys: Sequence[int]

    @property
    def sources(self) -> list[str]:
        """The id of the return at each place of the batch."""
        return [str(row.pk) for row in self.rows]


def known_upns(upns: Collection[str]) -> dict[str, Known]:
    """What the zone knows about these UPNs, each of letters and digits alone."""
    with people_zone():
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [" ".join(upns)])
            rows = cursor.fetchall()
        if not rows:
            return {}
        above, listed = roots(), kept_apart()
        return with_rivals(
            {
                value: Known(
                    person,
                    Standing(standing),
                    born,
                    one=above.get(person),
                    closed=listed.pairs_of(person),
                    sealed=person in listed.sealed,
                )
                for value, person, standing, born in rows
            }
        )


def only_schools(upns: Collection[str], status: str, collection: str) -> list[tuple[str, str]]:
    """These UPNs with each school that has them on roll with this status, by its accepted return of the collection."""
    query = _ONLY_SCHOOLS.format(returns=Return._meta.db_table)
    with people_zone(), connection.cursor() as cursor:
        cursor.execute(query, [" ".join(upns), status, Return.ACCEPTED, collection])
        return [(str(upn), str(school)) for upn, school in cursor.fetchall()]


def give_keys(births: Sequence[date | None]) -> Sequence[int]:
    """A person key for each new person, in a transaction of its own, before anything lands.

    A failure later loses the numbers. That is as it should be: no number is ever given to two people.
    """
    if not births:
        return ()
    with transaction.atomic(durable=True), people_zone():
        blocks = {block.birth_year: block.next_place for block in KeyBlock.objects.select_for_update()}
        given = allocate(births, blocks)
        KeyBlock.objects.bulk_create(
            [KeyBlock(birth_year=year, next_place=place) for year, place in given.next_places.items()],
            update_conflicts=True,
            unique_fields=["birth_year"],
            update_fields=["next_place"],
        )
    return given.keys


def write_identity(batch: Batch) -> None:
    """Write people, identifiers and sightings; called inside the transaction that makes the returns accepted."""
    sources, known = batch.sources, batch.known
    with people_zone():
        identity_copy.copy_in("person", identity_copy.people(batch.keys, [sources[place] for place in known.brought]))
        _change_standing(batch, sources)
        whose = real((one.person for one in known.add.values()), batch.keys)
        places = [sources[one.place] for one in known.add.values()]
        standings = [one.standing for one in known.add.values()]
        identity_copy.copy_in("identifier", identity_copy.identifiers(UPN, list(known.add), whose, standings, places))
        identity_copy.copy_in("identifier", identity_copy.identifiers(ULN, *_ulns(batch)))
        said = (identity_copy.sightings(one.prepared.said, one.keys, str(one.row.pk)) for one in batch.taken)
        identity_copy.copy_in("sighting", pa.concat_tables(said))
        _require_people([str(one.row.pk) for one in batch.taken])
        ask_custodians(known, batch.keys)


def _require_people(returns: Sequence[str]) -> None:
    """That every sighting of these returns is of somebody there is: the foreign key that these tables do without.

    Raises:
        StateBroken: code `person-missing`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STRAY, [list(map(UUID, returns))])
        (stray,) = cursor.fetchone()
    if stray:
        raise StateBroken(Reason("person-missing", "A pupil of a return would point to nobody"))


def _change_standing(batch: Batch, sources: Sequence[str]) -> None:
    known = batch.known
    if known.retired:
        standing = Identifier.objects.filter(scheme=UPN, person_id__in=known.retired, standing=Standing.CURRENT)
        standing.update(standing=Standing.FORMER)
    for upn, one in known.restate.items():
        (person,) = real([one.person], batch.keys)
        Identifier.objects.filter(scheme=UPN, value=upn).update(
            person_id=person, standing=one.standing, source_id=sources[one.place]
        )


def _ulns(batch: Batch) -> tuple[list[str], list[int], list[str], list[str]]:
    """Keep a learner number for the first person who gave it; one that somebody else has is left where it is. Gives
    those that are new, as columns.
    """
    given: dict[str, tuple[int, str]] = {}
    for one in batch.taken:
        source = str(one.row.pk)
        for uln, person in zip(one.prepared.ulns, one.keys, strict=True):
            if uln:
                given.setdefault(uln, (person, source))
    held = _held(ULN, given) if given else set()
    new = {uln: whose for uln, whose in given.items() if uln not in held}
    # Whoever came with this batch had no number before.
    before = {person for person, _ in new.values()}.difference(batch.keys)
    if before:
        standing = Identifier.objects.filter(scheme=ULN, person_id__in=before, standing=Standing.CURRENT)
        standing.update(standing=Standing.FORMER)
    # Of two that one person gives in a batch, the later is the current one.
    latest = {person: uln for uln, (person, _) in new.items()}
    persons, sources = [person for person, _ in new.values()], [source for _, source in new.values()]
    standings = [Standing.CURRENT if latest[person] == uln else Standing.FORMER for uln, (person, _) in new.items()]
    return list(new), persons, [one.value for one in standings], sources


def _held(scheme: str, values: Collection[str]) -> set[str]:
    """Those of these identifiers that somebody has. One with a blank in it nobody has: it would be two in the query."""
    asked = " ".join(one for one in values if one.isascii() and one.isalnum())
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [scheme, asked])
        return {str(value) for (value,) in cursor.fetchall()}
