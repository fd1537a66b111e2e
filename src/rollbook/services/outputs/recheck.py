"""Judging every table that left again under other parameters, from the evidence that was kept: no study runs again.

A table is listed with every reason why it would not leave today: its own figures, what is published beside its hidden
cells, and the differences to every other table that left. Checkers get a task for each; nothing else changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

import numpy as np
from django.db import transaction

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, RollbookError, UseRefused
from rollbook.policy.roles import Role
from rollbook.records.models.studies import Output, RecheckTask, Release
from rollbook.sdc.differencing import Auditor
from rollbook.sdc.hiding import MARK
from rollbook.sdc.judging import judge, table_from
from rollbook.sdc.membership import STEPS, Kept, Membership, Rows
from rollbook.sdc.rules import GROUP, THRESHOLD, ZERO, SdcParameters
from rollbook.sdc.tables import nested_in
from rollbook.services.outputs.differencing import beside, memberships_of
from rollbook.services.outputs.outputs import allowed
from rollbook.services.outside.replay import COUNT, attacked, figures_in, small
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role, require_session
from rollbook.services.platform.audit import audit

LONGEST_NOTE: Final = 1000


@dataclass(frozen=True, slots=True)
class Fallen:
    """A table that would not leave under these parameters, with the reasons."""

    reference: str
    title: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Recheck:
    """What judging again found: of `judged` tables those that would not leave, and how many tasks were `made`. No rule
    ever judged the files in `by_hand`: each is a task too, to be looked at by hand.
    """

    parameters: SdcParameters
    judged: int
    fallen: tuple[Fallen, ...]
    made: int
    by_hand: tuple[str, ...] = ()


def parameters_with(changes: Mapping[str, str]) -> SdcParameters:
    """The parameters in force with some of them changed, each given as text.

    Raises:
        InputRefused: code `parameter`.
    """
    now = SdcParameters()
    known = {field.name: type(getattr(now, field.name)) for field in fields(now)}
    if unknown := sorted(changes.keys() - known.keys()):
        mend = f"It is one of: {', '.join(sorted(known))}."
        raise InputRefused(Reason("parameter", "The rules have no such parameter", name, mend) for name in unknown)
    try:
        return replace(now, **{name: _value(text, known[name]) for name, text in changes.items()})
    except ValueError as error:
        raise InputRefused(Reason("parameter", "This is not a value of the parameter", ", ".join(changes))) from error


def recheck(*, by: Actor, parameters: SdcParameters) -> Recheck:
    """Judge every table that left and was not revoked, and leave a task for each that would not leave today, and for
    each file that left by exception.

    Raises:
        AccessDenied: code `role`.
    """
    require_role(by, Role.OPERATOR)
    left = list(Release.objects.exclude(released_at=None).select_related("output__run").order_by("id"))
    rows = [row for row in left if row.output.kind == Output.TABLE]
    standing = [row for row in rows if row.revoked_at is None]
    files = [row for row in left if row.output.kind == Output.FILE and row.revoked_at is None]
    found = {row.id: [*_alone(row, parameters)] for row in standing}
    for row, reason in _together(rows, parameters.threshold):
        found[row.id].append(reason)
    with transaction.atomic():
        made = sum(_task(row, parameters, found[row.id]) for row in standing if found[row.id])
        made += sum(_task(row, parameters, [_by_hand(row)]) for row in files)
        audit(by, "recheck-releases", "all", judged=len(standing), made=made)
    fallen = tuple(
        Fallen(row.output.reference, row.output.title, tuple(found[row.id])) for row in standing if found[row.id]
    )
    return Recheck(parameters, len(standing), fallen, made, tuple(row.output.reference for row in files))


def settle(*, by: Actor, task: int, note: str) -> None:
    """A checker says why a table stays where it is, though it would not pass today. Revoking one settles its tasks too.

    Raises:
        AccessDenied: code `output`. InputRefused: code `note`. UseRefused: code `state`.
    """
    account = require_session(by, Role.OUTPUT_CHECKER)
    if not note.strip() or len(note) > LONGEST_NOTE:
        mend = f"Say why it stays, in 1 to {LONGEST_NOTE} characters."
        raise InputRefused(Reason("note", "A reason is missing or too long", "note", mend))
    with transaction.atomic():
        rows = RecheckTask.objects.select_for_update().filter(release__output__in=allowed(account).values("id"))
        row = rows.filter(id=task).first()
        if row is None:
            raise AccessDenied(Reason("output", "There is no such task for you", mend="See the list."))
        if row.settled_at is not None:
            raise UseRefused(Reason("state", "This task is settled", str(task), "There is nothing to do."))
        row.settled_by_id, row.settled_at, row.result, row.note = account, clock.now(), row.STAYS, note.strip()
        row.save(update_fields=["settled_by", "settled_at", "result", "note"])
        audit(by, "settle-recheck", str(task))


def _by_hand(row: Release) -> Reason:
    mend = "Read it again, and revoke it where it would not be let out today."
    return Reason("by-hand", "No rule judged this file, so none can judge it again", row.output.reference, mend)


def _value(text: str, kind: type) -> Any:
    if kind is bool:
        if text not in {"yes", "no"}:
            raise ValueError("yes or no")
        return text == "yes"
    return kind(text)


def _alone(row: Release, parameters: SdcParameters) -> Iterator[Reason]:
    """What the rules say of one table, its hidden cells taken as hidden and then attacked."""
    output, (head, figures) = row.output, figures_in(row.csv)
    hidden = {labels for labels, figure in figures.items() if figure == MARK}
    table = table_from(output.table)
    # Where nobody is shown to be nobody, no group is known to be alike: see `hidden_cells`.
    mended = {ZERO, GROUP} if hidden and "0" not in figures.values() else set()
    for failure in judge(table, parameters).failures:
        unseen = failure.rule == THRESHOLD and tuple(label for _, label in failure.labels) in hidden
        if failure.rule not in mended and not unseen:
            yield Reason(failure.rule, failure.message, output.reference)
    if head[-1] == COUNT and hidden:
        beside = [one for one in output.run.outputs.order_by("id") if one.rules.get("hiding")]
        tables = [(figures_in(one.release.csv)[1], _axes(one)) for one in beside]
        for sentence in [*small(figures, parameters.threshold), *attacked(tables, parameters.threshold)]:
            yield Reason("SDC-HIDE-OPEN", sentence, output.reference)


def _axes(output: Output) -> tuple[tuple[str, ...], ...]:
    return nested_in(output.table) or tuple((name,) for name in output.dimensions)


def _together(rows: Sequence[Release], threshold: int) -> Iterator[tuple[Release, Reason]]:
    """Differences between any two tables that left, told of the later one that still stands.

    Whoever read a revoked table still knows it, so it counts as the other one.
    """
    kept: dict[int, tuple[Kept, ...]] = {}
    for place, told in enumerate(rows):
        # Up to the threshold it was released under, the audit of that time holds.
        if told.revoked_at is not None or threshold <= int(told.output.rules["parameters"]["threshold"]):
            continue
        others = [*rows[:place], *(row for row in rows[place + 1 :] if row.revoked_at is not None)]
        for row in (told, *others):
            if row.id not in kept:
                kept[row.id] = _kept(row.output)
        for reason in _beside(kept[told.id], [(row, kept[row.id]) for row in others], threshold):
            yield told, reason


def _beside(mine: Sequence[Kept], others: Sequence[tuple[Release, Sequence[Kept]]], threshold: int) -> Iterator[Reason]:
    """What one table shows beside each of the others. It is read whole once, not once for each of them."""
    auditors = [Auditor(_whole(one), threshold) for one in mine] if others else []
    for row, other in others:
        reference = row.output.reference
        if not mine or not other:
            mend = "Compare the two by hand."
            yield Reason("differencing-unread", "Who is in one of two tables cannot be read any more", reference, mend)
        elif beside(auditors, other) is not None:
            yield Reason("differencing", f"Beside another table it shows fewer than {threshold} people", reference)


def _kept(output: Output) -> tuple[Kept, ...]:
    """Nothing where it cannot be read any more."""
    try:
        return memberships_of(output)
    except (OSError, RollbookError):
        return ()


def _whole(kept: Kept) -> Membership:
    """A membership read whole, its people in order again."""
    parts = [kept.block(number) for number in range(STEPS + 1)]
    people = np.concatenate([part.people for part in parts])
    order = np.argsort(people, kind="stable")
    amounts = [part.amounts for part in parts if part.amounts is not None]
    rows = Rows(
        people[order],
        np.concatenate([part.cells for part in parts])[order],
        np.concatenate(amounts)[order] if amounts else None,
    )
    return Membership(rows, kept.outline.count, kept.outline.parts)


def _task(row: Release, parameters: SdcParameters, reasons: Sequence[Reason]) -> bool:
    """Leave a task, unless the same one waits already; whether one was left."""
    told = [asdict(reason) for reason in reasons]
    _, made = RecheckTask.objects.get_or_create(
        release=row, parameters=asdict(parameters), settled_at=None, defaults={"reasons": told, "made_at": clock.now()}
    )
    return made
