"""Checking a table before it leaves: two checkers, neither of whom sees the other's first verdict, then both together.

Comments, and who said what, show to checkers only once both are in; until then not even that somebody has looked. The
author reads comments when the output comes back, notes never. Whose own project it is has no part in any of this. A
file by exception is checked in the same way, with a ground for each criterion; what two say of it only leads to a third
person (`services.outputs.deciding`).
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.checking import CHECKERS, MOST_CHECKERS, Ruling, decided
from rollbook.policy.exceptions import CRITERIA, after_two, lacking_grounds
from rollbook.policy.roles import Role
from rollbook.policy.states import FILES, OUTPUTS, FileState, OutputState
from rollbook.records.models.accounts import Account
from rollbook.records.models.studies import Claim, Output, Turn, Verdict
from rollbook.services.accounts.messages import notify
from rollbook.services.outputs import releases
from rollbook.services.outputs.differencing import lock_releases, not_audited
from rollbook.services.outputs.run_outcome import outcome
from rollbook.services.outputs.together import all_of
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import accounts_of
from rollbook.services.platform.stray import stray_data
from rollbook.services.projects.entry import require_for_check
from rollbook.services.projects.file_leave import require_apart_from_leave

APPROVE, RETURN, REJECT = Ruling.APPROVE.value, Ruling.RETURN.value, Ruling.REJECT.value
LONGEST_COMMENT: Final = 2000
# A claim that nothing came of is another's to take.
CLAIM_HOLDS: Final = timedelta(days=2)
UNDER_REVIEW: Final = (Output.CHECKING, Output.CONSOLIDATING)


def claim(*, by: Actor, reference: str) -> None:
    """Take an output on, so that no more than two look at it at once. Holds for two days, or until a verdict.

    Raises:
        AccessDenied: code `output`. UseRefused: codes `state`, `claimed`.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    with transaction.atomic():
        output = _locked(account, reference)
        turn = _turn_with_room(output, account)
        Claim.objects.get_or_create(turn=turn, checker_id=account, defaults={"made_at": clock.now()})
        audit(by, "claim-output", reference)


def unclaim(*, by: Actor, reference: str) -> None:
    """Give a claim back; a verdict that was given stands."""
    account = require_session(by, Role.OUTPUT_CHECKER)
    with transaction.atomic():
        output = _locked(account, reference)
        Claim.objects.filter(turn=latest_turn(output), checker=account).delete()
        audit(by, "unclaim-output", reference)


def give_verdict(
    *,
    by: Actor,
    reference: str,
    verdict: str,
    comment: str = "",
    note: str = "",
    turn: int | None = None,
    tables: Collection[str] = (),
    grounds: Mapping[str, str] | None = None,
) -> None:
    """A checker's verdict: `approve`, `return` or `reject`. Two alike decide; two that differ meet in consolidation,
    where a verdict may be changed and a third checker may join. `comment` is for the author, `note` for checkers alone.
    `turn` is the number of the turn that the checker read; in another one the author may have said something else.
    Where a run made several tables, `tables` are those that the checker would release: each of them, or none leaves.
    To approve a file takes `grounds`, one for each of `policy.exceptions.CRITERIA`.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `output`. InputRefused: code `verdict`, `comment`,
        `tables`, or `ground...`. UseRefused: codes `state`, `verdict-given`, `claimed`, `turn-over`; or what has
        expired since the run, where the verdict would release.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    well_formed(verdict, comment, note)
    with transaction.atomic():
        # The row is locked, so of two checkers at once one is first and the other decides.
        output = _locked(account, reference)
        said = grounds_of(output, verdict, grounds or {})
        if output.kind == Output.FILE:
            require_apart_from_leave(account, output)
        present = _turn_with_room(output, account, turn)
        before = present.verdicts.filter(checker__in=accounts_of(account)).count()
        if before and output.state == Output.CHECKING:
            mend = "It can be changed once the other checker's is in and differs."
            raise UseRefused(Reason("verdict-given", "You have given your verdict", reference, mend))
        if verdict == APPROVE:
            _every_table(output, tables)
            require_for_check(output.run)
        say(present, account, verdict, comment, note=note.strip(), number=before + 1, grounds=said)
        audit(by, "give-verdict", reference, verdict=verdict)
        _decide(by, output, present)


def return_early(*, by: Actor, reference: str, comment: str, turn: int | None = None) -> None:
    """Send an output back before both verdicts are in. It wipes the turn: nobody ever reads the other verdict.

    Raises:
        AccessDenied: code `output`. InputRefused: code `comment`. UseRefused: codes `state`, `claimed`, `turn-over`.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    well_formed(RETURN, comment, "")
    with transaction.atomic():
        output = _locked(account, reference)
        present = _turn_with_room(output, account, turn)
        if output.state != Output.CHECKING:
            raise UseRefused(Reason("state", f"This output is {output.state}", reference, "Give a verdict."))
        number = present.verdicts.filter(checker__in=accounts_of(account)).count() + 1
        say(present, account, RETURN, comment, early=True, number=number)
        audit(by, "return-early", reference)
        end_turn(by, output, present, OutputState.RETURNED)


