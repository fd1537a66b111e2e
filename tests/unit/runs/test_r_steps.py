"""R steps: refused with the reason where the machine has no R; where it has, they run in the same sandbox."""

import shutil
from pathlib import Path

import pytest

from rollbook.dataplane.runs import runtime
from rollbook.dataplane.runs.limits import MIB, Limits
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import RollbookError, SetupFailed
from rollbook.services.study_check import problems
from tests.unit.runs.cages import CALLERS, attack

ROOM = Limits(memory=1024 * MIB, wall_seconds=120, scratch=64 * MIB, out=64 * MIB)
HAS_R = runtime.no_r() is None
FORM = b"""title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "a.sql"\n[[steps]]\nr = "b.r"\n[[steps]]
sql = "c.sql"\n[table]\nname = "people"\ndimensions = ["sex"]\nmeasure = "count"\n"""
GIRLS = """
girls <- read_table("girls")
stopifnot(is.character(girls$ppid), nrow(girls) == 200, nchar(girls$ppid) == 32)
model <- lm(y ~ x, data.frame(x = 1:20, y = 3 * (1:20) + 1))
stopifnot(abs(coef(model)[["x"]] - 3) < 1e-9)
girls$sex <- "Girls"
write_table(head(girls, 50), "few")
"""


def study(code: str) -> Study:
    files = {
        "study.toml": FORM,
        "a.sql": b"CREATE TABLE girls AS SELECT ppid, sex FROM pupil WHERE sex = 'F'",
        "b.r": code.encode(),
        "c.sql": b"CREATE TABLE people AS SELECT ppid, sex FROM few",
    }
    return Study.from_files(files)


def run(code: str, caller: str = CALLERS[0]) -> tuple[str, str]:
    """The stream of a study with this R step, or the code and words of its refusal."""
    try:
        return "", attack(caller, study=study(code), limits=ROOM).decode()
    except RollbookError as refused:
        return refused.reasons[0].code, refused.reasons[0].message


@pytest.mark.parametrize("caller", CALLERS)
def test_r_works_between_two_sql_steps_or_the_run_says_that_there_is_none(caller: str) -> None:
    code, told = run(GIRLS, caller)
    if HAS_R:
        lines = told.splitlines()
        assert (code, len(lines), lines[0]) == ("", 51, "ppid\tsex")
        assert all(len(line) == 32 + len("\tGirls") and line.endswith("\tGirls") for line in lines[1:])
    else:
        assert (code, told) == ("no-r", "Rscript is not on this machine")


ATTEMPTS = """
stopped <- function(deed) tryCatch({ force(deed); FALSE }, error = function(fault) TRUE)
stopifnot(
  stopped(suppressWarnings(socketConnection("127.0.0.1", 80))),
  stopped(suppressWarnings(readLines("/etc/passwd"))),
  stopped(suppressWarnings(writeLines("x", "/study/left.txt"))),
  stopped(if (suppressWarnings(system("true")) != 0) stop("no shell")),
  stopped(read_table("nothing"))
)
stop("each was stopped")
"""


def test_what_a_step_may_not_do_is_stopped_and_a_step_that_stops_is_named() -> None:
    code, told = run(ATTEMPTS)
    assert code == ("study-step-failed" if HAS_R else "no-r")
    assert ("each was stopped" in told) == HAS_R


def test_without_r_the_check_says_so_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bare machine, whatever this one is."""
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "Rscript" else which(name))
    for path, data in study(GIRLS).files.items():
        (tmp_path / path).write_bytes(data)
    (found,) = problems(tmp_path)
    assert str(found).startswith("b.r: no-r: Rscript is not on this machine.")
    with pytest.raises(SetupFailed, match="Rscript is not on this machine"):
        runtime.runtime(frozenset({"r"}))


def test_r_in_a_place_the_sandbox_does_not_see_is_no_r(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/local/bin/{name}")
    monkeypatch.setattr(runtime, "R_HOMES", ("/nowhere/R",))
    reason = runtime.no_r()
    assert reason is not None
    assert reason.where == "/nowhere/R"
