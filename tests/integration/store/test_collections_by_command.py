"""The commands that define and load a collection: what they print, and how they end when a file is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rollbook.cli.mapped import define, load
from rollbook.kernel.refusals import Family
from tests import collection_ground as ground
from tests.census_ground import empty_store


@pytest.fixture(autouse=True)
def store(db: None) -> None:
    empty_store()


def run(*words: str) -> Any:
    import typer

    app = typer.Typer()
    app.command("define")(define)
    app.command("load")(load)
    return CliRunner().invoke(app, list(words))


def test_a_collection_is_defined_and_loaded_by_command(tmp_path: Path) -> None:
    mapping, data = tmp_path / "exam.toml", tmp_path / "exam.csv"
    mapping.write_bytes(ground.mapping("exam"))
    data.write_bytes(ground.as_csv("exam"))
    assert "exam-london is defined, with 10 items, 9 of them its own." in run("define", str(mapping)).output
    ground.opened(ground.mapping("exam"))
    done = run("load", str(mapping), str(data), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["rows"] == 4059
    data.write_bytes(ground.as_csv("exam").replace(b",mixed,", b",boarding,", 1))
    refused = run("load", str(mapping), str(data))
    assert refused.exit_code == Family.INPUT
    assert "line 2, schgend" in refused.output
    assert "boarding" not in refused.output


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert "The file cannot be read" in str(run("define", str(tmp_path / "none.toml")).exception)
