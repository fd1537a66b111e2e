"""A return comes in: read, judged, matched, landed, and then committed by one PostgreSQL transaction.

The order of durable steps is the design.
1. New people get their keys, in a transaction of its own. Lost afterwards, the numbers are never used; harmless.
2. The rows go into the study tables under the return's id. No reader asks for an id that PostgreSQL does not name as
accepted.
3. One transaction writes identity, the return as accepted, the end of the one it replaces, receipt and audit. That is
the commit. A process that dies before 3 leaves rows that nothing names, which `recover` removes at the next start; one
that dies after 3 has landed the return once, and the same file sent again is refused as already received.

Returns of a batch go through each step together: one transaction for their keys, one Delta commit a table, one
PostgreSQL transaction that names them all. Each is judged as if those before it had been taken in already
(`dataplane.people.in_turn`), so a batch ends as the returns one by one would. Only returns of one school, or of
different collections, wait for one another. The identity rows of step 3 are written while step 2 writes its own; the
transaction ends only when step 2 is durable.

A lock held by the database connection lets one batch at a time through 1 to 3: two schools that send the same UPN, or
one school that sends two files, are judged one after the other, and `recover` never takes rows that are about to be
named. Reading and judging each file by itself, which take longest, are outside it. The lock ends with its process.
"""

import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from deltalake.exceptions import DeltaError
from django.conf import settings
from django.db import DatabaseError, transaction

from rollbook.dataplane.census.untrusted import Limits, refuse_large
from rollbook.dataplane.people.in_turn import InTurn, real
from rollbook.dataplane.store import landing
from rollbook.kernel.refusals import InputRefused, UseRefused
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import Account
from rollbook.records.models.collections import Return
from rollbook.services.accounts.messages import tell
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit_each
from rollbook.services.returns import identity_rows
from rollbook.services.returns.identity_rows import Taken
from rollbook.services.returns.intake import forget_unnamed, one_at_a_time
from rollbook.services.returns.judging import Arrival, Judged, arrivals, judge, of_schools_apart
from rollbook.services.returns.opened_queries import open_queries
from rollbook.services.returns.prepared import Prepared, read_and_prepare
from rollbook.services.returns.receipts import Receipt, receipt_of

Outcome = Receipt | InputRefused | UseRefused
_Versions = list[dict[str, int]]


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
    (outcome,) = take_in(by=by, batch=[read_and_prepare(data, name, clock.now())])
    if not isinstance(outcome, Receipt):
        raise outcome
    return outcome


def take_in(*, by: Actor, batch: Sequence[Prepared]) -> list[Outcome]:
    """Take in returns that were read and judged by themselves; gives what became of each, in order."""
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    outcomes: dict[int, Outcome] = {}
    while len(outcomes) < len(batch):
        left = [number for number in range(len(batch)) if number not in outcomes]
        with one_at_a_time():
            taken = _take_some(by, [batch[number] for number in left])
        outcomes |= {left[place]: outcome for place, outcome in taken.items()}
    return [outcomes[number] for number in range(len(batch))]


def _take_some(by: Actor, batch: Sequence[Prepared]) -> dict[int, Outcome]:
    """Take in those that need not wait for another, the first among them; gives outcomes by place."""
    # The time is taken under the lock: a return that had to wait is the later one, and supersedes the other.
    found = arrivals(batch, clock.now())
    coming = {place: one for place, one in enumerate(found) if isinstance(one, Arrival)}
    outcomes: dict[int, Outcome] = {place: one for place, one in enumerate(found) if not isinstance(one, Arrival)}
    together = of_schools_apart(coming)
    if together:
        judged, known = judge([coming[place] for place in together])
        outcomes |= zip(together, _take_together(by, judged, known), strict=True)
    return outcomes


def receipt_since(sha256: str, since: datetime) -> Receipt | None:
    """The receipt of the return that these bytes became since then, accepted or replaced meanwhile."""
    rows = Return.objects.filter(
        file_sha256=sha256, received_at__gte=since, state__in=(Return.ACCEPTED, Return.SUPERSEDED)
    )
    row = rows.select_related("collection", "school").first()
    return receipt_of(row) if row else None


def recover() -> dict[str, int]:
    """Undo what a killed process left half done; gives the rows removed from each study table. Run at every start."""
    with one_at_a_time():
        return forget_unnamed()


