"""The page of `rollbook check --html`: everything to mend, no value of a pupil, no script, nothing fetched."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner

from rollbook.cli.check import app
from rollbook.dataplane.census.examples import edited
from rollbook.services.outside.check import check_files
from rollbook.services.outside.check_html import findings_html

EDITS = (
    "P1/PupilIdentifiers/UPN = B801200005002",
    "P2/PupilStatus/NCyearActual = 11",
    "+ P1/PupilCharacteristics <Nationality>ZZSECRET</Nationality>",
)
VALUES = ("Sample", "Specimen", "Instance", "Exampleton", "B801200005002", "5002", "ZZSECRET", "2015-03-27")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    bad, letter = tmp_path / "bad.xml", tmp_path / "letter<b>.xml"
    bad.write_bytes(edited(EDITS))
    letter.write_bytes(b"Dear all, the return is late")
    return [bad, letter]


def page_of(files: list[Path]) -> str:
    return findings_html(check_files(files))


def test_it_says_what_is_wrong_where_and_how_to_mend_it(files: list[Path]) -> None:
    page = page_of(files)
    root = html.fromstring(page)
    report = check_files(files).files[0]
    rows = [[cell.text_content().strip() for cell in row] for row in root.iter("tr")]
    for issue in report.issues:
        pupil = "first of its kind" if issue.severity == "dropped" else str(issue.pupil_no)
        assert [str(issue.line), pupil, issue.field] in rows
        assert issue.mend in root.text_content()
    for rule, severity in (("PT-015", "error"), ("PT-048", "query"), ("PT-041", "dropped")):
        assert any(row[0] == rule and row[2:] == [severity, "1"] for row in rows if len(row) == 4)


def test_a_file_that_is_no_return_is_told_clearly(files: list[Path]) -> None:
    text = html.fromstring(page_of(files)).text_content()
    assert "This file cannot be read as a return" in text
    assert "format-unknown" in text


def test_no_value_of_a_pupil_stands_in_it(files: list[Path]) -> None:
    page = page_of(files)
    assert [value for value in VALUES if value in page] == []


def test_nothing_runs_and_nothing_is_fetched(files: list[Path]) -> None:
    page = page_of(files)
    root = html.fromstring(page)
    tags = {element.tag for element in root.iter() if isinstance(element.tag, str)}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "b&gt;"})
    assert all(anchor.get("href", "").startswith("#") for anchor in root.iter("a"))
    assert not re.search(r"https?:|//|url\(|@import| on[a-z]+=", page)
    assert "default-src 'none'" in page
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {anchor.get("href", "")[1:] for anchor in root.iter("a")} <= set(ids)


def test_the_name_of_a_file_is_no_markup(files: list[Path]) -> None:
    assert "letter&lt;b&gt;.xml" in page_of(files)


def test_the_command_writes_it_and_never_over_a_return(files: list[Path], tmp_path: Path) -> None:
    out, before = tmp_path / "report.html", files[0].read_bytes()
    result = CliRunner().invoke(app, [str(files[0]), "--html", str(out)])
    assert result.exit_code == 3
    assert out.read_text().startswith("<!DOCTYPE html>")
    result = CliRunner().invoke(app, [str(files[0]), "--html", str(files[0])])
    assert "report-place" in {reason.code for reason in getattr(result.exception, "reasons", ())}
    assert files[0].read_bytes() == before


def test_it_needs_no_django_and_opens_no_connection(files: list[Path], tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def no_network(*given, **named):\n    raise AssertionError('a connection was opened')\n"
        "socket.socket.__init__ = socket.getaddrinfo = no_network\n"
        "from rollbook.cli.check import app\n"
        "try:\n    app([sys.argv[1], '--html', sys.argv[2]])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'ssl', 'http')])"
    )
    out = tmp_path / "out.html"
    done = subprocess.run([sys.executable, "-c", code, str(files[0]), str(out)], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1:], out.exists()) == (0, ["[]"], True), done.stderr
