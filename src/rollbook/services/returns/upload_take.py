"""The job process takes in a file that a school submitted, through `ingest`, and ties its return to the upload.

Ingest commits by itself. A process that dies after that commit and before ours has landed the return once: the next one
finds it by the file's hash and the time, and only ties it. The file is destroyed in the same step.
"""

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings

from rollbook.dataplane.census.ruling import Severity
from rollbook.kernel.refusals import InputRefused, UseRefused
from rollbook.records.models.collections import Return
from rollbook.records.models.uploads import Query, Upload
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.work_locks import Work, alone, bring_to_end
from rollbook.services.returns.carrying import base_of, carry
from rollbook.services.returns.comparing import other_numbers
from rollbook.services.returns.examine import examine
from rollbook.services.returns.findings import IssueLine
from rollbook.services.returns.ingest import ingest
from rollbook.services.returns.query_facts import Asked
from rollbook.services.returns.query_marks import MarkMaker
from rollbook.services.returns.receipts import receipt_of
from rollbook.services.returns.upload_check import check_upload, query_rows, refuse, unsealed, waiting
from rollbook.services.returns.upload_findings import Placed, findings_of


def take_upload(upload_id: int) -> None:
    """Take in one submitted file: the work of the job `take_upload`. One that was taken in is left alone."""
    with alone(Work.UPLOAD, upload_id) as mine:
        row = waiting(upload_id, Upload.SUBMITTED) if mine else None
        if row is None:
            return
        found = _landed(row)
        if found is None:
            try:
                ingest(by=system(), data=unsealed(row), name=row.name)
            except (InputRefused, UseRefused) as refused:
                refuse(row, refused.reasons)
                return
            found = _landed(row)
        if found is not None:
            _tie(row, found)


def recover(wait_s: float = 0.0) -> int:
    """At the start of the job process: what a dead one left unread or not taken in; gives how many."""
    with people_zone():
        found = Upload.objects.filter(state__in=(Upload.WAITING, Upload.SUBMITTED)).order_by("pk")
        left = list(found.values_list("pk", flat=True))

    def work(upload_id: int) -> None:
        check_upload(upload_id)
        take_upload(upload_id)

    return bring_to_end(left, work)


def _landed(row: Upload) -> Return | None:
    """The return that came of this file, accepted or refused, if it was taken in since it was submitted."""
    same = Return.objects.filter(school_id=row.school_id, file_sha256=row.file_sha256)
    since = same.filter(received_at__gte=row.submitted_at).select_related("collection", "school")
    return since.order_by("received_at").first()


def _tie(row: Upload, found: Return) -> None:
    new = _queries_of_the_authority(row, found)
    with people_zone():
        here = Upload.objects.select_for_update().filter(pk=row.pk, state=Upload.SUBMITTED).first()
        if here is None:
            return
        here.state, here.received, here.content, here.name = Upload.RECEIVED, found, None, ""
        # What the receipt says it says for good; of the findings only what it does not say is kept.
        here.findings = replace(findings_of(here.findings), errors=()).as_data()
        here.save(update_fields=["state", "received", "content", "name", "findings"])
        Query.objects.bulk_create(new)
        here.queries.update(upn_end="")
        audit(system(), "receive-upload", f"upload:{here.pk}", school=here.school_id, state=found.state)


def _queries_of_the_authority(row: Upload, found: Return) -> list[Query]:
    """What only the authority could ask, since it knows pupils from elsewhere: it can be explained on the receipt."""
    lines = _new(row, receipt_of(found).queries)
    if not lines:
        return []
    parsed = examine(unsealed(row), row.name, clock.now()).parsed
    asked = [Asked(one.rule, one.message, one.pupil_no, one.field) for one in lines]
    scope = (row.school_id, found.collection_id)
    maker = MarkMaker(parsed, scope, open_keys(settings.ROLLBOOK), other_numbers(parsed))
    marked = list(zip(asked, maker.marks(asked), strict=True))
    with people_zone():
        carried = carry(base_of(row, found.collection_id), marked, maker.subjects())
        last = row.queries.count()
    places = [Placed(one.rule, "", one.line, one.pupil_no, "", one.field) for one in lines]
    return query_rows(row, places, marked, carried, first=last + 1)


def _new(row: Upload, lines: Iterable[IssueLine]) -> list[IssueLine]:
    """Queries of the receipt that the file's own check did not ask."""
    with people_zone():
        known = set(row.queries.values_list("rule", flat=True))
    return [one for one in lines if one.rule not in known and one.severity == Severity.QUERY]
