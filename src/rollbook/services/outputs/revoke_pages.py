"""What who may revoke a released table reads: the tables that are none of their own work, and what was asked."""

from dataclasses import dataclass
from datetime import datetime

from rollbook.policy.revoking import GROUNDS
from rollbook.records.models.studies import Output, Release
from rollbook.services.outputs.outputs import allowed
from rollbook.services.outputs.revoking import MAY_REVOKE
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.holders import is_one_of


@dataclass(frozen=True, slots=True)
class LeftTable:
    """A table that left, or (`by_hand`) a file by exception. `asked` is the ground on which somebody asks to revoke it,
    `mine` whether the reader did.
    """

    reference: str
    by_hand: bool
    title: str
    project: str
    released_at: datetime
    revoked_at: datetime | None
    asked: str
    words: str
    mine: bool

    @property
    def waits(self) -> bool:
        """Whether a second person has to say something."""
        return bool(self.asked) and self.revoked_at is None


def left_tables(by: Actor) -> tuple[LeftTable, ...]:
    """The tables that the signed-in checker or officer may revoke, or could have: those asked about first, then latest.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`.
    """
    account = require_session(by, *MAY_REVOKE)
    rows = Release.objects.filter(output__in=allowed(account), released_at__isnull=False, output__lead=None)
    rows = rows.select_related("output__run__study__project").order_by("-released_at", "-id")
    return tuple(sorted((_line(row, account) for row in rows), key=lambda line: not line.waits))


def left_table(by: Actor, reference: str) -> LeftTable | None:
    """One of them, or nothing."""
    return next((line for line in left_tables(by) if line.reference == reference), None)


def _line(row: Release, account: int) -> LeftTable:
    output: Output = row.output
    return LeftTable(
        reference=output.reference,
        by_hand=output.kind == Output.FILE,
        title=output.title,
        project=output.run.study.project.reference,
        released_at=row.released_at or row.agreed_at,
        revoked_at=row.revoked_at,
        asked=GROUNDS[row.revoke_ground].words if row.revoke_ground else "",
        words=row.revoke_reason,
        mine=is_one_of(account, {row.revoke_asked_by_id}),
    )
