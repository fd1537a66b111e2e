"""`rollbook check` and `rollbook generate`: exit codes, plain words, no value of a pupil, no Django."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rollbook.cli.check import app as check_app
from rollbook.cli.generate import app as generate_app
from rollbook.dataplane.census.examples import edited, model_return
from rollbook.dataplane.census.rules import RULES
from rollbook.dataplane.census.untrusted import Limits
from rollbook.services.outside.check import check_files
from rollbook.services.outside.generate import generate_returns

BAD = ("P1/PupilIdentifiers/UPN = B801200005002", "+ P1/PupilCharacteristics <Nationality>ZZSECRET</Nationality>")
SAID = ("Sample", "Specimen", "Instance", "Exampleton", "B801200005002", "ZZSECRET", "2015-03-27")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xml"
    path.write_bytes(model_return())
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.xml"
    path.write_bytes(edited(BAD))
    return path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(check_app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_a_good_return_exits_0(good: Path) -> None:
    code, said = run(good)
    assert code == 0
    assert "Synthetic Primary" in said
    assert "3 on roll, 1 left" in said
    assert "all would be taken" in said


def test_a_bad_return_exits_3_and_says_how_to_mend_it(good: Path, bad: Path) -> None:
    code, said = run(good, bad)
    assert code == 3
    for words in ("PT-015", "UPN check letter is wrong", "mistyped", "PT-041", "errors 1", "1 would be refused"):
        assert words in said


def test_json_holds_the_same(bad: Path) -> None:
    code, said = run("--json", bad)
    assert code == 3
    (report,) = json.loads(said)["files"]
    assert (report["ok"], report["laestab"], report["collection"]) == (False, "2013999", "sc-spr-2025")
    assert [issue["rule"] for issue in report["issues"]] == ["PT-015", "PT-041"]
    assert all(issue["mend"] and issue["line"] > 1 for issue in report["issues"])


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_value_of_a_pupil_is_printed(bad: Path, form: tuple[str, ...]) -> None:
    _, said = run(*form, bad)
    assert not any(value in said for value in SAID)


def test_files_that_cannot_be_read_are_told_beside_the_others(good: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.xml"
    cut.write_bytes(model_return()[:3000])
    code, said = run(good, cut, tmp_path / "missing.xml")
    assert code == 3
    assert "The file ends before its last element is closed" in said
    assert "The file cannot be opened" in said
    assert "2 would be refused" in said


def test_many_findings_are_cut_short_and_can_be_had_whole(tmp_path: Path) -> None:
    path = tmp_path / "many.xml"
    path.write_bytes(edited(tuple(f"{pupil}/PupilIdentifiers/Sex = X" for pupil in ("P1", "P2", "P3", "L1"))))
    assert "and 2 more" in run("--limit", 2, path)[1]
    assert "more" not in run("--limit", 0, path)[1].replace("One or more", "")


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    (report,) = check_files([path]).files
    assert report.refused[0].code == "file-too-large"
    assert check_files([path], limits=Limits(max_bytes=1)).files[0].refused


def test_one_upn_on_two_rolls_is_told_to_both(good: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_bytes(edited(("H/Source/Estab = 3998", "- P2", "- P3")))
    report = check_files([good, other])
    assert [[issue.rule for issue in one.issues] for one in report.files] == [["PT-016"], ["PT-016"]]


def test_the_same_school_twice_is_not_elsewhere(good: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xml"
    again.write_bytes(good.read_bytes())
    assert check_files([good, again]).ok


def test_markup_in_a_school_name_is_only_text(tmp_path: Path) -> None:
    path = tmp_path / "[bold].xml"
    path.write_bytes(edited(("S/SchoolName = [red]St [/red] [unclosed",)))
    code, said = run(path)
    assert code == 0
    assert "[red]St [/red] [unclosed" in said


def test_progress_is_told(good: Path) -> None:
    seen: list[tuple[int, int]] = []
    check_files([good, good], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_check_needs_no_django_and_no_network() -> None:
    program = (
        "import sys, rollbook.cli.check, rollbook.cli.generate;"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('django', 'duckdb', 'psycopg', 'deltalake')"
        " or m in ('http.client', 'rollbook.records')];"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_generate_then_check(tmp_path: Path) -> None:
    out = tmp_path / "returns"
    arguments = ["returns", "--pupils", "200", "--schools", "2", "--out", str(out)]
    made = CliRunner().invoke(generate_app, arguments)
    assert made.exit_code == 0, made.output
    assert "2 returns" in made.output
    assert run(*sorted(out.glob("*.xml")))[0] == 0
    assert not (out / "truth.json").exists()


@pytest.mark.parametrize(
    ("term", "name"), [("spr-2025", "spr-2025"), ("SUM-2025", "sum-2025"), ("AUT-2025", "aut-2025")]
)
def test_generate_names_files_by_school_and_term(tmp_path: Path, term: str, name: str) -> None:
    made = generate_returns(pupils=60, schools=1, out=tmp_path, terms=[term])
    assert [file.path.name for file in made.files] == [f"2013000-{name}.xml"]
    assert 55 <= made.files[0].on_roll <= 65


def test_generate_refuses_a_term_that_does_not_exist(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        generate_app, ["returns", "--pupils", "60", "--out", str(tmp_path), "--terms", "win-2025"]
    )
    assert type(result.exception).__name__ == "InputRefused"


def test_generate_refuses_a_folder_it_cannot_make(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(generate_app, ["returns", "--pupils", "60", "--out", str(tmp_path / "file" / "x")])
    assert type(result.exception).__name__ == "InputRefused"


def test_the_rules_are_counted_by_kind_and_listed() -> None:
    code, said = run("--rules")
    assert code == 0
    assert f"{len(RULES)} rules." in said
    listed = json.loads(run("--rules", "--json")[1])
    assert [one["id"] for one in listed] == list(RULES)
    assert all(one["source"] and one["returns"] and one["mend"] for one in listed)
    assert run("--rules", "--csv")[1].count("\n") == len(RULES) + 1
    for kind, count in Counter(number.partition("-")[0] for number in RULES).items():
        assert re.search(rf"{count} .*{kind}-", said)


def test_without_a_file_the_command_says_what_it_needs() -> None:
    code, said = run()
    assert code == 2
    assert "Name at least one file" in said
