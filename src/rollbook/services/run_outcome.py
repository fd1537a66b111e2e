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
from rollbook.dataplane.runs.study import Study as StudyFiles
from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.policy.exceptions import RULE_SET
from rollbook.policy.states import RUNS, FileState, OutputState, RunState
from rollbook.records.models.studies import Output, Run
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.judging import Table
from rollbook.sdc.membership import Membership
from rollbook.services import clock
from rollbook.services.actors import system
from rollbook.services.audit import audit
from rollbook.services.differencing import held_against_all, keep, lock_releases
from rollbook.services.hidden_cells import as_published, hidden_cells
from rollbook.services.log.outbox import submit
from rollbook.services.messages import notify

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


def finish(run: Run, table: Table, verdict: Verdict, who: Sequence[Membership]) -> Output:
    """End a run with its table: stopped, with every rule that objects, or on its way to the checkers. `who` is in which
    cell comes first, what a model's terms tell after it.
    """
    study = run.study
    files = StudyFiles.from_files({path: text.encode() for path, text in study.files.items()})
    hidden = hidden_cells(files.table, table, verdict)
    told = [as_published(who[0], table, hidden), *who[1:]]
    # Held against everything released before the lock is taken, for it takes long; under it only what came since.
    limit = verdict.parameters.threshold
    difference, audited = held_against_all(told, limit)
    file, *terms = (keep(one, run.epoch) for one in told)
    with transaction.atomic():
        lock_releases()
        if difference is None:
            difference, audited = held_against_all(told, limit, audited)
        refused = [asdict(reason) for reason in (difference, hidden.reason) if reason]
        stopped = bool(refused) or not (verdict.passed or hidden.record)
        output = Output.objects.create(
            run=run,
            reference=f"table-{run.id}",
            title=study.title,
            dimensions=list(table.dimensions),
            measure=files.table.measure.heading,
            table=table.as_data(),
            rules=verdict.as_data() | {"refused": refused, "hiding": hidden.record},
            state=OutputState.STOPPED if stopped else OutputState.MADE,
            made_at=clock.now(),
            membership_file=file,
            term_files=terms,
            audited=list(audited),
        )
        _end(run, RunState.DONE, ())
        if stopped:
            outcome(run, "stopped")
        audit(system(), "make-output", output.reference, state=output.state)
        notify(study.author)
    return output


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
