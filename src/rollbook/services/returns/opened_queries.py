"""The queries of returns that `rollbook ingest` took in, so that a school explains them on its page like any others.

A return that came by the page brings its queries with it (`services.returns.upload_take`). For any other one that
stands, its queries are written down in the transaction that accepts it, and explanations go over from the school's
last file.
"""

from collections.abc import Sequence

from django.conf import settings

from rollbook.dataplane.census.ruling import Severity
from rollbook.records.models.collections import Return
from rollbook.records.models.uploads import Query, Upload
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.carrying import Carried, base_of, carry, forget_replaced
from rollbook.services.returns.comparing import others_of
from rollbook.services.returns.judging import Judged
from rollbook.services.returns.prepared import Prepared
from rollbook.services.returns.query_facts import Asked, Question, Questioner
from rollbook.services.returns.query_marks import Marker
from rollbook.services.returns.upload_check import Marked, query_rows
from rollbook.services.returns.upload_findings import Findings, Placed
from rollbook.services.returns.uploads import forget_explanations

_Queries = Sequence[tuple[Placed, Question]]


def open_queries(taken: Sequence[tuple[Judged, Return]]) -> None:
    """Write down the queries of accepted returns that did not come by the page, inside the transaction of ingest."""
    asked = [(one.arrival.prepared, row, _queries(one)) for one, row in taken]
    asked = [one for one in asked if one[2]]
    if not asked:
        return
    with people_zone():
        by_page = _by_page([row for _, row, _ in asked])
        for prepared, row, queries in asked:
            if (row.school_id, row.file_sha256) not in by_page:
                _open(prepared, row, queries)
        forget_explanations()


def _by_page(rows: Sequence[Return]) -> set[tuple[str, str]]:
    """Whose file the job process is taking in for a school at this moment, by school and hash."""
    same = Upload.objects.filter(state=Upload.SUBMITTED, school__in={row.school_id for row in rows})
    return set(same.values_list("school_id", "file_sha256"))


def _queries(judged: Judged) -> _Queries:
    """What the rules asked, and then what only the authority could ask."""
    prepared = judged.arrival.prepared
    known = set(prepared.issues)
    lines = [one for one in judged.issues if one.severity == Severity.QUERY and one not in known]
    asked = [Asked(one.rule, one.message, one.pupil_no, one.field) for one in lines]
    doubts = Questioner({"identity": prepared.identity}).questions(asked) if asked else []
    places = [Placed(one.rule, "", one.line, one.pupil_no, "", one.field) for one in lines]
    return [*prepared.queries, *zip(places, doubts, strict=True)]


def _open(prepared: Prepared, row: Return, queries: _Queries) -> None:
    upload = Upload.objects.create(
        school_id=row.school_id, collection_id=row.collection_id, uploaded_at=row.received_at,
        expires_at=row.received_at, submitted_at=row.received_at, size=0, file_sha256=row.file_sha256,
        state=Upload.RECEIVED, received=row,
    )  # fmt: skip
    marked, carried = _carried(prepared, upload, [question for _, question in queries])
    upload.findings = Findings(kept=carried.kept, ended=carried.ended).as_data()
    upload.save(update_fields=["findings"])
    Query.objects.bulk_create(query_rows(upload, [at for at, _ in queries], marked, carried))


def _carried(prepared: Prepared, upload: Upload, questions: Sequence[Question]) -> tuple[Marked, Carried]:
    """The marks of the questions, and what goes over from the school's last file, if it has one with queries."""
    collection, keys = prepared.collection, open_keys(settings.ROLLBOOK)
    base = base_of(upload, collection)
    everybody = Questioner({"identity": prepared.identity}).everybody() if base is not None else []
    numbers = {str(upn[0]) for who in everybody for kind, *upn in who if kind == "upn"}
    marker = Marker((prepared.laestab, collection), keys, others_of(numbers) if numbers else {})
    marked = list(zip([one.asked for one in questions], marker.marks(questions), strict=True))
    carried = carry(base, marked, marker.subjects(everybody))
    if base is not None:
        forget_replaced(upload, collection)
    return marked, carried
