"""`rollbook check` says which form it read, and its CSV report runs nothing in a spreadsheet."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rollbook.cli.check import app
from rollbook.dataplane.census.examples import edited
from rollbook.dataplane.census.parsed import Form
from rollbook.services.outside.check import check_files
from rollbook.services.outside.check_csv import findings_csv
from tests import forms

FILES = forms.every_form()


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_each_form_is_named(tmp_path: Path) -> None:
    paths = []
    for kind, data in FILES.items():
        paths.append(tmp_path / kind)
        paths[-1].write_bytes(data)
    code, said = run(*paths)
    assert code == 0, said
    for form in Form:
        assert f"Read as {form.value}." in said
    assert {one["form"] for one in json.loads(run("--json", *paths)[1])["files"]} == {form.value for form in Form}


def test_a_finding_in_a_zip_names_its_table(tmp_path: Path) -> None:
    path = tmp_path / "tables"
    path.write_bytes(forms.zipped(forms.flat_members(("P2/PupilIdentifiers/Sex = X",))))
    code, said = run(path)
    assert code == 3
    assert "pupilonroll.csv, line 3: sex, pupil 2" in said


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_the_csv_report_is_a_formula(tmp_path: Path, mark: str) -> None:
    path = tmp_path / f"{mark}cmd|' !A0.xml"
    path.write_bytes(edited((f"P1/PupilIdentifiers/Surname = {mark}1+1", "P1/PupilIdentifiers/Sex = X")))
    broken = tmp_path / f"{mark}HYPERLINK(x)"
    broken.write_bytes(b"nothing")
    report = findings_csv(check_files([path, broken]))
    rows = list(csv.reader(io.StringIO(report)))
    assert {row[3] for row in rows[1:]} >= {"PT-025", "format-unknown"}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


def test_the_csv_report_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(edited(("P1/PupilIdentifiers/Sex = X",)))
    code, said = run("--csv", path)
    assert code == 3
    (row,) = csv.DictReader(io.StringIO(said))
    assert (row["rule"], row["severity"], row["file"], row["pupil_no"]) == ("PT-025", "error", "bad", "1")
    assert "Sample" not in said


def test_a_terminal_obeys_no_name(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J.zip"
    members = forms.flat_members(("S/SchoolName = St\x9b2JInvented",))
    members["school.csv"] = members["school.csv"].replace("\x9b".encode(), b"")
    path.write_bytes(forms.zipped(members))
    shown = run(path)[1] + run("--csv", path)[1]
    assert "\x1b" not in shown
    path.write_bytes(edited(("S/SchoolName = St\x9b2JInvented",)))
    assert "\x9b" not in run(path)[1]
