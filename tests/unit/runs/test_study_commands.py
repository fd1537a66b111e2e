"""`rollbook study` on a researcher's own machine: a new study works at once, and a bad table is stopped there."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rollbook.cli.study import app
from rollbook.kernel.refusals import Family, InputRefused, RollbookError, UseRefused

RUNNER = CliRunner()


def call(*words: str) -> str:
    """Run a command; gives what it printed or raises its refusal."""
    result = RUNNER.invoke(app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.output


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The example, with its dummy data."""
    folder = tmp_path / "mine"
    call("new", str(folder))
    call("dummy", str(folder), "--people", "1500")
    return folder


def test_the_example_passes_as_it_is(study: Path) -> None:
    words = call("run", str(study))
    assert "Passed" in words
    assert "Girls" in words
    assert "invented data" in words


def test_a_small_cell_stops_the_table_and_is_named(study: Path) -> None:
    step = study / "steps" / "02-people.sql"
    step.write_text(step.read_text().replace("'Boys'", "CASE WHEN p.ppid < '002' THEN 'Few' ELSE 'Boys' END"))
    with pytest.raises(UseRefused) as refusal:
        call("run", str(study))
    assert refusal.value.family == Family.REFUSED
    words = str(refusal.value)
    assert "SDC-THRESHOLD: sex = Few" in words
    assert "below 10" in words


def test_a_step_that_fails_is_named_with_the_engine_s_words(study: Path) -> None:
    (study / "steps" / "01-meals.sql").write_text("SELECT no_such_column FROM pupil")
    with pytest.raises(InputRefused) as refusal:
        call("run", str(study))
    [reason] = refusal.value.reasons
    assert reason.where == "steps/01-meals.sql"
    assert "no_such_column" in reason.message


def test_a_run_needs_dummy_data(tmp_path: Path) -> None:
    call("new", str(tmp_path / "mine"))
    with pytest.raises(InputRefused) as refusal:
        call("run", str(tmp_path / "mine"))
    assert refusal.value.reasons[0].code == "no-dummy"


def test_a_new_study_overwrites_nothing(study: Path) -> None:
    before = (study / "study.toml").read_bytes()
    with pytest.raises(RollbookError) as refusal:
        call("new", str(study))
    assert refusal.value.reasons[0].code == "study-exists"
    assert (study / "study.toml").read_bytes() == before


def test_dummy_data_is_no_part_of_what_is_submitted(study: Path) -> None:
    from rollbook.dataplane.runs.study import read_study

    assert set(read_study(study).files) == {"study.toml", "steps/01-meals.sql", "steps/02-people.sql"}


def test_the_commands_need_no_django() -> None:
    program = "import sys, rollbook.cli.study; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
