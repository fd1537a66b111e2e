"""What stands in for the differencing audit: of what a project's tables share, only one table is ever released.

Two tables over almost the same people differ by almost one person. Until an audit can show that no difference tells
anything, a second version of a released table, and a table that shares a dimension with one, is refused. A dimension's
name and labels are the study's own choice, so a table made from an item of a released table counts as sharing too:
giving a dimension another name changes nothing.
"""

from collections.abc import Iterable

from rollbook.kernel.refusals import Reason
from rollbook.records.models.studies import Project, Release

CODE = "differencing-not-audited"


def lock_project(project_id: int) -> None:
    """Hold the project's row until the transaction ends, so that two tables cannot both be found to be the first."""
    Project.objects.select_for_update().get(id=project_id)


def not_audited(project_id: int, dimensions: Iterable[str], items: Iterable[str]) -> Reason | None:
    """Why a table over `dimensions`, made from `items`, may not follow the project's released ones; None where it may.

    A table that was agreed and waits for its log entry counts as released.
    """
    wanted, sources = set(dimensions), set(items)
    for release in Release.objects.filter(output__run__study__project_id=project_id).select_related(
        "output__run__study"
    ):
        output = release.output
        shared = wanted & set(output.dimensions)
        if shared or sources & set(output.run.study.items):
            where = f"{output.reference}: {', '.join(sorted(shared)) or 'made from the same items'}"
            mend = "The table already released stays the only one on these until differences can be audited."
            return Reason(CODE, "differencing not yet audited", where, mend)
    return None
