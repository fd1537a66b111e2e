"""`rollbook study check` says what would stop a study inside, with the file and the line."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rollbook.cli.study import app
from rollbook.kernel.refusals import Family, InputRefused
from rollbook.services.outside.study_check import problems
from rollbook.services.outside.study_local import make_dummy, new_study, read_mappings


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The example, as it is written."""
    new_study(tmp_path / "mine")
    return tmp_path / "mine"


def line_of(file: Path, words: str) -> int:
    """The line of `file` in which `words` stand."""
    return next(place for place, line in enumerate(file.read_text().splitlines(), 1) if words in line)


def places(folder: Path) -> list[tuple[str, int, str]]:
    return [(problem.file, problem.line, problem.code) for problem in problems(folder)]


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_items_no_project_can_have_are_named_where_they_stand(study: Path) -> None:
    change(study / "study.toml", '"sex", ', '"sex",\n  "surname",\n  "no-such-item", ')
    at = line_of(study / "study.toml", "surname")
    assert places(study) == [
        ("study.toml", at, "item-not-for-study"),
        ("study.toml", at + 1, "item-not-for-study"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "mark", "code"),
    [
        ('name = "people"', 'name = "Peo ple"', "name =", "study-table"),
        ('sql = "steps/02-people.sql"', 'sql = "../people.sql"', None, "study-path"),
        ('title = "', 'title = "a@example.org ', None, "text-email"),
    ],
)
def test_a_wrong_key_is_named_with_its_line(study: Path, old: str, new: str, mark: str | None, code: str) -> None:
    change(study / "study.toml", old, new)
    found = [problem for problem in problems(study) if problem.code == code]
    assert [problem.file for problem in found] == ["study.toml"]
    if mark:
        assert found[0].line == line_of(study / "study.toml", mark)


def test_sql_that_cannot_be_read_is_named_with_its_line(study: Path) -> None:
    (study / "steps" / "01-meals.sql").write_text("-- one\nCREATE TABLE meals AS\nSELECT ppid FORM pupil WHERE;\n")
    assert places(study) == [("steps/01-meals.sql", 3, "study-grammar")]


def test_python_that_cannot_be_read_or_imports_what_is_not_there_is_named_with_its_line(study: Path) -> None:
    change(study / "study.toml", 'sql = "steps/01-meals.sql"', 'python = "steps/01.py"')
    (study / "steps" / "01.py").write_text("import polars\nimport json\nimport requests\n")
    assert places(study) == [("steps/01.py", 3, "study-package")]
    (study / "steps" / "01.py").write_text("a = 1\nb = (\n")
    assert places(study) == [("steps/01.py", 2, "study-grammar")]


def test_a_small_group_is_found_by_running_it(study: Path) -> None:
    list(make_dummy(study, people=1500, seed=1))
    assert places(study) == []
    step = study / "steps" / "02-people.sql"
    change(step, "'Boys'", "CASE WHEN p.ppid < '002' THEN 'Few' ELSE 'Boys' END")
    found = problems(study)
    assert {problem.code for problem in found} == {"sdc"}
    assert {problem.line for problem in found} == {line_of(study / "study.toml", "[table]")}
    assert any("sex = Few" in str(problem) for problem in found)


def test_the_command_ends_with_the_code_for_bad_input(study: Path) -> None:
    (study / "steps" / "01-meals.sql").write_text("SELEC 1")
    result = CliRunner().invoke(app, ["check", str(study)])
    assert isinstance(result.exception, InputRefused)
    assert result.exception.family == Family.INPUT
    assert result.output.strip().startswith("steps/01-meals.sql:1: study-grammar: ")


def test_a_model_of_a_loaded_collection_is_checked_as_inside(tmp_path: Path) -> None:
    examples = Path(__file__).parents[3] / "examples"
    folder = tmp_path / "mine"
    shutil.copytree(examples / "studies" / "exam-variance-components", folder)
    mappings = read_mappings([examples / "collections" / "exam.toml"])
    assert [problem.code for problem in problems(folder)] == ["item-not-for-study"] * 3
    list(make_dummy(folder, people=400, seed=1, clean=True, mappings=mappings))
    assert problems(folder, mappings) == ()
    # Nobody but one has a second term, and it is said by the rule that would stop it inside.
    change(folder / "study.toml", '["reading"]', '["reading", "alone"]')
    change(folder / "people.sql", "AS reading,", "AS reading, (ppid = (SELECT min(ppid) FROM exam))::INTEGER AS alone,")
    found = problems(folder, mappings)
    assert {problem.message.split(":")[0] for problem in found} == {"SDC-TERM", "SDC-LEVERAGE"}
    assert {problem.line for problem in found} == {line_of(folder / "study.toml", "[table]")}


def test_a_file_by_exception_is_read_as_inside_and_its_warnings_told(study: Path) -> None:
    toml = (study / "study.toml").read_text().partition("[table]")[0]
    why = "The platform fits no mixture of two groups, and the share of each is what the question is about."
    file = f'[file]\nname = "mixture"\nformat = "csv"\ncolumns = ["part", "share"]\nreason = "{why}"\n'
    (study / "study.toml").write_text(toml + file)
    step = study / "steps" / "02-people.sql"
    rows = "COPY (SELECT '{}' AS part, {} AS share) TO '/out/mixture.csv' (FORMAT csv, HEADER);"
    step.write_text(rows.format("first", 3))
    list(make_dummy(study, people=200, seed=1))
    at = line_of(study / "study.toml", "[file]")
    found = problems(study)
    assert [(one.line, one.code, one.stops) for one in found] == [
        (at, "file-not-allowed", False), (at, "file-by-hand", False), (at, "small-counts", False)
    ]  # fmt: skip
    ran = CliRunner().invoke(app, ["check", str(study)])
    assert (ran.exit_code, "people judge by hand" in ran.stdout) == (0, True)
    ran = CliRunner().invoke(app, ["run", str(study)])
    assert (ran.exit_code, "first,3" in ran.stdout, "Warning: " in ran.stdout) == (0, True, True)
    step.write_text(rows.format("first  part", 3))
    assert places(study) == [("study.toml", at, "file-label")]
