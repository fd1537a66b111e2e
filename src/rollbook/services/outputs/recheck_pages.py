"""What output checkers read of tables that would not leave today: the tasks that wait, and those that were settled."""

from dataclasses import dataclass
from datetime import datetime

from rollbook.kernel.refusals import Reason
from rollbook.policy.roles import Role
from rollbook.records.models.studies import Output, RecheckTask
from rollbook.sdc.rules import SdcParameters
from rollbook.services.outputs.outputs import allowed
from rollbook.services.platform.actors import Actor, require_session


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task: the table, what was changed of the rules, why the table would not leave, and what came of the task."""

    id: int
    reference: str
    title: str
    changed: str
    reasons: tuple[Reason, ...]
    made_at: datetime
    settled_at: datetime | None
    result: str
    note: str


def tasks(by: Actor) -> tuple[TaskLine, ...]:
    """The tasks about tables that are none of the checker's own work, those that wait first.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    rows = RecheckTask.objects.filter(release__output__in=allowed(account).values("id"))
    rows = rows.select_related("release__output").order_by("-id")
    return tuple(sorted((_line(row) for row in rows), key=lambda line: line.settled_at is not None))


def _line(row: RecheckTask) -> TaskLine:
    output = row.release.output
    # A file by exception was judged by no parameters: what is told of it is what differs from those in force.
    recorded = SdcParameters(**output.rules["parameters"]) if output.kind == Output.TABLE else SdcParameters()
    changed = {name: value for name, value in row.parameters.items() if getattr(recorded, name, None) != value}
    return TaskLine(
        id=row.id,
        reference=output.reference,
        title=output.title,
        changed="; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in changed.items()),
        reasons=tuple(Reason(**one) for one in row.reasons),
        made_at=row.made_at,
        settled_at=row.settled_at,
        result=row.result,
        note=row.note,
    )
