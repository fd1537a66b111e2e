"""Every defect planted is caught by the rules named for it, in the file, pupil and line named, and nothing else is."""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rollbook.dataplane.census.generator.defects import DEFECTS, share_of
from rollbook.dataplane.census.generator.make import Order, make_up
from rollbook.kernel.refusals import InputRefused
from rollbook.services.outside.check import FileReport, check_files
from rollbook.services.outside.generate import generate_returns

WANTED = dict.fromkeys(DEFECTS, 3) | {"name-typo": 0.005}
TERMS = ("aut-2025", "spr-2026", "sum-2026")
TWINS = ("twins", "same-name-twins")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("returns")
    wanted = out / "wanted.toml"
    wanted.write_text("".join(f"{kind} = {count}\n" for kind, count in WANTED.items()))
    generate_returns(pupils=2_400, schools=8, out=out, defects=wanted, seed=11, terms=TERMS)
    return out


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[dict[str, Any]]:
    read = json.loads((folder / "truth.json").read_text())
    assert read["collections"] == [f"sc-{term}" for term in TERMS]
    return list(read["defects"])


@pytest.fixture(scope="module")
def reports(folder: Path) -> dict[str, FileReport]:
    files = {term: sorted((folder / term).glob("*.xml")) for term in TERMS}
    return {f"{term}/{report.name}": report for term, paths in files.items() for report in check_files(paths).files}


def test_the_truth_names_every_defect(folder: Path, truth: list[dict[str, Any]]) -> None:
    for term in TERMS:
        counts = Counter(defect["kind"] for defect in truth if defect["term"] == term)
        assert counts.pop("name-typo") == 12
        assert {kind: n for kind, n in counts.items() if kind not in TWINS} == {
            kind: 3 for kind in DEFECTS if kind not in (*TWINS, "name-typo")
        }
        assert counts["twins"] == counts["same-name-twins"] == 3 or term != TERMS[0]
    for defect in truth:
        assert defect["upn"] in (folder / defect["file"]).read_text()


def test_rules_catch_what_was_planted_and_nothing_else(
    truth: list[dict[str, Any]], reports: dict[str, FileReport]
) -> None:
    expected = Counter(
        (one["file"], one["rule"], one["pupil_no"], one["line"])
        for defect in truth
        for one in defect["expects"]
        if one["rule"] != "PT-041"
    )
    found = Counter(
        (path, issue.rule, issue.pupil_no, issue.line)
        for path, report in reports.items()
        for issue in report.issues
        if issue.rule != "PT-041"
    )
    assert found == expected
    assert sum(expected.values()) > 50


def test_items_that_may_not_be_sent_are_counted(truth: list[dict[str, Any]], reports: dict[str, FileReport]) -> None:
    planted = Counter(defect["file"] for defect in truth if "PT-041" in defect["rules"])
    dropped = Counter({path: sum(one.count for one in report.dropped) for path, report in reports.items()})
    assert +dropped == planted


def test_the_line_of_a_defect_is_the_line_of_the_pupil(folder: Path, truth: list[dict[str, Any]]) -> None:
    for defect in truth:
        lines = (folder / defect["file"]).read_text().splitlines()
        assert re.fullmatch(" +<Pupil(NoLonger)?OnRoll>", lines[defect["line"] - 1])
        assert any(f"<UPN>{defect['upn']}</UPN>" in line for line in lines[defect["line"] : defect["line"] + 3])


def test_linkage_defects_leave_a_record_of_what_was(folder: Path, truth: list[dict[str, Any]]) -> None:
    moved = [d for d in truth if d["kind"] in ("surname-change", "dob-swap", "postcode-move") and d["other_laestab"]]
    assert len(moved) > 15
    with (folder / "people.csv").open() as file:
        left = {(row["person"], row["file"]) for row in csv.DictReader(file) if row["roll"] == "left"}
    for defect in moved:
        other = f"{defect['term']}/{defect['other_laestab']}-{defect['term']}.xml"
        assert (defect["person"], other) in left
        assert defect["was"] in (folder / other).read_text() or (
            defect["kind"] == "postcode-move"
            and not defect["term"].startswith("aut")  # no home of leavers is asked then
        )


@pytest.mark.parametrize(
    "text",
    ['{"no-such": 1}', '{"twins": -1}', '{"twins": "many"}', '{"twins": true}', "[1]", "not json", '{"twins": 1e9}'],
)
def test_a_file_of_defects_that_makes_no_sense_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wanted.json"
    path.write_text(text)
    with pytest.raises(InputRefused) as refused:
        generate_returns(pupils=100, schools=1, out=tmp_path / "out", defects=path)
    assert refused.value.reasons[0].mend
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["dual-registration", "reused-upn-elsewhere", "late-leaver"])
def test_more_defects_than_pupils_are_refused(kind: str) -> None:
    with pytest.raises(InputRefused):
        make_up(Order(30, 1), {kind: 60})


@pytest.mark.parametrize("value", [7, 0.003])
def test_the_authorities_shares_of_a_defect_add_up(value: float) -> None:
    sizes = [900, 50, 1, 3_000, 49]
    parts = [share_of({"twins": value}, sum(sizes[:n]), size, 4_000) for n, size in enumerate(sizes)]
    assert sum(part.get("twins", 0) for part in parts) == (7 if value == 7 else 12)


def test_every_defect_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/invented-returns.md").read_text()
    documented = {
        name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`([a-z-]+)`", line)
    }
    assert documented == set(DEFECTS)
