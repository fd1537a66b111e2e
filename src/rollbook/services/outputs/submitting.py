"""An author hands an output to the checkers, with what they have to know to judge it, or takes it back for good.

The three texts are asked for because a quarter of the outputs that checkers send back lack them. They are published
with the table, in its record.
"""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import Q

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason
from rollbook.policy.roles import Role
from rollbook.policy.states import OutputState
from rollbook.records.models.studies import Output, Turn
from rollbook.services.accounts.messages import notify
from rollbook.services.outputs.outputs import checkers_of, set_state
from rollbook.services.outputs.run_outcome import outcome
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.stray import stray_data

CONTEXT: Final[Mapping[str, str]] = {
    "shows": "What the table shows",
    "population": "Who is counted, and who is not",
    "safe": "Why nobody can be recognised in it",
}
LONGEST_TEXT: Final = 1000


def submit_output(*, by: Actor, reference: str, context: Mapping[str, str]) -> None:
    """Hand an output to the checkers, for the first time or again; every time begins a new turn, without verdicts.

    Raises:
        AccessDenied: code `not-member`. InputRefused: code `context`, or what texts may not hold. UseRefused: `state`.
    """
    texts = _texts(context)
    with transaction.atomic():
        output, account = _own(by, reference)
        set_state(output, OutputState.CHECKING)
        Turn.objects.create(
            output=output,
            number=output.turns.count() + 1,
            context=texts,
            submitted_by_id=account,
            submitted_at=clock.now(),
        )
        audit(by, "submit-output", reference)
        for checker in checkers_of(output):
            notify(checker)


def withdraw_output(*, by: Actor, reference: str) -> None:
    """Take an output back before it is submitted or after it was returned; it never comes out.

    Raises:
        AccessDenied: code `not-member`. UseRefused: code `state`.
    """
    with transaction.atomic():
        output, _ = _own(by, reference)
        set_state(output, OutputState.WITHDRAWN)
        outcome(output.run, OutputState.WITHDRAWN.value)
        audit(by, "withdraw-output", reference)


def _texts(context: Mapping[str, str]) -> dict[str, str]:
    texts = {name: context.get(name, "").strip() for name in CONTEXT}
    mend = f"Write 1 to {LONGEST_TEXT} characters."
    reasons = [
        Reason("context", f"{CONTEXT[name]}: this is missing or too long", name, mend)
        for name, text in texts.items()
        if not text or len(text) > LONGEST_TEXT
    ]
    if reasons := [*reasons, *stray_data(texts)]:
        raise InputRefused(reasons)
    return texts


def _own(by: Actor, reference: str) -> tuple[Output, int]:
    account = require_session(by, Role.RESEARCHER)
    rows = Output.objects.filter(lead=None, run__study__project__members=account)
    found = rows.filter(Q(reference=reference) | Q(others__reference=reference)).first()
    if found is None:
        mend = "Ask the requester of the project to have you added."
        raise AccessDenied(Reason("not-member", "You are not a member of this project", mend=mend))
    rows = Output.objects.select_for_update(of=("self",)).select_related("run__study__project__request")
    return rows.get(id=found.id), account
