"""A file of attainment or reference data comes in by its mapping: read, judged, landed, and then committed by one
PostgreSQL transaction.

The order of durable steps is that of `services.returns.ingest`: keys for new pupils, then rows under the load's id,
then the transaction that names it. A process that dies before leaves rows that nothing names, which the next start
removes.
"""

import hashlib
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deltalake.exceptions import DeltaError
from django.conf import settings
from django.db import DatabaseError, transaction

from rollbook.dataplane.collections.judging import Judgement, judge
from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.collections.mapping_form import read_mapping
from rollbook.dataplane.collections.source import LARGEST, SourceTable, read_source
from rollbook.dataplane.collections.translate import Translated, translate, without_missing
from rollbook.dataplane.store.loading import LoadedRows, land_load
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.records.models.collections import Collection, DefinedMapping, Load
from rollbook.services.collections.load_people import Keyed, Listed, look_up, with_keys, write_people
from rollbook.services.collections.load_receipts import LoadReceipt, receipt_of
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.returns.intake import forget_unnamed, one_at_a_time


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read and compared with its mapping."""

    mapping: CollectionMapping
    source: SourceTable
    translated: Translated
    judged: Judgement
    sha256: str
    name: str


def load_path(*, by: Actor, mapping: Path, file: Path) -> LoadReceipt:
    """As `load_file`, from files; one that is too large is not read."""
    if file.stat().st_size > LARGEST:
        raise InputRefused(Reason("file-large", "The file is too large", file.name, "Split it by year."))
    return load_file(
        by=by, mapping=mapping.read_bytes(), mapping_name=mapping.name, data=file.read_bytes(), name=file.name
    )


def load_file(*, by: Actor, mapping: bytes, mapping_name: str, data: bytes, name: str) -> LoadReceipt:
    """Take in one file of a collection; gives the receipt, of an accepted or of a refused file.

    A file with anything in it that the mapping does not expect is refused whole: that is remembered with its report,
    and nothing else of it is stored. An accepted file replaces the one before it.

    Raises:
        AccessDenied: code `role`. InputRefused: mapping or file cannot be read, or this very file was loaded before.
        UseRefused: the mapping is not the one that was defined, or the collection is not open.
    """
    require_role(by, Role.OPERATOR)
    known = read_mapping(mapping, mapping_name)
    _require_defined(known, mapping_name)
    source = without_missing(read_source(data, name, wanted=known.columns, drop=known.drop), known)
    digest = hashlib.sha256(data).hexdigest()
    read = _Read(known, source, translate(source, known), judge(source, known), digest, name[:200])
    with one_at_a_time():
        collection = _open_collection(known)
        _refuse_received(read)
        found = look_up(source, known)
        row = Load(
            id=uuid.uuid4(), collection=collection, received_at=clock.now(), file_name=read.name,
            file_sha256=digest, mapping_sha256=known.sha256, state=Load.ACCEPTED,
        )  # fmt: skip
        issues = (*read.translated.issues, *read.judged.issues, *found.issues)
        return _refuse(by, read, row, found) if any(one.refuses for one in issues) else _take(by, read, row, found)


def _require_defined(mapping: CollectionMapping, name: str) -> None:
    if not DefinedMapping.objects.filter(code=mapping.code, sha256=mapping.sha256).exists():
        mend = f"Define it first: rollbook collection define {name}."
        raise UseRefused(Reason("mapping-not-defined", "This version of the mapping was not defined", name, mend))


def _open_collection(mapping: CollectionMapping) -> Collection:
    found = Collection.objects.filter(code=mapping.code, closed_at=None).first()
    if found is None:
        mend = "Publish a notice and an assessment of its items, then open it."
        raise UseRefused(Reason("collection-not-open", "This collection is not open", mapping.code, mend))
    return found


def _refuse_received(read: _Read) -> None:
    same = Load.objects.filter(
        collection_id=read.mapping.code, file_sha256=read.sha256, mapping_sha256=read.mapping.sha256,
        state__in=(Load.ACCEPTED, Load.SUPERSEDED),
    ).first()  # fmt: skip
    if same is not None:
        message = f"This very file was already received on {same.received_at:%d %B %Y} and {same.state}"
        mend = "Nothing was changed. Load a new file if there is something to correct."
        raise InputRefused(Reason("already-received", message, read.name, mend))


def _refuse(by: Actor, read: _Read, row: Load, found: Listed) -> LoadReceipt:
    row.state = Load.REFUSED
    receipt = _receipt(read, row, found)
    with transaction.atomic():
        _write(row, receipt)
        audit(by, "refuse-load", str(row.pk), collection=read.mapping.code, issues=len(receipt.issues))
    return receipt


def _take(by: Actor, read: _Read, row: Load, found: Listed) -> LoadReceipt:
    keyed = with_keys(found, read.mapping)
    try:
        row.delta_versions = land_load(
            settings.ROLLBOOK.study, _study_rows(read, row, keyed), durable=settings.ROLLBOOK.durable
        )
        return _commit(by, read, row, found, keyed)
    except Exception:
        # As in `ingest`: what to remove is for PostgreSQL to say; where it cannot be asked, the next start does it.
        with suppress(DatabaseError, OSError, DeltaError):
            forget_unnamed()
        raise


def _study_rows(read: _Read, row: Load, keyed: Keyed) -> LoadedRows:
    return LoadedRows(
        load_id=str(row.pk),
        collection=read.mapping.code,
        items=[one.item for one in read.mapping.fields],
        columns=read.translated.columns,
        people=keyed.rows,
        schools=read.translated.schools,
        first_line=read.source.first_line,
    )


def _commit(by: Actor, read: _Read, row: Load, found: Listed, keyed: Keyed) -> LoadReceipt:
    """The commit of the load: all of it, or nothing that any reader will ever see."""
    with transaction.atomic(durable=True):
        _supersede(row)
        receipt = _receipt(read, row, found)
        _write(row, receipt)
        write_people(keyed, read.mapping)
        audit(by, "accept-load", str(row.pk), collection=read.mapping.code, rows=receipt.rows, pupils=receipt.pupils)
    return receipt


def _supersede(row: Load) -> None:
    earlier = Load.objects.select_for_update().filter(collection=row.collection, state=Load.ACCEPTED).first()
    if earlier is not None:
        earlier.state, earlier.superseded_at = Load.SUPERSEDED, row.received_at
        earlier.save(update_fields=["state", "superseded_at"])
        row.supersedes = earlier


def _receipt(read: _Read, row: Load, found: Listed) -> LoadReceipt:
    issues = (*read.translated.issues, *read.judged.issues, *found.issues)
    return receipt_of(
        row, read.mapping, read.source, read.judged, issues, read.translated.missing,
        pupils=len({*found.rows}), new=len(found.new),
    )  # fmt: skip


def _write(row: Load, receipt: LoadReceipt) -> None:
    """The row, and the public count of what came in: the numbers say which file of the collection it is."""
    number = Load.objects.filter(collection=row.collection).count() + 1
    row.report = receipt.report()
    row.submission_id = submit(
        {
            "type": "intake",
            "id": f"intake-{row.collection_id}-load-{number}",
            "collection": row.collection_id,
            "day": str(row.received_at.date()),
            "returns": 1,
            "accepted": int(receipt.accepted),
            "refused": int(not receipt.accepted),
        }
    )
    row.save(force_insert=True)
