"""The job process reads and judges a file that a school sent by its page, and writes down what it found.

Nothing of it is a return yet. A file that can be none (not a return, another school's, of no open collection, received
before) is destroyed at once, and nothing that stood in it is told.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings

from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.ruling import Issue, Severity
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.policy.states import UPLOADS
from rollbook.records.models.collections import Collection, Return
from rollbook.records.models.uploads import Query, Upload
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.work_locks import Work, alone
from rollbook.services.returns.carrying import Carried, base_of, carry, forget_replaced
from rollbook.services.returns.comparing import compare, other_numbers
from rollbook.services.returns.examine import examine
from rollbook.services.returns.query_facts import Asked
from rollbook.services.returns.query_marks import MarkMaker, Marks, upn_ends
from rollbook.services.returns.upload_findings import Findings, Placed, of_severity, place, words_of
from rollbook.services.returns.uploads import destroy, forget_explanations, sealed_name

Marked = Sequence[tuple[Asked, Marks]]


def check_upload(upload_id: int) -> None:
    """Check one file: the work of the job `check_upload`. One that no longer waits is left alone."""
    with alone(Work.UPLOAD, upload_id) as mine:
        row = waiting(upload_id, Upload.WAITING) if mine else None
        if row is None:
            return
        try:
            examined = examine(unsealed(row), row.name, clock.now())
        except InputRefused as refused:
            refuse(row, refused.reasons)
            return
        reasons = _not_to_be_taken(row, examined.parsed)
        if reasons:
            refuse(row, reasons)
        else:
            _write_down(row, examined.parsed, examined.issues)


def waiting(upload_id: int, state: str) -> Upload | None:
    """The upload, if it is in this state."""
    with people_zone():
        return Upload.objects.filter(pk=upload_id, state=state).first()


def unsealed(row: Upload) -> bytes:
    """The file as the school sent it."""
    return open_keys(settings.ROLLBOOK).unseal(row.epoch, bytes(row.content or b""), sealed_name(row.pk))


def refuse(row: Upload, reasons: Sequence[Reason]) -> None:
    """Destroy a file that can be no return of this school now, and keep why."""
    with people_zone():
        here = Upload.objects.select_for_update().filter(pk=row.pk).first()
        if here is None or UPLOADS.refuses(here.state, Upload.REFUSED) is not None:
            return
        name = here.name
        destroy(here, Upload.REFUSED)
        here.name, here.reasons = name, [asdict(one) for one in reasons]
        here.save(update_fields=["name", "reasons"])
        forget_explanations()
        audit(
            system(), "refuse-upload", f"upload:{here.pk}", school=here.school_id, codes=[one.code for one in reasons]
        )


def _not_to_be_taken(row: Upload, parsed: ParsedReturn) -> list[Reason]:
    """Why this file could not be taken in whatever it says of its pupils."""
    if parsed.header.laestab != row.school_id:
        # Not whose it is: who sent it may have no business with that school.
        mend = "Choose the file of your own school; check LEA and Estab in its header."
        return [Reason("wrong-school", "This file is not your school’s", "Header", mend)]
    code = parsed.header.collection_code
    if not Collection.objects.filter(code=code, closed_at=None).exists():
        mend = "Check collection, term and year in the header, or wait until the collection opens."
        return [Reason("collection-not-open", "No collection of this kind is open", "Header", mend)]
    held = Return.objects.filter(file_sha256=parsed.sha256, school_id=row.school_id)
    same = held.filter(state__in=(Return.ACCEPTED, Return.SUPERSEDED)).order_by("-received_at").first()
    if same is not None:
        message = f"This very file was already received on {same.received_at:%d %B %Y}"
        return [Reason("already-received", message, mend="Send a new file if there is something to correct.")]
    return []


def _write_down(row: Upload, parsed: ParsedReturn, issues: Sequence[Issue]) -> None:
    scope, code = (row.school_id, parsed.header.collection_code), parsed.header.collection_code
    queries = of_severity(issues, Severity.QUERY)
    asked = [Asked(one.rule, one.message, one.pupil_no, one.field) for one in queries]
    maker = MarkMaker(parsed, scope, open_keys(settings.ROLLBOOK), other_numbers(parsed))
    marked, subjects = list(zip(asked, maker.marks(asked), strict=True)), maker.subjects()
    ends = upn_ends(parsed)
    with people_zone():
        here = Upload.objects.select_for_update().filter(pk=row.pk, state=Upload.WAITING).first()
        if here is None:  # replaced while it was read
            return
        carried = carry(base_of(here, code), marked, subjects)
        here.state, here.collection_id = Upload.CHECKED, code
        here.findings = _findings(here, parsed, issues, carried).as_data()
        here.save(update_fields=["state", "collection", "findings"])
        places = [place(one, parsed, ends) for one in queries]
        Query.objects.bulk_create(query_rows(here, places, marked, carried))
        forget_replaced(here, code)
        forget_explanations()
        audit(
            system(), "check-upload", f"upload:{here.pk}", school=here.school_id, collection=code,
            errors=here.findings["counts"]["error"], queries=len(queries), kept=carried.kept,
        )  # fmt: skip


def query_rows(row: Upload, places: Sequence[Placed], marked: Marked, carried: Carried, first: int = 1) -> list[Query]:
    """A record for each query, numbered from `first`."""
    return [
        Query(
            upload=row, place=number, rule=asked.rule, rule_mark=marks.rule, subject=marks.subject, facts=marks.facts,
            field=asked.field, file=at.file, line=at.line, pupil_no=at.pupil_no, upn_end=at.upn_end, explanation=given,
        )
        for number, (at, (asked, marks), given) in enumerate(
            zip(places, marked, carried.explanations, strict=True), start=first
        )
    ]  # fmt: skip


def _findings(row: Upload, parsed: ParsedReturn, issues: Sequence[Issue], carried: Carried) -> Findings:
    ends, rolls = upn_ends(parsed), parsed.tables["pupil"]["on_roll"].to_pylist()
    counts: dict[str, Any] = {one.value: len(of_severity(issues, one)) for one in Severity}
    found = Findings(
        form=parsed.form.value,
        serial=parsed.header.serial_no or "",
        on_roll=rolls.count(True),
        leavers=rolls.count(False),
        words=words_of(issues),
        errors=tuple(place(one, parsed, ends) for one in of_severity(issues, Severity.ERROR)),
        dropped=tuple((one.rule, one.path, one.line, one.count) for one in parsed.discards),
        kept=carried.kept,
        ended=carried.ended,
        counts=counts,
    )
    return replace(found, compared=compare(parsed, row.school_id, parsed.header.collection_code))
