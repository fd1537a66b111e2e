"""How a run ends: refused by the gate, failed, or done with a table that is stopped or goes to the checkers, or
with a file by exception.

Each ending is one transaction: the run, its output, its audit row, and the `outcome` entry that tells the public what
became of the data that was opened.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from django.db import transaction

from rollbook.dataplane.runs.by_hand import HandedOver
from rollbook.dataplane.runs.counted import Counted
from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.policy.exceptions import RULE_SET
from rollbook.policy.states import RUNS, FileState, OutputState, RunState
from rollbook.records.models.studies import Output, Run
from rollbook.services.accounts.messages import notify
from rollbook.services.log.outbox import submit
from rollbook.services.outputs.differencing import held_against_all, keep, lock_releases
from rollbook.services.outside.hidden_cells import HiddenCells, as_published, hidden_cells
from rollbook.services.outside.siblings import STOPPED, held_against_each_other
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.platform.audit import audit

_LONGEST_TITLE: Final = 200

# Where tables have their measure: how long checking takes is told by this word.
BY_EXCEPTION: Final = "file by exception"


def go_to(run: Run, state: RunState) -> None:
    """Set the run's state, if the table of states allows the step.

    Raises:
        UseRefused: code `state`.
    """
    if reason := RUNS.refuses(run.state, state):
        raise UseRefused(reason)
    run.state = state


def refuse(run: Run, reasons: Sequence[Reason]) -> None:
    """End a run that the gate did not let in. Nothing was logged, because nothing was used."""
    with transaction.atomic():
        _end(run, RunState.REFUSED, reasons)
        audit(system(), "refuse-run", str(run.id), reasons=[reason.code for reason in reasons])


def fail(run: Run, reasons: Sequence[Reason], result: str | None) -> None:
    """End a run with nothing out. `result` is the `outcome` entry's; None where the log never took the run's own
    entry.
    """
    with transaction.atomic():
        _end(run, RunState.FAILED, reasons)
        if result:
            outcome(run, result)
        audit(system(), "fail-run", str(run.id), reasons=[reason.code for reason in reasons])


def finish(run: Run, made: Sequence[Counted]) -> Output:
    """End a run with its tables: all stopped, with every rule that objects to one, or on their way to the checkers.
    Gives the first, which leads the others.
    """
    hidden = hidden_cells([(one.declared, one.table, one.verdict) for one in made])
    told = [
        (as_published(one.told[0], one.table, unseen), *one.told[1:]) for one, unseen in zip(made, hidden, strict=True)
    ]
    # Held against everything released before the lock is taken, for it takes long; under it only what came since.
    limit = made[0].verdict.parameters.threshold
    among = held_against_each_other(told, limit)
    audits = [held_against_all(each, limit) for each in told]
    files = [[keep(membership, run.epoch) for membership in each] for each in told]
    with transaction.atomic():
        lock_releases()
        audits = [
            (reason, done) if reason else held_against_all(each, limit, done)
            for each, (reason, done) in zip(told, audits, strict=True)
        ]
        refused = [
            [reason for reason in (beside, difference, unseen.reason) if reason]
            for beside, (difference, _), unseen in zip(among, audits, hidden, strict=True)
        ]
        wrong = [
            bool(reasons) or not (one.verdict.passed or unseen.record)
            for one, reasons, unseen in zip(made, refused, hidden, strict=True)
        ]
        if any(wrong):
            refused = [reasons if bad else [STOPPED] for reasons, bad in zip(refused, wrong, strict=True)]
        outputs = [
            _output(run, one, unseen, reasons, names)
            for one, unseen, reasons, names in zip(made, hidden, refused, files, strict=True)
        ]
        _save(outputs, [done for _, done in audits], OutputState.STOPPED if any(wrong) else OutputState.MADE)
        _end(run, RunState.DONE, ())
        if any(wrong):
            outcome(run, "stopped")
        notify(run.study.author)
    return outputs[0]


def _output(run: Run, made: Counted, hidden: HiddenCells, refused: Sequence[Reason], files: Sequence[str]) -> Output:
    rest = {"refused": [asdict(reason) for reason in refused], "hiding": hidden.record}
    title = run.study.title + (f": {made.declared.title}" if made.declared.title else "")
    return Output(
        run=run,
        title=title[:_LONGEST_TITLE],
        dimensions=list(made.table.dimensions),
        measure=made.declared.measure.heading,
        table=made.table.as_data(),
        rules=made.verdict.as_data() | rest,
        made_at=clock.now(),
        membership_file=files[0],
        term_files=list(files[1:]),
    )


def _save(outputs: Sequence[Output], audited: Sequence[Sequence[int]], state: OutputState) -> None:
    """Save the tables of a run, the first as their lead; each was held against the others too."""
    for place, output in enumerate(outputs):
        output.reference = f"table-{output.run_id}" + (f"-{place + 1}" if place else "")
        output.state, output.lead = state, outputs[0] if place else None
        output.save()
        audit(system(), "make-output", output.reference, state=output.state)
    for output, done in zip(outputs, audited, strict=True):
        output.audited = [*done, *(other.id for other in outputs if other is not output)]
        output.save(update_fields=["audited"])


def finish_file(run: Run, handed: HandedOver) -> Output:
    """End a run with a file by exception: it waits for its author, sealed like a table, with warnings and no verdict.

    Nothing is held against other releases, for who is behind its figures is not known.
    """
    rules = {
        "rule_set": RULE_SET,
        "parameters": asdict(handed.parameters),
        "warnings": [asdict(one) for one in handed.warnings],
        "failures": [],
        "refused": [],
    }
    with transaction.atomic():
        output = Output.objects.create(
            run=run,
            reference=f"file-{run.id}",
            kind=Output.FILE,
            title=run.study.title,
            dimensions=[],
            measure=BY_EXCEPTION,
            table={},
            text=handed.text,
            rules=rules,
            state=FileState.MADE,
            made_at=clock.now(),
        )
        _end(run, RunState.DONE, ())
        audit(system(), "make-file", output.reference, warnings=len(handed.warnings))
        notify(run.study.author)
    return output


def outcome(run: Run, result: str) -> None:
    """Hand in the entry that says what became of the data a run opened; called inside the deed's transaction."""
    if run.submission_id is None:
        raise ValueError("an outcome needs the run's own entry")
    submit({"type": "outcome", "id": f"run-{run.id}-outcome", "result": result}, refs={"of": run.submission_id})


def without_figures(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons with every number taken out of the message.

    Reasons about a table count its faulty rows, and a study chooses how many it writes: a number is a way out for data.
    """
    return tuple(replace(reason, message=re.sub(r"[0-9][0-9,.]*", "some", reason.message)) for reason in reasons)


def _end(run: Run, state: RunState, reasons: Sequence[Reason]) -> None:
    go_to(run, state)
    run.reasons = [asdict(reason) for reason in reasons]
    run.ended_at = clock.now()
    run.save()
