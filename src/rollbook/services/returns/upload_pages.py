"""What a school sees of the file it sent, and of its return afterwards: groups of findings with counts, then places."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from rollbook.kernel.refusals import Reason
from rollbook.records.models.collections import Return
from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.accounts.schooling import school_of
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.upload_findings import Findings, Placed, Words, findings_of
from rollbook.services.returns.uploads import own_upload


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule. `explained` counts explanations that stand, `returned` those sent back."""

    rule: str
    message: str
    mend: str
    count: int
    explained: int = 0
    returned: int = 0

    @property
    def left(self) -> int:
        """How many still ask for an explanation."""
        return self.count - self.explained


@dataclass(frozen=True, slots=True)
class UploadPage:
    """One uploaded file. `findings` is empty until it was checked; `return_id` names its receipt once it is there."""

    handle: str
    state: str
    name: str
    size: int
    sha256: str
    uploaded_at: datetime
    expires_at: datetime
    collection: str
    findings: Findings
    errors: tuple[Group, ...]
    queries: tuple[Group, ...]
    reasons: tuple[Reason, ...]
    return_id: str

    @property
    def left(self) -> int:
        """Queries without an explanation."""
        return sum(one.left for one in self.queries)

    @property
    def explained(self) -> int:
        """Queries with one."""
        return sum(one.explained for one in self.queries)

    @property
    def ready(self) -> bool:
        """Whether it can be submitted."""
        return self.state == Upload.CHECKED and not self.errors and not self.left


@dataclass(frozen=True, slots=True)
class Asked:
    """One query as a list shows it: its number, place, and what was said to it."""

    number: int
    file: str
    line: int
    pupil_no: int | None
    upn_end: str
    field: str
    text: str
    author: str
    given_at: datetime | None
    state: str
    answer: str


@dataclass(frozen=True, slots=True)
class GroupPage:
    """All places of one rule in one upload. `open`: explanations can be given now."""

    upload: UploadPage
    group: Group
    errors: Sequence[Placed]
    queries: Sequence[Asked]
    open: bool


def upload_page(by: Actor, handle: str) -> UploadPage:
    """One file of the asker's own school.

    Raises:
        AccessDenied: code `no-upload`, alike for another school's and for none.
    """
    with people_zone():
        return _page(own_upload(by, handle))


def current_upload(by: Actor) -> UploadPage | None:
    """The file the asker's school sent last, unless it is a return by now."""
    school = school_of(require_session(by, Role.SCHOOL_DATA_MANAGER))
    with people_zone():
        # What the authority's own load took in stands among the returns, and hides no file of the page.
        row = Upload.objects.filter(school_id=school, uploaded_by__isnull=False).order_by("-pk").first()
        return _page(row) if row is not None and row.state not in (Upload.RECEIVED, Upload.REPLACED) else None


def upload_of(by: Actor, return_id: str) -> UploadPage | None:
    """The upload that a return of the asker's own school came by, if it came by the page."""
    school = school_of(require_session(by, Role.SCHOOL_DATA_MANAGER))
    with people_zone():
        row = Upload.objects.filter(school_id=school, received=UUID(return_id)).order_by("pk").first()
        return _page(row) if row is not None else None


def asked_again(by: Actor) -> tuple[tuple[str, int], ...]:
    """The asker's current returns with queries whose explanation came back or is missing: return's id, and how many."""
    school = school_of(require_session(by, Role.SCHOOL_DATA_MANAGER))
    with people_zone():
        standing = Query.objects.filter(upload__school_id=school, upload__received__state=Return.ACCEPTED)
        left = standing.exclude(explanation__state__in=(Explanation.GIVEN, Explanation.ACCEPTED))
        rows = left.values_list("upload__received").annotate(many=Count("pk")).order_by("upload__received")
        return tuple((str(pk), many) for pk, many in rows)


def group_page(by: Actor, handle: str, rule: str) -> GroupPage | None:
    """The places of one rule; None where it was not broken."""
    with people_zone():
        row = own_upload(by, handle)
        page = _page(row)
        group = next((one for one in (*page.errors, *page.queries) if one.rule == rule), None)
        if group is None:
            return None
        errors = [one for one in page.findings.errors if one.rule == rule]
        standing = row.received is not None and row.received.state == Return.ACCEPTED
        return GroupPage(page, group, errors, _asked(row, rule), row.state == Upload.CHECKED or standing)


def _page(row: Upload) -> UploadPage:
    findings = findings_of(row.findings)
    words = {one.rule: one for one in (*_words_of_return(row.received), *findings.words)}
    return UploadPage(
        handle=row.handle,
        state=row.state,
        name=row.name,
        size=row.size,
        sha256=row.file_sha256,
        uploaded_at=row.uploaded_at,
        expires_at=row.expires_at,
        collection=row.collection.name if row.collection else "",
        findings=findings,
        errors=_counted(words, (one.rule for one in findings.errors)),
        queries=_query_groups(row, words),
        reasons=tuple(Reason(**one) for one in row.reasons),
        return_id=str(row.received_id or ""),
    )


def _words_of_return(found: Return | None) -> Iterable[Words]:
    """What the authority's own questions say."""
    names = ("rule", "severity", "message", "mend")
    return (Words(*[str(one[name]) for name in names]) for one in (found.issues if found is not None else ()))


def _counted(words: Mapping[str, Words], rules: Iterable[str]) -> tuple[Group, ...]:
    counts: dict[str, int] = {}
    for rule in rules:
        counts[rule] = counts.get(rule, 0) + 1
    return tuple(Group(rule, words[rule].message, words[rule].mend, count) for rule, count in counts.items())


def _query_groups(row: Upload, words: Mapping[str, Words]) -> tuple[Group, ...]:
    stands = Q(explanation__state__in=(Explanation.GIVEN, Explanation.ACCEPTED))
    counted = row.queries.values("rule").annotate(
        many=Count("pk"), explained=Count("pk", filter=stands),
        returned=Count("pk", filter=Q(explanation__state=Explanation.RETURNED)),
    )  # fmt: skip
    rows = counted.order_by("rule").values_list("rule", "many", "explained", "returned")
    if row.state not in (Upload.CHECKED, Upload.SUBMITTED, Upload.RECEIVED):
        return ()
    return tuple(
        Group(rule, words[rule].message, words[rule].mend, many, explained, returned)
        for rule, many, explained, returned in rows
    )


def _asked(row: Upload, rule: str) -> list[Asked]:
    rows = row.queries.filter(rule=rule).select_related("explanation__author").order_by("place")
    return [_one_asked(one, one.explanation) for one in rows]


def _one_asked(one: Query, said: Explanation | None) -> Asked:
    place = (one.place, one.file, one.line, one.pupil_no, one.upn_end, one.field)
    if said is None:
        return Asked(*place, text="", author="", given_at=None, state="", answer="")
    return Asked(*place, said.text, said.author.name, said.given_at, said.state, said.answer)
