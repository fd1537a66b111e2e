"""Releasing a table: the log entry first, then the public page. The only things that leave are the table and its
manifest; by exception a file that people judged by hand leaves the same way (`services.outputs.released_files` shows
those).

`agree` is called when both checkers approved, in their transaction. `release` is a job: it waits until anyone could
read and verify the entry, checks the very bytes that will be shown against it, and only then sets `released_at`.
Whatever shows tables to the public reads `released_tables`, which knows no others.
"""

import csv
import io
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.policy.exceptions import log_code
from rollbook.policy.revoking import GROUNDS, REVOKES
from rollbook.policy.roles import Role
from rollbook.policy.states import FILES, OUTPUTS, OutputState
from rollbook.records.models.governance import Request
from rollbook.records.models.studies import Output, Release
from rollbook.sdc.hiding import MARK
from rollbook.sdc.tables import nested_in
from rollbook.services.log.outbox import submit
from rollbook.services.log.published import published
from rollbook.services.outputs.file_record import file_record_of
from rollbook.services.outputs.release_record import RECORD, record_of
from rollbook.services.outputs.together import all_of, file_of
from rollbook.services.outside.hidden_cells import heading, lines_of
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.actors import Actor, system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.work_locks import Work, alone, bring_to_end
from rollbook.services.projects.file_leave import leave_taken_back
from rollbook.tlog.manifests import write_output_manifest
from rollbook.tlog.release import verify_output
from rollbook.tlog.seals import output_commit

_APPROVED = "approve"
WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """A table that left. `rows` are labels and figure; `nested` are the dimensions by axis, from wide to narrow, where
    one of them lies in others; `index` is its entry in the log, `run` the entry of the use.

    One that was revoked has no rows and no files, and says since when, on which ground and why; `revoke_index` is the
    entry that tells of it, None until it is in the log. `beside` are the tables that left with it, under one entry.
    """

    reference: str
    title: str
    project: str
    request: str
    dimensions: tuple[str, ...]
    nested: tuple[tuple[str, ...], ...]
    measure: str
    rows: tuple[tuple[str, ...], ...]
    csv: str
    record: str
    manifest: str
    digest: str
    commit: str
    rules: str
    threshold: int
    hidden: int
    released_at: datetime
    index: int
    run: int
    revoked_at: datetime | None = None
    revoke_ground: str = ""
    revoke_reason: str = ""
    revoke_index: int | None = None
    beside: tuple[str, ...] = ()


def agree(*, by: Actor, output: Output) -> Release:
    """Fix the bytes that will leave, and hand in their entry; called inside the transaction of the last verdict. What
    `output` leads leaves with it, under one entry.
    """
    by_hand = output.kind == Output.FILE
    tables = [(one, "" if by_hand else csv_of(one)) for one in all_of(output)]
    record = file_record_of(output) if by_hand else record_of(tables)
    made = [
        Release(output=one, record=record.decode(), agreed_at=clock.now(), csv=text, file=output.text)
        for one, text in tables
    ]
    origin = settings.ROLLBOOK.log_origin
    manifest = write_output_manifest(origin=origin, salt=secrets.token_bytes(32), files=files_of(*made))
    run = output.run
    if run.submission_id is None:
        raise ValueError("an output comes from a run that is in the log")
    checkers = [Role.OUTPUT_CHECKER.value, Role.OUTPUT_CHECKER.value]
    entry = {
        "type": "output",
        "id": output.reference,
        # Whoever reads the log alone sees what it is.
        "title": f"File by exception: {output.title}"[:200] if by_hand else output.title,
        "tables": len(made),
        "rules": log_code(output.rules["rule_set"]),
        "checked_by": [*checkers, Role.DATA_PROTECTION_OFFICER.value] if by_hand else checkers,
        "manifest": output_commit(manifest),
    }
    submission = submit(entry, refs={"of": run.submission_id})
    for release in made:
        release.submission_id, release.manifest = submission, manifest.decode()
        release.save()
    audit(by, "agree-output", output.reference)
    jobs.defer("release_output", output_id=output.id)
    return made[0]


def files_of(*rows: Release) -> dict[str, bytes]:
    """The very files of a release, by name: its tables or the file by exception, and the record."""
    lead = rows[0]
    file = lead.output.run.study.file
    tables = {f"{file['name']}.{file['format']}": lead.file} if file else {file_of(one.output): one.csv for one in rows}
    return {name: text.encode() for name, text in tables.items()} | {RECORD: lead.record.encode()}


