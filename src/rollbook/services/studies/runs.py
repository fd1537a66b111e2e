"""Running a study inside. The order of the durable steps is the design: the log entry comes before the data is opened.

This is the release gate of the log's specification, section 12, for data opened in a safe setting. Opening the
project's data is the release, so steps 1 to 8 of that section are marked below with their numbers. A run that stops
is picked up by `recover` at the next start: before the entry was handed in, the run begins anew; between the entry
and the opening of the data it goes on; once the data was open it is ended, with nothing out.
"""

from functools import partial

from django.db import transaction
from pyroaring import BitMap

from rollbook.kernel.refusals import Reason, RollbookError, UseRefused
from rollbook.policy.gate import Refused
from rollbook.policy.powers import POWERS
from rollbook.policy.states import RunState
from rollbook.records.models.accounts import Organisation
from rollbook.records.models.governance import Decision, Request
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.reported import ReportedUse
from rollbook.records.models.studies import Run
from rollbook.services.catalogue.mapped_items import every_item
from rollbook.services.log.outbox import submit
from rollbook.services.log.published import published
from rollbook.services.log.reader import require_own_database
from rollbook.services.outputs import differencing, run_outcome
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.work_locks import Work, alone, bring_to_end, nobody_at_work
from rollbook.services.projects.governance import gate_for_run
from rollbook.services.projects.samples import record_draw
from rollbook.services.studies import run_inside
from rollbook.services.studies.run_plan import Plan, draw, standing_objectors
from rollbook.services.studies.study_code import publish_code
from rollbook.services.uses import populations
from rollbook.services.uses.sets import MadeSet, make_set

WAIT_SECONDS = 60.0
_INTERRUPTED = Reason(
    "interrupted", "The run was cut off while the study worked", mend="Nothing came out. Ask for a new run."
)


def execute(run_id: int, *, wait_s: float = WAIT_SECONDS) -> None:
    """Do a run from wherever it stands to its end. A run that has ended, or that another process is at, is left alone.

    Raises:
        StateBroken: the log did not take the entry in time; nothing was opened, and a later call goes on.
    """
    with alone(Work.RUN, run_id) as mine:
        run = Run.objects.select_related("study__project__request__organisation").get(id=run_id)
        if mine and run.state == RunState.QUEUED:
            _log_first(run)
        if mine and run.state == RunState.OPENED:
            _open(run, wait_s)
        elif mine and run.state == RunState.RUNNING:
            run_inside.clear(run.id)
            run_outcome.fail(run, (_INTERRUPTED,), "interrupted")


def recover(*, wait_s: float = WAIT_SECONDS) -> int:
    """At the start of the job process: complete or undo every run that a dead process left; gives how many."""
    left = Run.objects.filter(state__in=(RunState.QUEUED, RunState.OPENED, RunState.RUNNING)).order_by("id")
    try:
        return bring_to_end(list(left.values_list("id", flat=True)), partial(execute, wait_s=wait_s))
    finally:
        _forget_unnamed()


def _forget_unnamed() -> None:
    """Remove population files whose run or case died before it could name them."""
    with nobody_at_work() as idle:
        if idle:
            require_own_database()
            named = set(Run.objects.exclude(population_file="").values_list("population_file", flat=True))
            told = ReportedUse.objects.exclude(population_file="")
            named |= set(told.values_list("population_file", flat=True))
            with people_zone():
                cases = GatewayCase.objects.exclude(population_file="")
                named |= set(cases.values_list("population_file", flat=True))
            populations.forget_unnamed(named)
            differencing.forget_unnamed()


def _log_first(run: Run) -> None:
    """Steps 1 to 4. Nothing of this is visible until the one transaction at the end commits."""
    try:
        # 1. Draw the population: the returns PostgreSQL names for the approved collections, less those who objected.
        # Then the gate reads request, decision, agreement, assessment and accreditation as they are now, and counts
        # objectors.
        plan = draw(run.study.project.request)
        if not plan.people:
            mend = "Wait until schools have sent returns for the collections that were approved."
            raise UseRefused(Reason("population-empty", "There is nobody to study", "collections", mend))
        _ask_gate(run, plan.people)
        # 2 and 3. No file is given, so there is nothing in quarantine to read back: the set is made from the population
        # itself. Set store and population file are durable before the entry is handed in.
        made = make_set(pupil_ids=plan.pupil_ids, population_sha256=populations.digest(plan.people))
        name = populations.keep(plan.people, made.epoch)
        # 4. One transaction: the run names its files, and the entry is handed in. From here `did` is used up.
        _submit_disclosure(run, plan, made, name)
    except UseRefused as refused:
        run_outcome.refuse(run, refused.reasons)


