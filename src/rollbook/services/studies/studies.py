"""Submitting a study and asking for a run of it.

What a study may read is what its project's request was approved for; the study names its items and anything beyond is
refused before it is kept. A study's files, items and digest are public: anyone can read what ran.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from rollbook.dataplane.runs.commit import COMMIT_FILE, CommitProof
from rollbook.dataplane.runs.study import Study as StudyFiles
from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.exceptions import lacking_leave
from rollbook.policy.roles import Role
from rollbook.records.models.studies import Project, Run, Study
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.stray import stray_data
from rollbook.services.projects.entry import at_the_door, enter
from rollbook.services.projects.file_leave import leave_for
from rollbook.services.projects.projects import UNDER_WAY, ProjectLine, member_project, project_line
from rollbook.services.studies.study_upload import files_of

# A run tells its author something whatever becomes of it: that it failed, where, and how long it took. What a study
# could say that way adds up, so runs are rationed.
RUNS_A_DAY: Final = 20


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in a list: its number, state and times, and what became of its table (empty while there is none)."""

    id: int
    state: str
    queued_at: datetime
    ended_at: datetime | None
    output_state: str


@dataclass(frozen=True, slots=True)
class StudyLine:
    """One submitted version of a study."""

    id: int
    title: str
    digest: str
    commit: str
    items: tuple[str, ...]
    submitted_at: datetime
    mine: bool
    runs: tuple[RunLine, ...]


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """A project with its studies and runs, newest first. Where `refused` says why the door is shut, none are shown."""

    project: ProjectLine
    studies: tuple[StudyLine, ...]
    refused: tuple[Reason, ...]


def submit(*, by: Actor, project_ref: str, files: Mapping[str, bytes]) -> int:
    """Keep a study of a project from its files by path, or one zip; gives its number. A zip made by `rollbook study
    pack` shows the commit that the files stand in.

    Raises:
        AccessDenied: not a member. UseRefused: project, papers, person or place do not hold today, or it hands over a
        file that the panel has not allowed.
        InputRefused: every reason found in the files.
    """
    account = require_session(by, Role.RESEARCHER)
    project = member_project(by, project_ref)
    enter(by, project)
    sent = files_of(files)
    proof = sent.pop(COMMIT_FILE, None)
    study = StudyFiles.from_files(sent)
    commit = CommitProof.loads(proof).name(study.files) if proof is not None else ""
    _within_project(study, project)
    declared = asdict(study.file) if study.file else {}
    _within_leave(project, declared)
    with transaction.atomic():
        row = Study.objects.create(
            project=project,
            author_id=account,
            title=study.title[:200],
            digest=study.sha256.hex(),
            commit=commit,
            files={path: data.decode() for path, data in sorted(study.files.items())},
            items=list(study.items),
            file=declared,
            submitted_at=clock.now(),
        )
        audit(by, "submit-study", str(row.id), project=project.reference, digest=row.digest)
    return row.id


def _within_project(study: StudyFiles, project: Project) -> None:
    reasons: list[Reason] = []
    if study.project and study.project != project.reference:
        mend = f'Write project = "{project.reference}", or leave it out.'
        reasons.append(Reason("study-project", "study.toml names another project", "study.toml: project", mend))
    for item in sorted(set(study.items) - set(project.request.items)):
        mend = "Leave it out, or ask with a request that amends this one."
        reasons.append(Reason("item-not-approved", f"The item {item} is not approved", "study.toml: items", mend))
    # Anyone can read what ran, so nobody's address or number may stand in it.
    reasons += stray_data({path: data.decode() for path, data in study.files.items()})
    if reasons:
        raise InputRefused(reasons)


def _within_leave(project: Project, declared: Mapping[str, Any]) -> None:
    """Refuse a file that the panel has not allowed, before anything is kept or run."""
    if reasons := tuple(lacking_leave(leave_for(project, declared), clock.today())):
        raise UseRefused(reasons)


def ask_run(*, by: Actor, study_id: int) -> int:
    """Queue a run of a study; the job process does it. Gives the run's number.

    Raises:
        AccessDenied: not a member. UseRefused: project, papers, person or place do not hold today, the project
        has had its runs of the day, or a run of this study is under way.
    """
    account = require_session(by, Role.RESEARCHER)
    with transaction.atomic():
        study = _member_study(account, study_id)
        # The project's row is locked, so two clicks are two askers one after the other.
        project = Project.objects.select_for_update(of=("self",)).select_related("request").get(id=study.project_id)
        place = enter(by, project)
        _within_leave(project, study.file)
        if Run.objects.filter(study=study, state__in=UNDER_WAY).exists():
            mend = "Wait until it has ended."
            raise UseRefused(Reason("run-under-way", "A run of this study is under way", str(study_id), mend))
        _within_ration(project)
        run = Run.objects.create(
            study=study, asked_by_id=account, site=place.site, device=place.device, queued_at=clock.now(),
            state=Run.QUEUED,
        )  # fmt: skip
        audit(by, "ask-run", str(run.id), study=study.id)
        jobs.defer("run_study", run_id=run.id)
    return run.id


def _within_ration(project: Project) -> None:
    since = clock.now() - timedelta(days=1)
    if Run.objects.filter(study__project=project, queued_at__gt=since).count() >= RUNS_A_DAY:
        mend = "Try the study on dummy data, and run it tomorrow."
        message = f"A project has at most {RUNS_A_DAY} runs in 24 hours"
        raise UseRefused(Reason("run-ration", message, project.reference, mend))


def _member_study(account: int, study_id: int) -> Study:
    study = Study.objects.filter(id=study_id, project__members=account).first()
    if study is None:
        mend = "Ask the requester of the project to have you added."
        raise AccessDenied(Reason("not-member", "You are not a member of this project", mend=mend))
    return study


def project_page(*, by: Actor, project_ref: str) -> ProjectPage:
    """What a member sees of a project.

    Raises:
        AccessDenied: not a member.
    """
    project = member_project(by, project_ref)
    _, refused = at_the_door(by, project)
    studies = Study.objects.filter(project=project).prefetch_related("runs__outputs").order_by("-id")
    shown = () if refused else tuple(_study_line(study, by) for study in studies)
    return ProjectPage(project_line(project), shown, refused)


def _study_line(study: Study, by: Actor) -> StudyLine:
    runs = sorted(study.runs.all(), key=lambda run: run.id, reverse=True)
    return StudyLine(
        id=study.id,
        title=study.title,
        digest=study.digest,
        commit=study.commit,
        items=tuple(study.items),
        submitted_at=study.submitted_at,
        mine=study.author_id == by.account_id,
        runs=tuple(_run_line(run) for run in runs),
    )


def _run_line(run: Run) -> RunLine:
    state = next((output.state for output in run.outputs.all()), "")
    return RunLine(run.id, run.state, run.queued_at, run.ended_at, state)
