"""The data team's side of explanations: which wait, by school and rule, and what they say."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.people.matching import WORDS, Doubt
from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.records.models.collections import Return
from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.explaining import submitted_queries


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One explanation that waits: whose, for which rule, and for how many queries."""

    handle: str
    laestab: str
    school: str
    collection: str
    rule: str
    message: str
    queries: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class ExplanationPage:
    """One explanation with its queries: line and pupil number in the return, and no value."""

    line: WaitingLine
    text: str
    state: str
    answer: str
    places: tuple[tuple[int, int | None, str], ...]


@dataclass(frozen=True, slots=True)
class QueryCount:
    """The queries of a collection's returns that stand, by what was said to them.

    `silent` schools left some without a word.
    """

    collection: str
    queries: int
    given: int
    accepted: int
    returned: int
    silent: int

    @property
    def unexplained(self) -> int:
        """Queries to which the school has said nothing."""
        return self.queries - self.given - self.accepted - self.returned


def query_counts(by: Actor) -> tuple[QueryCount, ...]:
    """How many queries are explained, by collection, the newest first; counts alone."""
    require_session(by, Role.CUSTODIAN)
    names = ("queries", Explanation.GIVEN, Explanation.ACCEPTED, Explanation.RETURNED, "silent")
    with people_zone():
        rows = Query.objects.filter(upload__received__state=Return.ACCEPTED).values("upload__collection__name")
        counted = rows.annotate(
            queries=Count("pk"),
            given=Count("pk", filter=Q(explanation__state=Explanation.GIVEN)),
            accepted=Count("pk", filter=Q(explanation__state=Explanation.ACCEPTED)),
            returned=Count("pk", filter=Q(explanation__state=Explanation.RETURNED)),
            silent=Count("upload__school", filter=Q(explanation=None), distinct=True),
        )
        ordered = counted.order_by("-upload__collection__opened_at", "upload__collection")
        return tuple(QueryCount(*one) for one in ordered.values_list("upload__collection__name", *names))


def waiting_explanations(by: Actor) -> tuple[WaitingLine, ...]:
    """Explanations given in returns that stand and not yet answered, by school and rule, oldest first."""
    require_session(by, Role.CUSTODIAN)
    standing = {"queries__upload__state": Upload.RECEIVED, "queries__upload__received__state": Return.ACCEPTED}
    with people_zone():
        rows = Explanation.objects.filter(state=Explanation.GIVEN, **standing).annotate(many=Count("queries"))
        found = list(rows.select_related("school", "collection").order_by("school_id", "rule", "given_at", "pk"))
        return tuple(_line(one, one.many) for one in found)


def one_explanation(by: Actor, handle: str) -> ExplanationPage:
    """One explanation of a return that stands, answered or not.

    Raises:
        AccessDenied: code `no-explanation`.
    """
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        row = Explanation.objects.select_related("school", "collection").filter(handle=handle).first()
        queries = submitted_queries(row) if row is not None else ()
        if row is None or not queries:
            raise AccessDenied(Reason("no-explanation", "There is no such explanation", mend="See the list."))
        places = tuple((one.line, one.pupil_no, one.field) for one in queries)
        return ExplanationPage(_line(row, len(queries)), row.text, row.state, row.answer, places)


def _line(row: Explanation, many: int) -> WaitingLine:
    if row.rule in RULES:
        message = RULES[row.rule].message
    else:
        message = next((words[0] for doubt, words in WORDS.items() if doubt == Doubt(row.rule)), "")
    return WaitingLine(
        row.handle, row.school_id, row.school.name, row.collection.name, row.rule, message, many, row.given_at
    )