def _ask_gate(run: Run, people: BitMap) -> None:
    request = run.study.project.request
    left = len(people & standing_objectors(purpose=request.purpose, power=request.power))
    answer = gate_for_run(run_id=run.id, objectors_left=left, people=len(people))
    if isinstance(answer, Refused):
        raise UseRefused(answer.reasons)


def _submit_disclosure(run: Run, plan: Plan, made: MadeSet, population_file: str) -> None:
    request = run.study.project.request
    with transaction.atomic():
        # The panel may take its approval back while the set is being made. Its deed locks the request's row, so under
        # the same lock the gate is asked once more, and the decision it saw is the one the entry points to.
        Request.objects.select_for_update().get(id=request.id)
        _ask_gate(run, plan.people)
        decision = Decision.objects.filter(request=request).latest("made_at", "id")
        record_draw(request, plan.sampled)
        publish_code(run.study)
        entry = _entry(run, request, made)
        run_outcome.go_to(run, RunState.OPENED)
        run.submission_id = submit(entry, refs={"of": decision.submission_id})
        run.did, run.epoch, run.set_store = made.did, made.epoch, made.store_name
        run.population_file, run.returns = population_file, list(plan.return_ids)
        run.people, run.left_out, run.started_at = plan.size, plan.left_out, clock.now()
        run.save()
        audit(system(), "log-run", str(run.id), people=run.people, left_out=run.left_out)


def _entry(run: Run, request: Request, made: MadeSet) -> dict[str, object]:
    items = every_item()
    return {
        "type": "disclosure",
        "id": f"run-{run.id}",
        "did": made.did,
        "set": made.set_field,
        "manifest": made.manifest_b64,
        "mode": "safe-setting",
        "recipient": org(request.organisation),
        "basis": POWERS[request.power].log_code,
        "classes": sorted({items[item].risk for item in run.study.items}),
        "items": sorted(run.study.items),
    }


def org(body: Organisation) -> dict[str, str]:
    """An organisation as entries of the log name it."""
    return {"name": body.name, "sector": body.sector, "id": body.company_number}


def _open(run: Run, wait_s: float) -> None:
    """Steps 5 to 8, and what the study makes of the data."""
    # 5 and 6. The writer appends, signs and publishes. We then read checkpoint and entry as anyone would and verify
    # them. If the log cannot be written this raises, the run stays where it is and no data is opened.
    try:
        published(submission_of(run), timeout_s=wait_s)
    except UseRefused as refused:
        # The log's own rules do not allow the entry, so there is nothing that an outcome could point to.
        run_outcome.fail(run, refused.reasons, None)
        return
    try:
        # 7. What was logged must still be right at the moment of opening: somebody may have objected, or a paper
        # expired, while the entry waited. The stored population is read back and must be the one the manifest commits
        # to.
        people = populations.read(run.population_file, run.epoch)
        _ask_gate(run, people)
    except RollbookError as error:
        run_outcome.fail(run, error.reasons, "not-released")
        return
    with transaction.atomic():
        run_outcome.go_to(run, RunState.RUNNING)
        run.save()
        audit(system(), "open-extract", str(run.id))
    _inside(run, people)


def submission_of(run: Run) -> int:
    """The submission of the run's own entry; a run has one from the moment it is opened."""
    if run.submission_id is None:
        raise ValueError("only a run that was handed in to the log is opened")
    return run.submission_id


def _inside(run: Run, people: BitMap) -> None:
    try:
        # 8. Only now is the extract written, run on, and removed; what comes back are the platform's own tables, or
        # what is left of a file that the panel has allowed.
        if run.study.file:
            handed = run_inside.file_of(run, people)
            end = partial(run_outcome.finish_file, run, handed)
        else:
            end = partial(run_outcome.finish, run, run_inside.tables_of(run, people))
    except RollbookError as error:
        run_outcome.fail(run, run_outcome.without_figures(error.reasons), "failed")
    except Exception:
        # Unforeseen, so its words may quote a record: they go no further than this process's own error report.
        reason = Reason(
            "unforeseen", "The run failed for a reason nobody foresaw", mend="Tell the authority's operator."
        )
        run_outcome.fail(run, (reason,), "failed")
        raise
    else:
        end()
