"""Python steps run beside SQL in the sandbox, with packages of their own and nothing of Rollbook's."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rollbook.dataplane.runs import runtime
from rollbook.dataplane.runs.limits import MIB, Limits
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import InputRefused, LimitBreached, SetupFailed
from tests.unit.runs.cages import CALLERS, attack, make_python_study

ROOT = Path(__file__).parents[3]
ROOM = Limits(memory=1024 * MIB, wall_seconds=120, scratch=64 * MIB, out=64 * MIB)

# Five libraries on one extract: each result feeds the next, so that none can be missing.
LIBRARIES = """
import numpy, pandas, polars, sklearn.linear_model, statsmodels.api
rows = polars.read_parquet("/extract/pupil.parquet").sort("ppid")
girls = (rows["sex"] == "F").to_numpy().astype(float)
place = numpy.arange(len(girls), dtype=float)
line = statsmodels.api.OLS(girls, statsmodels.api.add_constant(place)).fit()
tree = sklearn.linear_model.LogisticRegression().fit(place.reshape(-1, 1), girls)
frame = pandas.DataFrame({"ppid": rows["ppid"].to_list(), "sex": rows["sex"].to_list()})
assert len(line.params) == 2 and tree.coef_.shape == (1, 1)
con.register("people", frame)
"""


@pytest.mark.parametrize("caller", CALLERS)
def test_the_five_libraries_work_inside(caller: str) -> None:
    lines = attack(caller, study=make_python_study(LIBRARIES), limits=ROOM).decode().splitlines()
    assert lines[0] == "ppid\tsex"
    assert len(lines) == 401


def test_sql_and_python_hand_tables_to_each_other() -> None:
    form = """title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\nsql = "a.sql"\n[[steps]]\npython = "b.py"
[[steps]]\nsql = "c.sql"\n[table]\nname = "people"\ndimensions = ["sex"]\nmeasure = "count"\n"""
    files = {
        "study.toml": form,
        "a.sql": "CREATE TABLE girls AS SELECT ppid, 'Girls' AS sex FROM pupil WHERE sex = 'F'",
        "b.py": "print('words go nowhere')\nframe = con.sql('FROM girls LIMIT 50').pl()\ncon.register('few', frame)",
        "c.sql": "CREATE TABLE people AS SELECT * FROM few",
    }
    study = Study.from_files({path: text.encode() for path, text in files.items()})
    lines = attack(CALLERS[0], study=study, limits=ROOM).decode().splitlines()
    assert len(lines) == 51
    assert all(line.endswith("\tGirls") for line in lines[1:])


def test_a_step_that_fails_is_named_with_its_line() -> None:
    with pytest.raises(InputRefused) as refusal:
        attack(CALLERS[0], study=make_python_study("a = 1\n\ndef f():\n    return a / 0\n\nf()\n"), limits=ROOM)
    [reason] = refusal.value.reasons
    assert (reason.code, reason.where) == ("study-step-failed", "steps/01.py")
    assert "line 4: ZeroDivisionError" in reason.message


@pytest.mark.parametrize("code", ["import sys; sys.exit(0)", "raise KeyboardInterrupt", "def ("])
def test_leaving_early_is_a_failed_step(code: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        attack(CALLERS[0], study=make_python_study(code), limits=ROOM)
    assert refusal.value.reasons[0].code == "study-step-failed"


def test_memory_in_a_library_is_a_breach_of_the_limit() -> None:
    code = "import numpy\nheld = [numpy.ones(1 << 24) for _ in range(99)]"
    with pytest.raises(LimitBreached) as refusal:
        attack(CALLERS[0], study=make_python_study(code), limits=ROOM)
    assert refusal.value.reasons[0].code == "limit-memory"


def test_nothing_of_the_platform_is_there() -> None:
    code = """
import importlib.util
found = [name for name in ("rollbook", "django", "psycopg", "cryptography", "deltalake", "pyroaring", "rbcl", "splink",
                           "procrastinate", "typer", "pytest") if importlib.util.find_spec(name)]
assert found == [], found
con.execute("CREATE TABLE people AS SELECT ppid, sex FROM pupil")
"""
    assert attack(CALLERS[0], study=make_python_study(code), limits=ROOM)


def test_without_its_packages_a_python_step_is_refused_and_sql_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "study_packages", lambda: None)
    runtime._runtime.cache_clear()
    try:
        with pytest.raises(SetupFailed) as refusal:
            runtime.runtime(frozenset({"python"}))
        assert runtime.runtime().mounts
    finally:
        runtime._runtime.cache_clear()
    [reason] = refusal.value.reasons
    assert (reason.code, reason.mend) == ("no-study-packages", "Install them with `make study`.")


def test_the_lock_is_pinned_by_hash_names_no_host_and_shares_duckdb_with_the_platform() -> None:
    lock = (ROOT / "requirements-study.lock").read_text()
    assert "://" not in lock
    pins = [line for line in lock.splitlines() if "==" in line]
    assert lock.count("--hash=sha256:") >= len(pins) > 10
    own = next(line for line in (ROOT / "requirements.lock").read_text().splitlines() if line.startswith("duckdb=="))
    assert own in pins
    platform = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert not any(name.startswith(("statsmodels", "scikit-learn", "polars")) for name in platform)


def test_the_installed_packages_are_those_of_the_lock() -> None:
    folder = runtime.study_packages()
    assert folder is not None
    assert folder.is_relative_to(Path(sys.prefix).resolve()) or folder.is_relative_to(sys.prefix)
    lock = (ROOT / "requirements-study.lock").read_text()
    program = (
        f"import importlib.metadata as m\nfor d in m.distributions(path=[{str(folder)!r}]): print(d.name, d.version)"
    )
    listed = subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        name, version = line.lower().replace("_", "-").split()
        assert f"\n{name}=={version}" in f"\n{lock}", name
