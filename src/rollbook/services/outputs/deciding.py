"""The third word on a file by exception: the data protection officer's, once two checkers have agreed on it.

The officer reads the file, its warnings and the grounds of both checkers, and writes grounds of their own. Only this
deed lets a file out; it can also send it back to its author or turn it down. A file handed in again begins anew, with
two checkers who have said nothing.
"""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from rollbook.kernel.refusals import AccessDenied, Reason, UseRefused
from rollbook.policy.checking import LEADS_TO, Ruling
from rollbook.policy.roles import Role
from rollbook.policy.states import OutputState
from rollbook.records.models.studies import Output
from rollbook.services.outputs.outputs import (
    UNDER_REVIEW,
    allowed,
    end_turn,
    grounds_of,
    latest_turn,
    let_out,
    say,
    well_formed,
)
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import accounts_of
from rollbook.services.projects.entry import require_for_check
from rollbook.services.projects.file_leave import require_apart_from_leave

DECIDES: Final = Role.DATA_PROTECTION_OFFICER


def files_to_decide(account: int) -> QuerySet[Output]:
    """The files that wait for this officer, and those they have decided; none that checkers judge, anew or for the
    first time: what one of them has said is nobody's to read yet.
    """
    mine = Q(verdicts__checker=account)
    rows = allowed(account).filter(Q(state=Output.DECIDING) | mine, kind=Output.FILE)
    return rows.exclude(state__in=(*UNDER_REVIEW, Output.RETURNED, Output.WITHDRAWN)).distinct().order_by("id")


def decide_file(
    *, by: Actor, reference: str, verdict: str, comment: str = "", turn: int, grounds: Mapping[str, str] | None = None
) -> None:
    """The officer's verdict: `approve`, which lets the file out and takes a ground for each criterion, `return` or
    `reject`. `turn` is the number of the turn that was read.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `output`. InputRefused: code `verdict`, `comment`, or
        `ground...`. UseRefused: codes `state`, `turn-over`, `decide-own`, `leave-own`; or what has expired since the
        run.
    """
    account = require_session(by, DECIDES)
    well_formed(verdict, comment, "")
    with transaction.atomic():
        output = _locked(account, reference)
        said = grounds_of(output, verdict, grounds or {})
        present = latest_turn(output)
        if present.verdicts.filter(checker__in=accounts_of(account)).exists():
            mend = "Another officer decides: a file takes three people."
            raise UseRefused(Reason("decide-own", "You have judged this file already", reference, mend))
        require_apart_from_leave(account, output)
        if turn != present.number:
            mend = "Read what the author says now."
            raise UseRefused(Reason("turn-over", "The author has handed this file in again", reference, mend))
        if verdict == Ruling.APPROVE:
            require_for_check(output.run)
        say(present, account, verdict, comment, number=1, grounds=said)
        audit(by, "decide-file", reference, verdict=verdict)
        state = LEADS_TO[Ruling(verdict)]
        if state is OutputState.AGREED:
            let_out(by, output, present)
        else:
            end_turn(by, output, present, state)


def _locked(account: int, reference: str) -> Output:
    found = files_to_decide(account).filter(reference=reference).first()
    if found is None:
        mend = "See your list; nobody decides about their own project's files."
        raise AccessDenied(Reason("output", "There is no such file for you to decide", mend=mend))
    rows = Output.objects.select_for_update(of=("self",)).select_related("run__study__project")
    output = rows.get(id=found.id)
    if output.state != Output.DECIDING:
        raise UseRefused(Reason("state", f"This file is {output.state}", reference, "There is nothing to do."))
    return output