def _take_together(by: Actor, judged: Sequence[Judged], known: InTurn) -> list[Receipt]:
    rows = [_row(one) for one in judged]
    sound = [(one, row) for one, row in zip(judged, rows, strict=True) if one.persons is not None]
    if not sound:
        return _commit(by, judged, rows, None, None)
    keys = identity_rows.give_keys(known.births)
    taken = [Taken(one.arrival.prepared, row, real(one.persons or (), keys)) for one, row in sound]
    try:
        with ThreadPoolExecutor(1) as pool:
            landed = pool.submit(_land, taken)
            return _commit(by, judged, rows, identity_rows.Batch(taken, rows, known, keys), landed)
    except Exception:
        # A commit that was done and reported as failed comes here too, so what to remove is for PostgreSQL to say.
        # Where it cannot be asked, or the store does not answer, the next start does this.
        with suppress(DatabaseError, OSError, DeltaError):
            forget_unnamed()
        raise


def _land(taken: Sequence[Taken]) -> _Versions:
    rows = [
        landing.Rows(held.study, one.keys, str(one.row.pk), held.collection, held.laestab)
        for one in taken
        for held in (one.prepared,)
    ]
    return landing.land_together(settings.ROLLBOOK.study, rows, durable=settings.ROLLBOOK.durable)


def _commit(
    by: Actor,
    judged: Sequence[Judged],
    rows: Sequence[Return],
    batch: identity_rows.Batch | None,
    landed: Future[_Versions] | None,
) -> list[Receipt]:
    """The commit of the returns: all of them, or nothing that any reader will ever see."""
    with transaction.atomic(durable=True):
        if batch is not None and landed is not None:
            _supersede([one.row for one in batch.taken])
            identity_rows.write_identity(batch)
            # Nothing is named before all of it is on disk.
            for one, versions in zip(batch.taken, landed.result(), strict=True):
                one.row.delta_versions = versions
        Return.objects.bulk_create(rows)
        open_queries([(one, row) for one, row in zip(judged, rows, strict=True) if one.sound])
        for state, deed in ((Return.ACCEPTED, "accept-return"), (Return.REFUSED, "refuse-return")):
            audit_each(by, deed, [_audited(row) for row in rows if row.state == state])
        return _tell_schools(rows)


def _audited(row: Return) -> tuple[str, dict[str, str | int]]:
    facts: dict[str, str | int] = {"collection": row.collection_id, "school": row.school_id}
    if row.state == Return.ACCEPTED:
        facts["pupils"] = row.on_roll + row.no_longer_on_roll
    return str(row.pk), facts


def _row(judged: Judged) -> Return:
    one = judged.arrival.prepared
    return Return(
        id=uuid.uuid4(),
        collection=judged.arrival.collection,
        school=judged.arrival.school,
        serial=one.serial,
        received_at=judged.arrival.at,
        file_sha256=one.sha256,
        state=Return.ACCEPTED if judged.sound else Return.REFUSED,
        on_roll=one.on_roll,
        no_longer_on_roll=one.pupils - one.on_roll,
        issues=[line.as_row() for line in judged.issues],
        discards=[line.as_row() for line in one.discards],
    )


def _supersede(rows: Sequence[Return]) -> None:
    """The accepted return that a school has of this collection stays as it is but is no longer the current one."""
    by_school = {row.school_id: row for row in rows}
    standing = Return.objects.select_for_update().filter(
        collection=rows[0].collection_id, school__in=by_school, state=Return.ACCEPTED
    )
    for earlier in standing.defer("issues", "discards", "delta_versions"):
        row = by_school[earlier.school_id]
        earlier.state, earlier.superseded_at = Return.SUPERSEDED, row.received_at
        earlier.save(update_fields=["state", "superseded_at"])
        row.supersedes = earlier


def _tell_schools(rows: Sequence[Return]) -> list[Receipt]:
    receipts = [receipt_of(row) for row in rows]
    managers: dict[str | None, list[Account]] = {}
    for account in Account.objects.filter(
        school__in={row.school_id for row in rows}, role=Role.SCHOOL_DATA_MANAGER, is_active=True
    ):
        managers.setdefault(account.school_id, []).append(account)
    for row, receipt in zip(rows, receipts, strict=True):
        for account in managers.get(row.school_id, ()):
            tell(account, kind="receipt", subject=f"{row.collection.name}: return {row.state}", body=receipt.text())
    return receipts
