"""What does not fit in memory while a study's rows are counted lies where only this process's user reads it."""

import stat
from pathlib import Path

import pytest

from rollbook.dataplane.runs.engine import open_engine, spill_folder


def test_rows_that_do_not_fit_go_to_a_closed_folder_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_engine(60) as engine:
        engine.execute("CREATE TEMP TABLE t AS SELECT 'pupil ' || i AS name FROM range(2000000) r(i)")
        engine.sql("SELECT count(*) FROM (SELECT name, count(*) FROM t GROUP BY name)").fetchall()
        spilt = list(Path(spill_folder()).iterdir())
    assert spilt, "memory held everything, so nothing was tried"
    assert stat.S_IMODE(Path(spill_folder()).stat().st_mode) == 0o700
    assert not list(tmp_path.iterdir())
