"""Running a study where it can do no harm: no network, a few read-only folders, fixed limits, one pipe out.

The layers, from outside: a user of its own (never root), bwrap's namespaces with nothing of the machine in them, a
filter of system calls, limits set and read back inside by the launcher, and a supervisor that sums memory, processes
and time and ends the whole. Nothing a study writes is a file anywhere outside: what leaves is one stream of bytes,
read as hostile.
"""

import os
from pathlib import Path

from rollbook.dataplane.runs import cage, runtime, seccomp, supervisor
from rollbook.dataplane.runs.inside.steps import EXIT_FILE, EXIT_MEMORY, EXIT_SPACE, EXIT_STEP, EXIT_TABLE
from rollbook.dataplane.runs.limits import Limits
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import InputRefused, LimitBreached, Reason


def run_study(
    study: Study, extract_dir: Path, limits: Limits, *, program: bytes | None = None, explain: bool = False
) -> bytes:
    """Run `study` on the Parquet tables in `extract_dir` and give the raw stream for `hostile.read_person_table`, or
    for `hostile_file.read_file` where it hands over a file.

    `program` is what runs inside instead of the runner of steps: Python source, for tests that attack the sandbox.
    `explain` puts the study's own words into the refusal when a step fails; only for dummy data, because those words
    can quote a record.

    Raises:
        LimitBreached: a limit was breached, or could not be set, which refuses the run.
        InputRefused: a step failed.
        SetupFailed: the sandbox cannot be started on this machine.
    """
    ended = _run(study, extract_dir, limits, program)
    if ended.code:
        raise _failure(study, ended, explain=explain)
    return ended.stream


def _run(study: Study, extract_dir: Path, limits: Limits, program: bytes | None) -> supervisor.Ended:
    languages = frozenset(step.language for step in study.steps)
    pieces, user, filter_code = runtime.runtime(languages), runtime.run_user(), seccomp.program()
    room = cage.furnish(study, extract_dir, limits, program, user)
    try:
        status = os.pipe()
        filter_ = _readable(filter_code)
        command = cage.arguments(room, pieces, limits, status=status[1], filter_=filter_)
        return supervisor.supervise(command, limits, user=user, status=status, filter_=filter_)
    finally:
        cage.clear(room)


def _readable(data: bytes) -> int:
    """A descriptor that gives `data` and ends. It must fit a pipe's buffer, which a filter does by far."""
    ours, theirs = os.pipe()
    os.write(theirs, data)
    os.close(theirs)
    return ours


def _failure(study: Study, ended: supervisor.Ended, *, explain: bool) -> InputRefused | LimitBreached:
    words = ended.log.decode("utf-8", "replace").strip()[:2000]
    said = f": {words}" if explain and words else ""
    mend = "Mend the step. It reads only the study's own tables: no other file and no network."
    if ended.code == EXIT_MEMORY:
        return LimitBreached(Reason("limit-memory", f"The study needs more memory than it may have{said}", mend=mend))
    if ended.code == EXIT_SPACE:
        return LimitBreached(Reason("limit-space", f"The study writes more than its two folders hold{said}", mend=mend))
    if ended.code == EXIT_TABLE:
        where = f"table {study.table.name}"
        return InputRefused(Reason("study-table-failed", f"The person table could not be read{said}", where, mend))
    if ended.code == EXIT_FILE:
        where, mend = (study.file.file if study.file else ""), "Leave a plain file of that name in /out."
        return InputRefused(Reason("study-file-failed", f"The declared file could not be read{said}", where, mend))
    step = ended.code - EXIT_STEP
    where = study.steps[step - 1].path if 1 <= step <= len(study.steps) else "program"
    return InputRefused(Reason("study-step-failed", f"A step of the study failed{said}", where, mend))
