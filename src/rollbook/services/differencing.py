"""What stands in for the differencing audit: of what a project's tables share, only one table is ever released.

Two tables over almost the same people differ by almost one person. Until an audit can show that no difference tells
anything, a second version of a released table, and a table that shares a dimension with one, is refused. A dimension's
name and labels are the study's own choice, so a table made from an item of a released table counts as sharing too:
giving a dimension another name changes nothing. A project whose request amends another's is the same work under a later
approval, so it counts as the same project.
"""

from collections.abc import Iterable

from django.db.models import Q

from rollbook.kernel.refusals import Reason
from rollbook.records.models.governance import Request
from rollbook.records.models.studies import Project, Release

CODE = "differencing-not-audited"


def lock_project(project_id: int) -> None:
    """Hold the rows of the project and of those it amends, or that amend it, until the transaction ends, so that two
    tables cannot both be found to be the first.
    """
    rows = Project.objects.select_for_update().filter(request__in=_same_work(project_id)).order_by("id")
    list(rows.values_list("id", flat=True))


def _same_work(project_id: int) -> set[int]:
    """The project's request with every request it amends and every one that amends any of these."""
    found = set(Project.objects.filter(id=project_id).values_list("request", flat=True))
    while True:
        rows = Request.objects.filter(Q(amends__in=found) | Q(id__in=found)).values_list("id", "amends")
        more = {number for pair in rows for number in pair if number is not None}
        if more <= found:
            return found
        found |= more


def not_audited(project_id: int, dimensions: Iterable[str], items: Iterable[str]) -> Reason | None:
    """Why a table over `dimensions`, made from `items`, may not follow the project's released ones; None where it may.

    A table that was agreed and waits for its log entry counts as released.
    """
    wanted, sources = set(dimensions), set(items)
    rows = Release.objects.filter(output__run__study__project__request__in=_same_work(project_id))
    for release in rows.select_related("output__run__study"):
        output = release.output
        shared = wanted & set(output.dimensions)
        if shared or sources & set(output.run.study.items):
            where = f"{output.reference}: {', '.join(sorted(shared)) or 'made from the same items'}"
            mend = "The table already released stays the only one on these until differences can be audited."
            return Reason(CODE, "differencing not yet audited", where, mend)
    return None
