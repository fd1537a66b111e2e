"""The returns of a batch, each judged as if those before it had been taken in already.

For `services.returns.ingest` only, under its lock. Asks the stores what is known; writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollbook.dataplane.census.ruling import Severity
from rollbook.dataplane.people.again import Seen, again
from rollbook.dataplane.people.in_turn import Fresh, InTurn, OnlySchools
from rollbook.dataplane.people.matching import Match, match
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Collection, Return
from rollbook.services.returns import identity_rows, without_number
from rollbook.services.returns.findings import IssueLine, match_lines
from rollbook.services.returns.prepared import Prepared

# The enrolment status of a pupil who has no other school.
ONLY_SCHOOL = "C"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One return on its way in, of a school and a collection that are known."""

    prepared: Prepared
    collection: Collection
    school: School
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """An arrival with its issues and the person of each pupil: below zero a new one, by order of arrival in the batch.

    Nobody's person is asked for in a return that is refused.
    """

    arrival: Arrival
    issues: Sequence[IssueLine]
    persons: Sequence[int] | None

    @property
    def sound(self) -> bool:
        """Whether it is to be accepted."""
        return self.persons is not None


def arrivals(batch: Sequence[Prepared], at: datetime) -> list[Arrival | InputRefused | UseRefused]:
    """Those that may come in, and for the others why not."""
    collections = {
        one.code: one for one in Collection.objects.filter(code__in={one.collection for one in batch}, closed_at=None)
    }
    schools = School.objects.in_bulk({one.laestab for one in batch})
    held = Return.objects.filter(
        file_sha256__in=[one.sha256 for one in batch], state__in=(Return.ACCEPTED, Return.SUPERSEDED)
    ).only("file_sha256", "received_at", "state")
    earlier = {one.file_sha256: one for one in held.order_by("received_at")}
    return [_arrival(one, at, collections, schools, earlier) for one in batch]


def _arrival(
    one: Prepared,
    at: datetime,
    collections: Mapping[str, Collection],
    schools: Mapping[str, School],
    earlier: Mapping[str, Return],
) -> Arrival | InputRefused | UseRefused:
    collection, school = collections.get(one.collection), schools.get(one.laestab)
    if collection is None:
        mend = "Send it while the collection is open; check collection, term and year in the header."
        where = f"{one.name}: {one.collection}"[:200]
        return UseRefused(Reason("collection-not-open", "No collection of this kind is open", where, mend))
    if school is None:
        mend = "Check LEA and Estab in the header, or ask the authority to register the school."
        return UseRefused(Reason("school-unknown", "This school is not registered", f"{one.name}, Header", mend))
    same = earlier.get(one.sha256)
    if same is not None:
        message = f"This very file was already received on {same.received_at:%d %B %Y} and {same.state}"
        mend = "Nothing was changed. Send a new file if there is something to correct."
        return InputRefused(Reason("already-received", message, one.name, mend))
    return Arrival(one, collection, school, at)


def of_schools_apart(found: Mapping[int, Arrival]) -> list[int]:
    """The places of those that go together: of one collection, and no two of one school."""
    first = next(iter(found.values()), None)
    schools: set[str] = set()
    places: list[int] = []
    for place, one in found.items():
        if one.school.laestab not in schools and first is not None and one.collection.code == first.collection.code:
            places.append(place)
        # One that must wait is still an earlier one to those behind it: no two of one school change places.
        schools.add(one.school.laestab)
    return places


def judge(batch: Sequence[Arrival]) -> tuple[list[Judged], InTurn]:
    """Each with its issues and people, and what the sound ones change about identifiers; all of one collection."""
    prepared = [one.prepared for one in batch]
    known = InTurn(
        identity_rows.known_upns(frozenset().union(*(one.asked for one in prepared))),
        [one.asked for one in prepared],
    )
    asked = [one.upns_on_roll for one in prepared]
    rolls = OnlySchools(asked, _only_schools(batch, asked, known))
    seen = without_number.seen_before({one.school.laestab for one in batch}, batch[0].collection.code)
    whom = [seen.get(one.school.laestab, ()) for one in batch]
    return [_judged(place, *one, known, rolls) for place, one in enumerate(zip(batch, whom, strict=True))], known


def _only_schools(batch: Sequence[Arrival], asked: Sequence[Sequence[str]], known: InTurn) -> list[tuple[str, str]]:
    # A UPN that no record has was on no roll either.
    upns = {upn for some in asked for upn in some if upn in known.known}
    return identity_rows.only_schools(upns, ONLY_SCHOOL, batch[0].collection.code) if upns else []


def _judged(place: int, arrival: Arrival, seen: Sequence[Seen], known: InTurn, rolls: OnlySchools) -> Judged:
    one = arrival.prepared
    roll = one.roll
    met: Sequence[Match | Fresh] = (
        again(match(roll.claimants(), known.known), seen, known.known) if seen else known.meet(roll)
    )
    matches = [found for found in met if isinstance(found, Match)]
    issues = _issues(one, matches, rolls.elsewhere(one.upns_on_roll, arrival.school.laestab))
    if any(issue.severity == Severity.ERROR for issue in issues):
        return Judged(arrival, issues, None)
    persons = known.take(place, met)
    rolls.take(arrival.school.laestab, one.with_status(ONLY_SCHOOL))
    return Judged(arrival, issues, persons)


def _issues(one: Prepared, matches: Sequence[Match], elsewhere: frozenset[str]) -> Sequence[IssueLine]:
    doubts = [line.placed(one.members) for line in match_lines(matches, one.lines)]
    twice = one.on_two_rolls(elsewhere) if elsewhere else []
    if not twice:
        return [*one.issues, *doubts]
    return [
        *sorted((*one.issues, *twice), key=lambda line: (line.severity != Severity.ERROR, line.line, line.rule)),
        *doubts,
    ]