def standing(turn: Turn) -> tuple[Verdict, ...]:
    """The verdicts of a turn that count: the last of each checker, or the early one alone."""
    last = {row.checker.holder_id: row for row in turn.verdicts.select_related("checker").order_by("id")}
    rows = sorted(last.values(), key=lambda row: row.id)
    return tuple(row for row in rows if row.early) or tuple(rows)


def allowed(account: int) -> QuerySet[Output]:
    """Tables that are no work of who is behind this account: neither as author of any study of the project, nor as
    asker, nor as member of the project, nor as one of the organisation that asked.
    """
    # Whichever account they used for it.
    mine = accounts_of(account)
    own = Q(run__study__project__studies__author__in=mine) | Q(run__asked_by__in=mine)
    own |= Q(run__study__project__members__in=mine)
    own |= Q(run__study__project__request__organisation__account__in=mine)
    return Output.objects.select_related("run__study__project__request").exclude(own)


def for_checker(account: int, reference: str) -> Output:
    """The output a checker may look at.

    Raises:
        AccessDenied: code `output`, also where there is none.
    """
    judged = Q(verdicts__checker=account)
    rows = allowed(account).filter(Q(state__in=UNDER_REVIEW) | judged, lead=None)
    rows = rows.filter(Q(reference=reference) | Q(others__reference=reference)).distinct()
    output = rows.first()
    if output is None:
        mend = "See your list; nobody checks their own project's tables."
        raise AccessDenied(Reason("output", "There is no such table for you to check", mend=mend))
    return output


def latest_turn(output: Output) -> Turn:
    """The turn under way, or the last one."""
    return output.turns.latest("number")


def set_state(output: Output, state: OutputState | FileState) -> None:
    """Move an output on, if the table of states allows the step.

    Raises:
        UseRefused: code `state`.
    """
    machine = FILES if output.kind == Output.FILE else OUTPUTS
    if reason := machine.refuses(output.state, state):
        raise UseRefused(reason)
    output.state = state
    output.save(update_fields=["state", "rules"])
    output.others.update(state=state)


def checkers_of(output: Output) -> QuerySet[Account]:
    """Everybody who may check this output."""
    study = output.run.study
    authors = study.project.studies.values("author")
    own = Q(id__in=authors) | Q(id=output.run.asked_by_id) | Q(projects=study.project_id)
    own |= Q(organisation=study.project.request.organisation_id)
    theirs = Account.objects.filter(own, holder__isnull=False).values("holder")
    return Account.objects.filter(role=Role.OUTPUT_CHECKER, is_active=True).exclude(holder__in=theirs)


def _locked(account: int, reference: str) -> Output:
    output = for_checker(account, reference)
    return Output.objects.select_for_update(of=("self",)).select_related("run__study__project").get(id=output.id)


def _turn_with_room(output: Output, account: int, read: int | None = None) -> Turn:
    """The turn under way, if it is the one that was read, and the checker is in it or there is room for one more."""
    if output.state not in UNDER_REVIEW:
        raise UseRefused(Reason("state", f"This output is {output.state}", output.reference, "There is nothing to do."))
    turn = latest_turn(output)
    if read not in (None, turn.number):
        mend = "Read what the author says now."
        raise UseRefused(Reason("turn-over", "The author has handed this output in again", output.reference, mend))
    holding = turn.claims.filter(made_at__gt=clock.now() - CLAIM_HOLDS).values_list("checker__holder", flat=True)
    inside = {*holding, *turn.verdicts.values_list("checker__holder", flat=True)}
    holder = Account.objects.values_list("holder", flat=True).get(id=account)
    most = CHECKERS if output.state == Output.CHECKING else MOST_CHECKERS
    if holder not in inside and len(inside) >= most:
        mend = "Take another from the list."
        raise UseRefused(Reason("claimed", "Enough checkers have taken this output on", output.reference, mend))
    return turn


