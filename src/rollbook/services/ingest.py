"""A return comes in: read, judged, matched, landed, and then committed by one PostgreSQL transaction.

The order of durable steps is the design.
1. New people get their keys, in a transaction of its own. Lost afterwards, the numbers are never used; harmless.
2. The rows go into the study tables under the return's id. No reader asks for an id that PostgreSQL does not name as
accepted.
3. One transaction writes identity, the return as accepted, the end of the one it replaces, receipt and audit. That is
the commit. A process that dies before 3 leaves rows that nothing names, which `recover` removes at the next start; one
that dies after 3 has landed the return once, and the same file sent again is refused as already received.

Returns of a batch that share no school, no UPN and no person go through each step together: one transaction for their
keys, one Delta commit a table, one PostgreSQL transaction that names them all. Those that share something are taken one
after the other, as if they had come so.

A lock held by the database connection lets one return at a time through 1 to 3: two schools that send the same UPN, or
one school that sends two files, are judged one after the other, and `recover` never takes rows that are about to be
named. Reading and judging, which take longest, are outside it. The lock ends with its process.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from deltalake.exceptions import DeltaError
from django.conf import settings
from django.db import DatabaseError, transaction

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.ruling import Severity
from rollbook.dataplane.census.untrusted import Limits, refuse_large
from rollbook.dataplane.people.matching import Claimant, Known, Match, match
from rollbook.dataplane.store import landing
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import Account, School
from rollbook.records.models.collections import Collection, Return
from rollbook.services import clock, identity_rows
from rollbook.services.actors import Actor, require_role
from rollbook.services.audit import audit
from rollbook.services.examine import Examined, examine
from rollbook.services.identity_rows import Taken
from rollbook.services.intake import forget_unnamed, one_at_a_time
from rollbook.services.messages import tell
from rollbook.services.receipts import IssueLine, Receipt, discard_lines, match_lines, receipt_of, rule_lines

Outcome = Receipt | InputRefused | UseRefused


@dataclass(frozen=True, slots=True)
class Arrival:
    """One return on its way in, of a school and a collection that are known."""

    examined: Examined
    collection: Collection
    school: School
    at: datetime
    pupils: tuple[Claimant, ...]

    @property
    def parsed(self) -> ParsedReturn:
        """What was read."""
        return self.examined.parsed

    @property
    def lines(self) -> Mapping[int, int]:
        """The line of each pupil, by pupil number."""
        lines = self.parsed.tables["pupil"]["line"].to_pylist()
        return {one.pupil_no: int(line or 0) for one, line in zip(self.pupils, lines, strict=True)}

    @property
    def upns(self) -> set[str]:
        """Every UPN and former UPN given."""
        return {upn for one in self.pupils for upn in (one.upn, one.former_upn) if upn}


@dataclass(frozen=True, slots=True)
class Judged:
    """An arrival with its issues and the person of each pupil."""

    arrival: Arrival
    issues: Sequence[IssueLine]
    matches: Sequence[Match]


def ingest_file(*, by: Actor, path: Path) -> Receipt:
    """As `ingest`, from a file, which is not read when its size alone refuses it."""
    refuse_large(path.stat().st_size, path.name, Limits())
    return ingest(by=by, data=path.read_bytes(), name=path.name)


def ingest(*, by: Actor, data: bytes, name: str) -> Receipt:
    """Take in one school's return; gives the receipt, of an accepted or of a refused return.

    An error refuses the return whole: it is remembered with its issues, and nothing else of it is stored.

    Raises:
        InputRefused: the bytes are no return (nothing is remembered), or this very file was received before.
        UseRefused: the collection is not open, or the school is not registered.
    """
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    (outcome,) = take_in(by=by, batch=[examine(data, name, clock.now())])
    if not isinstance(outcome, Receipt):
        raise outcome
    return outcome


def take_in(*, by: Actor, batch: Sequence[Examined]) -> list[Outcome]:
    """Take in returns that were read and judged by themselves; gives what became of each, in order."""
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    outcomes: dict[int, Outcome] = {}
    while len(outcomes) < len(batch):
        left = [number for number in range(len(batch)) if number not in outcomes]
        with one_at_a_time():
            taken = _take_some(by, [batch[number] for number in left])
        outcomes |= {left[place]: outcome for place, outcome in taken.items()}
    return [outcomes[number] for number in range(len(batch))]


def _take_some(by: Actor, batch: Sequence[Examined]) -> dict[int, Outcome]:
    """Take in those that share nothing with an earlier one, the first among them; gives outcomes by place."""
    # The time is taken under the lock: a return that had to wait is the later one, and supersedes the other.
    found = _arrivals(batch, clock.now())
    arrivals = {place: one for place, one in enumerate(found) if isinstance(one, Arrival)}
    outcomes: dict[int, Outcome] = {place: one for place, one in enumerate(found) if not isinstance(one, Arrival)}
    known = identity_rows.known_upns([pupil for one in arrivals.values() for pupil in one.pupils])
    apart = _apart(arrivals, known)
    elsewhere = identity_rows.only_school_elsewhere([arrivals[place].parsed for place in apart])
    judged = {place: _judged(arrivals[place], other, known) for place, other in zip(apart, elsewhere, strict=True)}
    sound = {place: one for place, one in judged.items() if not _has_errors(one.issues)}
    outcomes |= {place: _refuse(by, one) for place, one in judged.items() if place not in sound}
    if sound:
        outcomes |= zip(sound, _take_together(by, list(sound.values()), known), strict=True)
    return outcomes


def recover() -> dict[str, int]:
    """Undo what a killed process left half done; gives the rows removed from each study table. Run at every start."""
    with one_at_a_time():
        return forget_unnamed()


def _arrivals(batch: Sequence[Examined], at: datetime) -> list[Arrival | InputRefused | UseRefused]:
    headers = [one.parsed.header for one in batch]
    collections = {
        one.code: one
        for one in Collection.objects.filter(code__in={one.collection_code for one in headers}, closed_at=None)
    }
    schools = School.objects.in_bulk({one.laestab for one in headers})
    held = Return.objects.filter(
        file_sha256__in=[one.parsed.sha256 for one in batch], state__in=(Return.ACCEPTED, Return.SUPERSEDED)
    )
    earlier = {one.file_sha256: one for one in held.order_by("received_at")}
    return [_arrival(one, at, collections, schools, earlier) for one in batch]


def _arrival(
    one: Examined,
    at: datetime,
    collections: Mapping[str, Collection],
    schools: Mapping[str, School],
    earlier: Mapping[str, Return],
) -> Arrival | InputRefused | UseRefused:
    name, code = one.parsed.name, one.parsed.header.collection_code
    collection, school = collections.get(code), schools.get(one.parsed.header.laestab)
    if collection is None:
        mend = "Send it while the collection is open; check collection, term and year in the header."
        return UseRefused(
            Reason("collection-not-open", "No collection of this kind is open", f"{name}: {code}"[:200], mend)
        )
    if school is None:
        mend = "Check LEA and Estab in the header, or ask the authority to register the school."
        return UseRefused(Reason("school-unknown", "This school is not registered", f"{name}, Header", mend))
    same = earlier.get(one.parsed.sha256)
    if same is not None:
        message = f"This very file was already received on {same.received_at:%d %B %Y} and {same.state}"
        mend = "Nothing was changed. Send a new file if there is something to correct."
        return InputRefused(Reason("already-received", message, name, mend))
    return Arrival(one, collection, school, at, identity_rows.claimants(one.parsed))


def _apart(arrivals: Mapping[int, Arrival], known: Mapping[str, Known]) -> list[int]:
    """Those that share no school, no UPN and no person with an earlier one, and the first one's collection.

    One that must wait is still an earlier one to those behind it, so that no two that share something change places.
    """
    schools: set[str] = set()
    upns: set[str] = set()
    people: set[int] = set()
    apart: list[int] = []
    for place, one in arrivals.items():
        theirs, school = one.upns, one.school.laestab
        persons = {known[upn].root for upn in theirs if upn in known}
        shared = school in schools or not upns.isdisjoint(theirs) or not people.isdisjoint(persons)
        code = arrivals[apart[0]].collection.code if apart else one.collection.code
        if not shared and one.collection.code == code:
            apart.append(place)
        schools.add(school)
        upns |= theirs
        people |= persons
    return apart


def _judged(arrival: Arrival, elsewhere: frozenset[str], known: Mapping[str, Known]) -> Judged:
    matches = match(arrival.pupils, known)
    doubts = match_lines(matches, arrival.lines)
    issues = [*rule_lines(arrival.examined.again(elsewhere)), *doubts]
    return Judged(arrival, [_placed(one, arrival.parsed) for one in issues], matches)


def _placed(issue: IssueLine, parsed: ParsedReturn) -> IssueLine:
    """The issue with its line inside its own table, for a return of many tables."""
    member, line = parsed.place(issue.line)
    return replace(issue, line=line, field=f"{issue.field} in {member}") if member else issue


def _has_errors(issues: Sequence[IssueLine]) -> bool:
    return any(one.severity == Severity.ERROR for one in issues)


def _refuse(by: Actor, judged: Judged) -> Receipt:
    with transaction.atomic():
        row = _row(judged, uuid.uuid4(), Return.REFUSED)
        row.save(force_insert=True)
        audit(by, "refuse-return", str(row.pk), collection=row.collection_id, school=row.school_id)
        return _tell_school(row)


def _take_together(by: Actor, sound: Sequence[Judged], known: Mapping[str, Known]) -> list[Receipt]:
    keys = iter(identity_rows.give_keys([match for one in sound for match in one.matches]))
    taken = [
        Taken(
            parsed=one.arrival.parsed,
            row=_row(one, uuid.uuid4(), Return.ACCEPTED),
            matches=one.matches,
            keys={match.claimant.pupil_no: next(keys) for match in one.matches},
            known=known,
        )
        for one in sound
    ]
    try:
        versions = landing.land_together(
            settings.ROLLBOOK.study, [_study_rows(one) for one in taken], durable=settings.ROLLBOOK.durable
        )
        for one, landed in zip(taken, versions, strict=True):
            one.row.delta_versions = landed
        return _commit(by, taken)
    except Exception:
        # A commit that was done and reported as failed comes here too, so what to remove is for PostgreSQL to say.
        # Where it cannot be asked, or the store does not answer, the next start does this.
        with suppress(DatabaseError, OSError, DeltaError):
            forget_unnamed()
        raise


def _study_rows(one: Taken) -> landing.Rows:
    tables = landing.with_people(one.parsed.tables, one.keys, one.row.school_id)
    return landing.Rows(tables, str(one.row.pk), one.row.collection_id)


def _commit(by: Actor, taken: Sequence[Taken]) -> list[Receipt]:
    """The commit of the returns: all of them, or nothing that any reader will ever see."""
    with transaction.atomic(durable=True):
        for one in taken:
            _supersede(one.row)
            one.row.save(force_insert=True)
        identity_rows.write_identity(taken)
        for one in taken:
            row, pupils = one.row, len(one.matches)
            audit(by, "accept-return", str(row.pk), collection=row.collection_id, school=row.school_id, pupils=pupils)
        return [_tell_school(one.row) for one in taken]


def _row(judged: Judged, return_id: uuid.UUID, state: str) -> Return:
    parsed = judged.arrival.parsed
    on_roll = parsed.tables["pupil"]["on_roll"].to_pylist().count(True)
    return Return(
        id=return_id,
        collection=judged.arrival.collection,
        school=judged.arrival.school,
        serial=parsed.header.serial_no or "",
        received_at=judged.arrival.at,
        file_sha256=parsed.sha256,
        state=state,
        on_roll=on_roll,
        no_longer_on_roll=parsed.pupils - on_roll,
        issues=[asdict(one) for one in judged.issues],
        discards=[asdict(one) for one in discard_lines(parsed.discards)],
    )


def _supersede(row: Return) -> None:
    """The school's accepted return of this collection, if any, stays as it is but is no longer the current one."""
    standing = Return.objects.select_for_update().filter(
        collection=row.collection, school=row.school, state=Return.ACCEPTED
    )
    earlier = standing.first()
    if earlier is not None:
        earlier.state, earlier.superseded_at = Return.SUPERSEDED, row.received_at
        earlier.save(update_fields=["state", "superseded_at"])
        row.supersedes = earlier


def _tell_school(row: Return) -> Receipt:
    receipt = receipt_of(row)
    for account in Account.objects.filter(school=row.school, role=Role.SCHOOL_DATA_MANAGER, is_active=True):
        tell(account, kind="receipt", subject=f"{row.collection.name}: return {row.state}", body=receipt.text())
    return receipt