def csv_of(output: Output) -> str:
    """The table as CSV (RFC 4180): the dimensions and `count`; a hidden figure is the mark `[c]`, never empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*output.dimensions, heading(output.measure, output.table)])
    writer.writerows([*line.labels, line.figure] for line in lines_of(output.rules, output.table))
    return text.getvalue()


def release(output_id: int, *, wait_s: float = WAIT_SECONDS) -> None:
    """Make an agreed table public, once its entry is. A table already released, or in other hands, is left alone.

    Raises:
        StateBroken: the log did not publish the entry in time; nothing is shown, and a later call goes on.
        UseRefused: the log's rules do not allow the entry; nothing is shown.
        VerificationFailed: the stored bytes are not those that were logged; nothing is shown.
    """
    with alone(Work.RELEASE, output_id) as mine:
        row = Release.objects.select_related("output__run__study__project").get(output_id=output_id)
        if not mine or row.output.state != OutputState.AGREED:
            return
        entry = published(row.submission_id, timeout_s=wait_s)
        # V11 of the specification: the files that will be shown are those the entry commits to.
        verify_output(entry, row.manifest.encode(), files_of(*_with(row)), settings.ROLLBOOK.log_origin)
        _show(row)


def _show(row: Release) -> None:
    with transaction.atomic():
        if reason := kept_inside(row.output):
            _keep_back(row, reason)
            return
        machine = FILES if row.output.kind == Output.FILE else OUTPUTS
        if reason := machine.refuses(row.output.state, OutputState.RELEASED):
            raise UseRefused(reason)
        moment = clock.now()
        for one in _with(row):
            one.output.state = OutputState.RELEASED
            one.output.save()
            one.released_at = moment
            one.save()
            audit(system(), "release-output", one.output.reference)


def _with(row: Release) -> tuple[Release, ...]:
    """A release and those of the tables that its own leads."""
    others = Release.objects.filter(output__lead=row.output_id).select_related("output").order_by("id")
    return (row, *others)


def _keep_back(row: Release, reason: Reason) -> None:
    """Approval or leave was taken back after the checkers agreed: the output stays inside, and the log says that its
    entry stands for none.
    """
    row.output.rules = row.output.rules | {"refused": [asdict(reason)]}
    row.output.state = OutputState.STOPPED
    row.output.save()
    row.output.others.update(state=OutputState.STOPPED)
    entry = {
        "type": "correction",
        "id": f"{row.output.reference}-kept-back",
        "reason": reason.code,
        "change": dict(REVOKES),
    }
    submit(entry, refs={"of": row.submission_id})
    audit(system(), "keep-output-back", row.output.reference, reasons=[reason.code])


def kept_inside(output: Output) -> Reason | None:
    """Why something agreed, or about to be, does not leave after all: the panel has taken back what it rests on."""
    study = output.run.study
    if reason := taken_back(study.project.request_id):
        return reason
    return leave_taken_back(study.project, study.file) if output.kind == Output.FILE else None


def taken_back(request_id: int) -> Reason | None:
    """Why nothing more comes out of a project whose approval no longer stands. One that merely ended may finish."""
    request = Request.objects.select_for_update().get(id=request_id)
    if request.decisions.latest("made_at", "id").result == _APPROVED:
        return None
    mend = "Nothing comes out of it any more; see the register."
    return Reason("approval-taken-back", "The approval of the request was taken back", request.reference, mend)


def recover(*, wait_s: float = WAIT_SECONDS) -> int:
    """At the start of the job process: release every agreed table that a dead process left; gives how many."""
    rows = Release.objects.filter(output__state=OutputState.AGREED, output__lead=None)
    left = rows.order_by("id").values_list("output_id", flat=True)
    return bring_to_end(list(left), partial(release, wait_s=wait_s))


def released_tables() -> tuple[ReleasedTable, ...]:
    """Every table that left, newest first: the one door between tables and the public."""
    rows = (
        Release.objects.filter(output__kind=Output.TABLE)
        .exclude(released_at=None)
        .select_related(
            "submission", "revoke_submission", "output__run__submission", "output__run__study__project__request"
        )
    )
    rows = rows.prefetch_related("output__run__outputs")
    return tuple(_table(row) for row in rows.order_by("-released_at", "-output__run", "id"))


def _table(row: Release) -> ReleasedTable:
    output = row.output
    study = output.run.study
    head, *rows = csv.reader(io.StringIO(row.csv))
    gone = row.revoked_at is not None
    if row.released_at is None or row.submission.index is None or output.run.submission is None:
        raise ValueError("a released table has its entries in the log")
    return ReleasedTable(
        reference=output.reference,
        title=output.title,
        project=study.project.reference,
        request=study.project.request.reference,
        dimensions=tuple(head[:-1]),
        nested=nested_in(output.table),
        measure=head[-1],
        rows=() if gone else tuple(tuple(line) for line in rows),
        csv="" if gone else row.csv,
        record="" if gone else row.record,
        manifest="" if gone else row.manifest,
        digest=study.digest,
        commit=study.commit,
        rules=output.rules["rule_set"],
        threshold=int(output.rules["parameters"]["threshold"]),
        hidden=0 if gone else sum(line[-1] == MARK for line in rows),
        released_at=row.released_at,
        index=row.submission.index,
        run=output.run.submission.index or 0,
        revoked_at=row.revoked_at,
        revoke_ground=GROUNDS[row.revoke_ground].words if gone else "",
        revoke_reason=row.revoke_reason if gone else "",
        revoke_index=row.revoke_submission.index if row.revoke_submission else None,
        beside=tuple(sorted(one.reference for one in output.run.outputs.all() if one.id != output.id)),
    )
