"""A return comes in: read, judged, matched, landed, and then committed by one PostgreSQL transaction.

The order of durable steps is the design.
1. New people get their keys, in a transaction of its own. Lost afterwards, the numbers are never used; harmless.
2. The rows go into the study tables under the return's id. No reader asks for an id that PostgreSQL does not name as
accepted.
3. One transaction writes identity, the return as accepted, the end of the one it replaces, receipt and audit. That is
the commit. A process that dies before 3 leaves rows that nothing names, which `recover` removes at the next start; one
that dies after 3 has landed the return once, and the same file sent again is refused as already received.

A lock held by the database connection lets one return at a time through 1 to 3: two schools that send the same UPN, or
one school that sends two files, are judged one after the other, and `recover` never takes rows that are about to be
named. Reading, which takes longest for a large file, is outside it. The lock ends with its process.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from deltalake.exceptions import DeltaError
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.ruling import CheckContext, Severity
from rollbook.dataplane.census.untrusted import Limits, refuse_large
from rollbook.dataplane.people.matching import Known, Match
from rollbook.dataplane.store import landing
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import Account, School
from rollbook.records.models.collections import Collection, Return
from rollbook.services import clock, identity_rows
from rollbook.services.actors import Actor, require_role
from rollbook.services.audit import audit
from rollbook.services.log.reader import require_own_database
from rollbook.services.messages import tell
from rollbook.services.receipts import IssueLine, Receipt, discard_lines, match_lines, receipt_of, rule_lines

_LOCK = 0x526F6C6C696E67  # 'Rolling': apart from any other advisory lock in the same database


@dataclass(frozen=True, slots=True)
class Arrival:
    """One return on its way in."""

    parsed: ParsedReturn
    collection: Collection
    school: School
    at: datetime

    @property
    def lines(self) -> Mapping[int, int]:
        """The line of each pupil, by pupil number."""
        return {row["pupil_no"]: row["line"] for row in self.parsed.tables["pupil"].to_pylist()}


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
    parsed = read_any(data, name)
    collection, school = _open_collection(parsed), _school(parsed)
    with _one_at_a_time():
        # The time is taken under the lock: a return that had to wait is the later one, and supersedes the other.
        arrival = Arrival(parsed, collection, school, clock.now())
        _refuse_same_file(parsed)
        matches, known = identity_rows.match_pupils(parsed)
        judged = [*_judge(arrival), *match_lines(matches, arrival.lines)]
        issues = [_placed(one, parsed) for one in judged]
        if _has_errors(issues):
            return _refuse(by, arrival, issues)
        return _take_in(by, arrival, issues, matches, known)


def recover() -> dict[str, int]:
    """Undo what a killed process left half done; gives the rows removed from each study table. Run at every start."""
    with _one_at_a_time():
        return _forget_unnamed()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        # A broken connection has given the lock back by itself.
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _open_collection(parsed: ParsedReturn) -> Collection:
    code = parsed.header.collection_code
    found = Collection.objects.filter(code=code, closed_at=None).first()
    if found is None:
        mend = "Send it while the collection is open; check collection, term and year in the header."
        raise UseRefused(
            Reason("collection-not-open", "No collection of this kind is open", f"{parsed.name}: {code}"[:200], mend)
        )
    return found


def _school(parsed: ParsedReturn) -> School:
    found = School.objects.filter(laestab=parsed.header.laestab).first()
    if found is None:
        mend = "Check LEA and Estab in the header, or ask the authority to register the school."
        raise UseRefused(Reason("school-unknown", "This school is not registered", f"{parsed.name}, Header", mend))
    return found


def _refuse_same_file(parsed: ParsedReturn) -> None:
    held = (Return.ACCEPTED, Return.SUPERSEDED)
    earlier = Return.objects.filter(file_sha256=parsed.sha256, state__in=held).order_by("received_at").last()
    if earlier is not None:
        message = f"This very file was already received on {earlier.received_at:%d %B %Y} and {earlier.state}"
        mend = "Nothing was changed. Send a new file if there is something to correct."
        raise InputRefused(Reason("already-received", message, parsed.name, mend))


def _judge(arrival: Arrival) -> list[IssueLine]:
    elsewhere = identity_rows.only_school_elsewhere(arrival.parsed)
    return rule_lines(check(arrival.parsed, CheckContext(arrival.at, elsewhere.__contains__)))


def _placed(issue: IssueLine, parsed: ParsedReturn) -> IssueLine:
    """The issue with its line inside its own table, for a return of many tables."""
    member, line = parsed.place(issue.line)
    return replace(issue, line=line, field=f"{issue.field} in {member}") if member else issue


def _has_errors(issues: Sequence[IssueLine]) -> bool:
    return any(one.severity == Severity.ERROR for one in issues)


def _refuse(by: Actor, arrival: Arrival, issues: Sequence[IssueLine]) -> Receipt:
    with transaction.atomic():
        row = _row(arrival, uuid.uuid4(), Return.REFUSED, issues)
        row.save(force_insert=True)
        audit(by, "refuse-return", str(row.pk), collection=row.collection_id, school=row.school_id)
        return _tell_school(row)


def _take_in(
    by: Actor, arrival: Arrival, issues: Sequence[IssueLine], matches: Sequence[Match], known: Mapping[str, Known]
) -> Receipt:
    return_id = uuid.uuid4()
    keys = identity_rows.give_keys(matches)
    tables = landing.with_people(arrival.parsed.tables, keys, arrival.school.laestab)
    config = settings.ROLLBOOK
    try:
        versions = landing.land(config.study, tables, str(return_id), arrival.collection.code, durable=config.durable)
        row = _row(arrival, return_id, Return.ACCEPTED, issues)
        row.delta_versions = versions
        return _commit(by, arrival, row, matches, keys, known)
    except Exception:
        # A commit that was done and reported as failed comes here too, so what to remove is for PostgreSQL to say.
        # Where it cannot be asked, or the store does not answer, the next start does this.
        with suppress(DatabaseError, OSError, DeltaError):
            _forget_unnamed()
        raise


def _commit(
    by: Actor,
    arrival: Arrival,
    row: Return,
    matches: Sequence[Match],
    keys: Mapping[int, int],
    known: Mapping[str, Known],
) -> Receipt:
    """The commit of the return: all of it, or nothing that any reader will ever see."""
    with transaction.atomic(durable=True):
        _supersede(row)
        row.save(force_insert=True)
        identity_rows.write_identity(arrival.parsed, row, matches, keys, known)
        audit(by, "accept-return", str(row.pk), collection=row.collection_id, school=row.school_id, pupils=len(matches))
        return _tell_school(row)


def _row(arrival: Arrival, return_id: uuid.UUID, state: str, issues: Sequence[IssueLine]) -> Return:
    on_roll = sum(row["on_roll"] for row in arrival.parsed.tables["pupil"].to_pylist())
    return Return(
        id=return_id,
        collection=arrival.collection,
        school=arrival.school,
        serial=arrival.parsed.header.serial_no or "",
        received_at=arrival.at,
        file_sha256=arrival.parsed.sha256,
        state=state,
        on_roll=on_roll,
        no_longer_on_roll=arrival.parsed.pupils - on_roll,
        issues=[asdict(one) for one in issues],
        discards=[asdict(one) for one in discard_lines(arrival.parsed.discards)],
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


def _forget_unnamed() -> dict[str, int]:
    require_own_database()
    named = {str(pk) for pk in Return.objects.exclude(state=Return.REFUSED).values_list("pk", flat=True)}
    return landing.forget_unnamed(settings.ROLLBOOK.study, named)
