"""What those who judge a file by exception read of it: the text, its warnings, why it was made, what others said."""

import difflib
from dataclasses import dataclass
from datetime import date

from rollbook.kernel.refusals import AccessDenied, Reason
from rollbook.policy.exceptions import CRITERIA, LONGEST_GROUND
from rollbook.records.models.studies import Output, Verdict
from rollbook.sdc.by_hand import NOT_COVERED
from rollbook.services.outputs.deciding import DECIDES, files_to_decide
from rollbook.services.outputs.outputs import latest_turn, standing
from rollbook.services.outputs.submitting import CONTEXT
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.holders import is_one_of
from rollbook.services.projects.file_leave import latest_decision

__all__ = ["LONGEST_GROUND", "FilePage", "FileSheet", "in_words", "officers_list", "officers_page", "sheet_of"]


@dataclass(frozen=True, slots=True)
class FileSheet:
    """A file before anybody but its judges may see it. `last` is the version before, `changes` the lines that differ
    from it, each begun with + or -.
    """

    name: str
    reason: str
    text: str
    warnings: tuple[Reason, ...]
    not_covered: str
    leave: str
    leave_reasons: str
    leave_until: date | None
    criteria: tuple[tuple[str, str], ...]
    last: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one of its judges said: in which role, with grounds by criterion in words."""

    role: str
    verdict: str
    comment: str
    grounds: tuple[tuple[str, str], ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file in the officer's list; `waits` while it is theirs to decide."""

    reference: str
    title: str
    project: str
    state: str
    waits: bool


@dataclass(frozen=True, slots=True)
class FilePage:
    """All that the officer needs to decide about one file."""

    line: FileLine
    turn: int
    sheet: FileSheet
    context: tuple[tuple[str, str], ...]
    said: tuple[Said, ...]
    files: tuple[tuple[str, str], ...]
    digest: str


def sheet_of(output: Output) -> FileSheet:
    """The sheet of a file."""
    study = output.run.study
    leave, last = latest_decision(study.project, study.file), _last(output)
    return FileSheet(
        name=f"{study.file['name']}.{study.file['format']}",
        reason=study.file["reason"],
        text=output.text,
        warnings=tuple(Reason(**one) for one in output.rules["warnings"]),
        not_covered=NOT_COVERED,
        leave=leave.exception.reference if leave else "",
        leave_reasons=leave.reasons if leave else "",
        leave_until=leave.expires if leave else None,
        criteria=tuple(CRITERIA.items()),
        last=last.reference if last else "",
        changes=_changes(last.text, output.text) if last else (),
    )


def in_words(row: Verdict, account: int) -> Said:
    """A verdict on a file as its judges read it."""
    grounds = tuple((CRITERIA[name], text) for name, text in row.grounds.items() if name in CRITERIA)
    return Said(row.checker.role, row.verdict, row.comment, grounds, is_one_of(account, {row.checker_id}))


def officers_list(by: Actor) -> tuple[FileLine, ...]:
    """The files that wait for the signed-in officer, and those they have decided.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`.
    """
    account = require_session(by, DECIDES)
    return tuple(_line(output) for output in files_to_decide(account))


def officers_page(*, by: Actor, reference: str) -> FilePage:
    """One of them.

    Raises:
        AccessDenied: code `output`, also for one that does not exist.
    """
    account = require_session(by, DECIDES)
    output = files_to_decide(account).filter(reference=reference).first()
    if output is None:
        raise AccessDenied(Reason("output", "There is no such file for you to decide", mend="See your list."))
    turn, study = latest_turn(output), output.run.study
    return FilePage(
        line=_line(output),
        turn=turn.number,
        sheet=sheet_of(output),
        context=tuple((words, turn.context[name]) for name, words in CONTEXT.items()),
        said=tuple(in_words(row, account) for row in standing(turn)),
        files=tuple(sorted(study.files.items())),
        digest=study.digest,
    )


def _line(output: Output) -> FileLine:
    project = output.run.study.project.reference
    return FileLine(output.reference, output.title, project, output.state, output.state == Output.DECIDING)


def _last(output: Output) -> Output | None:
    rows = Output.objects.filter(run__study__project=output.run.study.project_id, kind=Output.FILE)
    return rows.filter(title=output.title, id__lt=output.id).order_by("-id").first()


def _changes(before: str, after: str) -> tuple[str, ...]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return tuple(line for line in lines if line.startswith(("+ ", "- ")))
