"""Every defect planted is caught by the rules named for it, where it was planted, and nothing else is."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from rollbook.dataplane.census.generator.defects import DEFECTS
from rollbook.dataplane.census.generator.make import Order, make_up
from rollbook.kernel.refusals import InputRefused
from rollbook.services.check import check_files
from rollbook.services.generate import generate_returns

WANTED = dict.fromkeys(DEFECTS, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("returns")
    wanted = out / "wanted.toml"
    wanted.write_text("".join(f"{kind} = {count}\n" for kind, count in WANTED.items()))
    generate_returns(pupils=3_000, schools=8, out=out, defects=wanted, seed=11)
    return out


def test_the_truth_names_every_defect(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text())
    assert truth["collection"] == "sc-spr-2025"
    assert Counter(defect["kind"] for defect in truth["defects"]) == WANTED
    for defect in truth["defects"]:
        assert (folder / defect["file"]).exists()
        assert defect["upn"] in (folder / defect["file"]).read_text()


def test_rules_catch_what_was_planted_and_nothing_else(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text())["defects"]
    report = check_files(sorted(folder.glob("*.xml")))
    found = Counter((one.name, issue.rule) for one in report.files for issue in one.issues)
    expected: Counter[tuple[str, str]] = Counter()
    for defect in truth:
        files = [defect["file"]]
        if defect["kind"] == "reused-upn-elsewhere":  # both schools are told: neither can know who is right
            files.append(f"{defect['other_laestab']}-spr-2025.xml")
        expected.update((file, rule) for file in files for rule in defect["rules"])
    dropped = {key for key in expected if key[1] == "PT-041"}
    assert {key: n for key, n in found.items() if key not in dropped} == {
        key: n for key, n in expected.items() if key not in dropped
    }
    counts = Counter()
    for one in report.files:
        for discard in one.dropped:
            counts[one.name, discard.rule] += discard.count
    assert counts == {key: expected[key] for key in dropped}


def test_the_line_of_a_finding_is_the_line_of_the_pupil(folder: Path) -> None:
    (first, *_) = [d for d in json.loads((folder / "truth.json").read_text())["defects"] if d["kind"] == "check-letter"]
    lines = (folder / first["file"]).read_text().splitlines()
    (report,) = check_files([folder / first["file"]]).files
    told = [issue for issue in report.issues if issue.rule == "PT-015"]
    assert any(first["upn"] in "".join(lines[issue.line - 1 : issue.line + 3]) for issue in told)


def test_linkage_defects_leave_a_record_of_what_was(folder: Path) -> None:
    for defect in json.loads((folder / "truth.json").read_text())["defects"]:
        if defect["kind"] in ("surname-change", "dob-swap", "postcode-move") and defect["other_laestab"]:
            assert defect["was"]
            other = (folder / f"{defect['other_laestab']}-spr-2025.xml").read_text()
            assert defect["upn"] in other


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


def test_every_defect_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/invented-returns.md").read_text()
    documented = {
        name for line in page.splitlines() if line.startswith("| `") for name in re.findall(r"`([a-z-]+)`", line)
    }
    assert documented == set(DEFECTS)
