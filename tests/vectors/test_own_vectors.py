"""The vectors of what the project mended in its specification: the files are as generated, and the program agrees."""

from pathlib import Path
from typing import Any

import pytest

from rollbook.kernel.refusals import VerificationFailed
from rollbook.services.outside import verify_release
from rollbook.tlog.audit import audit
from rollbook.tlog.duties import overdue
from rollbook.tlog.totals import recount
from tests.vectors.log_data import vectors
from tests.vectors.own_vectors import DATA, FILES, ORIGIN, text_of


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_as_generated(name: str) -> None:
    assert (DATA / f"{name}.json").read_text(encoding="utf-8") == text_of(name)


@pytest.mark.parametrize("case", vectors("duties")["cases"], ids=lambda case: case["why"])
def test_what_is_overdue_on_a_day(case: dict[str, Any]) -> None:
    history, faults = audit([entry.encode() for entry in case["entries"]], ORIGIN)
    assert faults == ()
    assert [[one.code, one.index, one.due] for one in overdue(history, case["day"])] == case["overdue"]


@pytest.mark.parametrize("case", vectors("totals")["cases"], ids=lambda case: case["why"])
def test_totals_add_up_or_not(case: dict[str, Any]) -> None:
    history, faults = audit([entry.encode() for entry in case["entries"]], ORIGIN)
    assert faults == ()
    assert len(recount(history, len(case["entries"]) - 1)) == case["faults"]


@pytest.mark.parametrize("case", vectors("gathered")["cases"], ids=lambda case: case["why"])
def test_which_references_gathered_rows_reach(case: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(case["rows"], newline="")
    if case["pairs"]:
        (tmp_path / "pairs.csv").write_text(case["pairs"], newline="")
    if case["reached"] is None:
        with pytest.raises(VerificationFailed):
            verify_release._gathered(tmp_path / "rows.csv", tmp_path)
        return
    assert sorted(ref.hex() for ref in verify_release._gathered(tmp_path / "rows.csv", tmp_path)) == case["reached"]
