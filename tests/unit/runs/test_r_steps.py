"""R steps: refused with the reason where the machine has no R; where it has, they run in the same sandbox."""

import shutil
from pathlib import Path

import pytest

from rollbook.dataplane.runs import runtime
from rollbook.dataplane.runs.limits import MIB, Limits
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import RollbookError, SetupFailed
from rollbook.services.outside.study_check import problems
from tests.unit.runs.cages import CALLERS, attack

ROOM = Limits(memory=1024 * MIB, wall_seconds=120, scratch=64 * MIB, out=64 * MIB)
HAS_R = runtime.no_r() is None
FORM = b"""title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "a.sql"\n[[steps]]\nr = "b.r"\n[[steps]]
sql = "c.sql"\n[table]\nname = "people"\ndimensions = ["sex"]\nmeasure = "count"\n"""
BEFORE = r"""CREATE TYPE stage AS ENUM ('KS2', 'KS1');
CREATE TABLE girls AS SELECT ppid, sex, DATE '2012-02-29' AS born, TIMESTAMP '2026-01-02 03:04:05.5' AS seen,
7::INTEGER AS years, 9007199254740992::BIGINT AS large, 9007199254740993::BIGINT AS larger, 1e300 / 3 AS share,
true AS yes, 12.50::DECIMAL(6, 2) AS points, 'KS1'::stage AS stage, NULL::DATE AS never, '' AS blank,
'a "b"' || chr(10) || ', c' AS said FROM pupil WHERE sex = 'F'"""
GIRLS = r"""
girls <- read_table("girls")
stopifnot(is.character(girls$ppid), nrow(girls) == 200, nchar(girls$ppid) == 32)
one <- girls[1, ]
stopifnot(
  one$born == as.Date("2012-02-29"), inherits(one$seen, "POSIXct"), abs(as.numeric(one$seen) %% 60 - 5.5) < 1e-6,
  identical(one$years, 7L), identical(one$large, 2^53), identical(one$larger, "9007199254740993"),
  identical(one$share, 1e300 / 3), isTRUE(one$yes), identical(one$points, 12.5), is.na(one$never), one$blank == "",
  identical(levels(one$stage), c("KS2", "KS1")), one$stage == "KS1", one$said == "a \"b\"\n, c"
)
model <- lm(y ~ x, data.frame(x = 1:20, y = 3 * (1:20) + 1))
stopifnot(abs(coef(model)[["x"]] - 3) < 1e-9)
girls$sex <- "Girls"
girls$share[2] <- NA
write_table(head(girls, 50), "few")
"""
AFTER = """CREATE TABLE people AS SELECT ppid,
CASE WHEN [typeof(born), typeof(seen), typeof(years), typeof(large), typeof(larger), typeof(share), typeof(yes),
typeof(points), typeof(stage), typeof(said)] = ['DATE', 'TIMESTAMP', 'INTEGER', 'DOUBLE', 'VARCHAR', 'DOUBLE',
'BOOLEAN', 'DOUBLE', 'ENUM(''KS2'', ''KS1'')', 'VARCHAR'] AND never IS NULL AND blank = '' AND said LIKE '%c'
AND seen = TIMESTAMP '2026-01-02 03:04:05.5' AND (SELECT count(share) = 49 AND max(share) = 1e300 / 3 FROM few)
THEN sex ELSE error('not as it was left') END AS sex FROM few"""


def study(code: str) -> Study:
    files = {
        "study.toml": FORM,
        "a.sql": BEFORE.encode(),
        "b.r": code.encode(),
        "c.sql": AFTER.encode(),
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