def grounds_of(output: Output, verdict: str, given: Mapping[str, str]) -> dict[str, str]:
    """The grounds that stand with this verdict: for each criterion where it lets a file out, otherwise none.

    Raises:
        InputRefused: a criterion without a ground of its own, or what texts may not hold.
    """
    if output.kind != Output.FILE or verdict != APPROVE:
        return {}
    if reasons := [*lacking_grounds(given), *stray_data(given)]:
        raise InputRefused(reasons)
    return {name: given[name].strip() for name in CRITERIA}


def say(
    turn: Turn,
    account: int,
    verdict: str,
    comment: str,
    *,
    number: int,
    note: str = "",
    early: bool = False,
    grounds: Mapping[str, str] | None = None,
) -> None:
    """Write a verdict down."""
    Verdict.objects.create(
        output_id=turn.output_id,
        turn=turn,
        checker_id=account,
        number=number,
        verdict=verdict,
        comment=comment.strip(),
        note=note,
        grounds=dict(grounds or {}),
        made_at=clock.now(),
        early=early,
    )


def well_formed(verdict: str, comment: str, note: str) -> None:
    """Refuse what is no verdict, or has no comment where it needs one.

    Raises:
        InputRefused: code `verdict` or `comment`.
    """
    if verdict not in set(Ruling):
        raise InputRefused(Reason("verdict", "This is not a verdict", "verdict", "Choose approve, return or reject."))
    if max(len(comment), len(note)) > LONGEST_COMMENT or (verdict != APPROVE and not comment.strip()):
        mend = f"Say what must change, in at most {LONGEST_COMMENT} characters."
        raise InputRefused(Reason("comment", "A table that does not go out needs a comment", "comment", mend))


def _decide(by: Actor, output: Output, turn: Turn) -> None:
    """What the verdicts of the turn come to. Everything here is in the transaction of the last of them."""
    state = decided(row.verdict for row in standing(turn))
    if state is None or state == output.state:
        return
    if state is OutputState.CONSOLIDATING:
        set_state(output, state)
        for checker in checkers_of(output):
            notify(checker)
    elif output.kind == Output.FILE and after_two(state) is FileState.DECIDING:
        set_state(output, FileState.DECIDING)
        for officer in Account.objects.filter(role=Role.DATA_PROTECTION_OFFICER, is_active=True):
            notify(officer)
    elif state is OutputState.AGREED:
        let_out(by, output, turn)
    else:
        end_turn(by, output, turn, state)


def let_out(by: Actor, output: Output, turn: Turn) -> None:
    """The last word that something may leave: it is agreed, or stopped where something has come between."""
    state = OutputState.AGREED
    if reason := _still_refused(output):
        output.rules = output.rules | {"refused": [asdict(reason)]}
        audit(by, "stop-output", output.reference, reasons=[reason.code])
        state = OutputState.STOPPED
    end_turn(by, output, turn, state)


def end_turn(by: Actor, output: Output, turn: Turn, state: OutputState) -> None:
    """The end of a turn; an output that comes to nothing says so in the log."""
    set_state(output, state)
    turn.decided_at, turn.result = clock.now(), state.value
    turn.save(update_fields=["decided_at", "result"])
    notify(output.run.study.author)
    if state in {OutputState.STOPPED, OutputState.REJECTED}:
        outcome(output.run, state.value)
    elif state is OutputState.AGREED:
        releases.agree(by=by, output=output)


def _every_table(output: Output, approved: Collection[str]) -> None:
    """Every table of a run is voted on; they are one release, so approving it is approving each."""
    whole = {one.reference for one in all_of(output)}
    if len(whole) > 1 and set(approved) != whole:
        mend = "Tick each table once you have read it, or return them."
        raise InputRefused(Reason("tables", "Not every table of this run is ticked", "verdict", mend))


def _still_refused(output: Output) -> Reason | None:
    """Asked again under the lock of releases: another table may have been agreed while this one was being checked,
    and the panel may have taken its approval back.
    """
    lock_releases()
    if reason := releases.kept_inside(output):
        return reason
    if output.kind == Output.FILE:
        return None
    return next((reason for one in all_of(output) if (reason := not_audited(one))), None)
