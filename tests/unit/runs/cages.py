"""Running attacks inside the sandbox, from root and from an ordinary user.

Where the tests run as root each attack runs twice: from root, and from a child that first became an ordinary user, in a
folder it owns. Where they run as an ordinary user there is only that user to run as.
"""

import os
import pickle
import pwd
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from rollbook.dataplane.runs import cage, runtime, sandbox
from rollbook.dataplane.runs.limits import MIB, Limits
from rollbook.dataplane.runs.study import Study

CALLERS = ("root", "ordinary") if os.geteuid() == 0 else ("ordinary",)
PEOPLE = tuple(f"{number:032x}" for number in range(400))
SMALL = Limits(
    memory=400 * MIB,
    processes=40,
    wall_seconds=60,
    cpu_seconds=20,
    out=6 * MIB,
    scratch=8 * MIB,
    file=64 * MIB,
    stream=MIB,
)


def make_study(sql: str = "CREATE TABLE people AS SELECT ppid, sex FROM pupil") -> Study:
    """A study of one step."""
    form = b'title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "steps/01.sql"\n'
    table = b'[table]\nname = "people"\ndimensions = ["sex"]\nmeasure = "count"\n'
    return Study.from_files({"study.toml": form + table, "steps/01.sql": sql.encode()})


def make_python_study(code: str) -> Study:
    """A study of one step in Python."""
    form = b'title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\npython = "steps/01.py"\n'
    table = b'[table]\nname = "people"\ndimensions = ["sex"]\nmeasure = "count"\n'
    return Study.from_files({"study.toml": form + table, "steps/01.py": code.encode()})


def make_extract(folder: Path, pupils: int = len(PEOPLE)) -> Path:
    """So many invented pupils, half of each sex."""
    extract = folder / "extract"
    extract.mkdir()
    values = "printf('%032x', i) AS ppid, CASE WHEN i % 2 = 0 THEN 'F' ELSE 'M' END AS sex"
    rows = f"SELECT {values} FROM range({pupils}) t(i)"
    duckdb.execute(f"COPY ({rows}) TO '{extract}/pupil.parquet'")
    return extract


def run_program(study: Study, extract: Path, limits: Limits, program: bytes | None) -> bytes:
    """What is done by default: the whole of a run."""
    return sandbox.run_study(study, extract, limits, program=program, explain=True)


def attack(
    caller: str,
    program: str | None = None,
    *,
    limits: Limits = SMALL,
    study: Study | None = None,
    deed: Callable[[Study, Path, Limits, bytes | None], Any] = run_program,
    pupils: int = len(PEOPLE),
) -> Any:
    """Run a Python `program` (or the study's SQL) inside, called by `caller`: the stream, or what the run raised."""
    folder = Path(tempfile.mkdtemp(prefix="rollbook-test-", dir=runtime._open_place()))
    try:
        given = (study or make_study(), make_extract(folder, pupils), limits, program.encode() if program else None)
        if os.geteuid() != 0 or caller == "root":
            return deed(*given)
        return as_ordinary_user(folder, lambda: deed(*given))
    finally:
        shutil.rmtree(folder)


def as_ordinary_user(folder: Path, deed: Callable[[], Any]) -> Any:
    """Do `deed` in a child that is `nobody` and owns `folder`, which is its temporary folder."""
    # Whatever lies in root's own folders is read before the child may no longer.
    runtime.runtime()
    runtime.runtime(frozenset({"python"}))
    cage._inside("launch.py"), cage._inside("steps.py")
    nobody = pwd.getpwnam("nobody")
    for place in (folder, *folder.rglob("*")):
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        answer: tuple[bool, Any]
        try:
            os.setgroups([])
            os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
            os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
            tempfile.tempdir = str(folder)
            answer = (True, deed())
        except BaseException as error:
            reasons = getattr(error, "reasons", None)
            answer = (False, (type(error), reasons if reasons else str(error)))
        os.write(theirs, pickle.dumps(answer))
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        done, value = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    if done:
        return value
    raise value[0](value[1])
