"""A study's files are written by strangers: each way to smuggle or confuse is refused, and told how to mend it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rollbook.dataplane.runs import folder as folders
from rollbook.dataplane.runs.study import MAX_FILE_BYTES, Study, read_study
from rollbook.kernel.refusals import InputRefused

FORM = """
title = "Sex of pupils"
purpose = "To count."
project = "P-7"
items = ["sex", "nc-year"]

[[steps]]
sql = "steps/01.sql"

[table]
name = "people"
dimensions = ["sex"]
measure = "count"
"""
SQL = "CREATE TABLE people AS SELECT ppid, sex FROM pupil"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A good study's folder."""
    (tmp_path / "study" / "steps").mkdir(parents=True)
    (tmp_path / "study" / "study.toml").write_text(FORM)
    (tmp_path / "study" / "steps" / "01.sql").write_text(SQL)
    return tmp_path / "study"


def refusal_of(deed: Callable[[], object]) -> set[str]:
    with pytest.raises(InputRefused) as refusal:
        deed()
    assert all(reason.mend and reason.message for reason in refusal.value.reasons)
    return {reason.code for reason in refusal.value.reasons}


def test_a_good_study_is_read_alike_from_a_folder_and_from_its_files(place: Path) -> None:
    study = read_study(place)
    assert study == Study.from_files({"steps/01.sql": SQL.encode(), "study.toml": FORM.encode()})
    assert study.table.dimensions == ("sex",)
    assert study.items == ("sex", "nc-year")
    assert [step.path for step in study.steps] == ["steps/01.sql"]
    assert len(study.sha256) == 32


def test_the_digest_changes_with_any_byte_and_any_name() -> None:
    one = Study.from_files({"steps/01.sql": SQL.encode(), "study.toml": FORM.encode()})
    other = Study.from_files({"steps/01.sql": SQL.encode() + b" ", "study.toml": FORM.encode()})
    form = FORM.replace("steps/01.sql", "steps/02.sql").encode()
    renamed = Study.from_files({"steps/02.sql": SQL.encode(), "study.toml": form})
    assert len({one.sha256, other.sha256, renamed.sha256}) == 3


def linked_step(place: Path) -> None:
    (place / "steps" / "01.sql").unlink()
    (place / "steps" / "01.sql").symlink_to("/etc/passwd")


def linked_folder(place: Path) -> None:
    (place / "elsewhere").mkdir()
    (place / "more").symlink_to(place / "elsewhere")


def linked_form(place: Path) -> None:
    (place / "study.toml").unlink()
    (place / "study.toml").symlink_to("/etc/hostname")


def pipe_for_a_step(place: Path) -> None:
    (place / "steps" / "01.sql").unlink()
    os.mkfifo(place / "steps" / "01.sql")


@pytest.mark.parametrize("change", [linked_step, linked_folder, linked_form, pipe_for_a_step])
def test_links_and_pipes_anywhere_are_refused(place: Path, change: Callable[[Path], None]) -> None:
    change(place)
    assert refusal_of(lambda: read_study(place)) == {"study-link"}


def test_a_link_to_the_folder_itself_is_refused(place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place)
    assert refusal_of(lambda: read_study(tmp_path / "link")) == {"study-folder"}


def test_too_many_files_are_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_ENTRIES", 3)
    assert read_study(place)
    (place / "one-more.txt").write_text("x")
    assert refusal_of(lambda: read_study(place)) == {"study-too-many"}


def test_too_large_a_file_is_refused(place: Path) -> None:
    (place / "steps" / "01.sql").write_bytes(b"-" * (MAX_FILE_BYTES + 1))
    assert refusal_of(lambda: read_study(place)) == {"study-too-large"}


def test_too_much_in_all_is_refused_before_it_is_read(place: Path) -> None:
    for number in range(2, 8):
        (place / "steps" / f"0{number}.sql").write_bytes(b"-" * MAX_FILE_BYTES)
    assert refusal_of(lambda: read_study(place)) == {"study-too-large"}


def test_a_file_the_study_does_not_name_cannot_be_submitted_with_it() -> None:
    files = {"study.toml": FORM.encode(), "steps/01.sql": SQL.encode(), "steps/99.sql": b"SELECT 1"}
    assert refusal_of(lambda: Study.from_files(files)) == {"study-extra-file"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("steps/01.sql", "../01.sql", "study-path"),
        ("steps/01.sql", "/etc/passwd", "study-path"),
        ("steps/01.sql", "steps/../../x.sql", "study-path"),
        ("steps/01.sql", "a/b/c.sql", "study-path"),
        ("steps/01.sql", "steps/01.SQL", "study-path"),
        ("steps/01.sql", "steps\\\\01.sql", "study-path"),
        ("steps/01.sql", "steps/none.sql", "study-missing"),
        ('sql = "steps/01.sql"', 'sql = "steps/01.sql"\nshell = "rm"', "study-unknown-key"),
        ('project = "P-7"', 'project = "P-7"\nnetwork = true', "study-unknown-key"),
        ('measure = "count"', 'measure = "count"\nout = "/tmp"', "study-unknown-key"),
        ('measure = "count"', 'measure = "kurtosis"', "study-measure"),
        ('measure = "count"', "", "study-measure"),
        ('name = "people"', 'name = "people; DROP"', "study-table"),
        ('name = "people"', "name = 7", "study-table"),
        ('["sex"]', "[]", "study-list"),
        ('["sex"]', '["ppid"]', "study-ppid"),
        ('["sex"]', '["sex", "sex"]', "study-twice"),
        ('["sex"]', '["a", "b", "c", "d", "e"]', "study-list"),
        ('["sex"]', '["se\\"x"]', "study-list"),
        ('["sex", "nc-year"]', '["../x"]', "study-list"),
        ('title = "Sex of pupils"', 'title = ""', "study-text"),
        ('title = "Sex of pupils"', "", "study-text"),
        ("[[steps]]", "[steps]", "study-steps"),
        ('title = "Sex of pupils"', "title = ", "study-toml"),
        ('title = "Sex of pupils"', "x = " + "[" * 5000, "study-toml"),
    ],
)
def test_a_wrong_form_is_named(old: str, new: str, code: str) -> None:
    form = FORM.replace(old, new, 1)
    assert form != FORM
    assert refusal_of(lambda: Study.from_files({"study.toml": form.encode(), "steps/01.sql": SQL.encode()})) == {code}


def test_all_faults_are_told_at_once() -> None:
    form = FORM.replace('"count"', '"kurtosis"').replace('"To count."', "5").replace("steps/01.sql", "../x.sql")
    found = refusal_of(lambda: Study.from_files({"study.toml": form.encode()}))
    assert found == {"study-measure", "study-text", "study-path"}


@pytest.mark.parametrize("sql", [b"", b"  \n", b"SELECT '\xff'", b"SELECT 1\0"])
def test_a_step_that_is_not_text_is_refused(sql: bytes) -> None:
    assert refusal_of(lambda: Study.from_files({"study.toml": FORM.encode(), "steps/01.sql": sql})) == {
        "study-encoding"
    }


@pytest.mark.parametrize("files", [{}, {"steps/01.sql": b"SELECT 1"}])
def test_no_form_no_study(files: dict[str, bytes]) -> None:
    assert refusal_of(lambda: Study.from_files(files)) == {"study-missing"}
