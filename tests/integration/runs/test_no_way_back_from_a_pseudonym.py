"""Nothing of a project leads from its pseudonym to a person: no table, no file, no deed holds both."""

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.conf import settings

import rollbook
from rollbook.records.models.identity import Person
from rollbook.records.models.studies import Run
from rollbook.services.platform.keys import Keys, open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.studies import run_inside
from tests import run_ground as ground

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def names_of(project: str) -> list[bytes]:
    with people_zone():
        keys = list(Person.objects.values_list("key", flat=True))
    return open_keys(settings.ROLLBOOK).pseudonymise(project, keys)


def test_no_row_and_no_file_keeps_a_pseudonym(log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    inner = run_inside.run_study

    def watched(study: Any, folder: Path, limits: Any) -> Any:
        seen.extend(pq.read_table(folder / "pupil.parquet", columns=["ppid"])["ppid"].to_pylist())
        return inner(study, folder, limits)

    monkeypatch.setattr(run_inside, "run_study", watched)
    project = ground.project(log)
    run = ground.executed(ground.study(project))
    log.write()
    assert run.state == Run.DONE
    pseudonyms = names_of(project)
    # The test looks for the right thing: these are what the study saw.
    assert set(seen) == {one.hex() for one in pseudonyms}

    wanted = re.compile(b"|".join(re.escape(form) for one in pseudonyms for form in (one, one.hex().encode())))
    with people_zone():
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label == "records":
                for row in model._default_manager.values_list():
                    assert not wanted.search(repr(row).encode()), model
    for root in (settings.ROLLBOOK.data, settings.ROLLBOOK.scratch, settings.ROLLBOOK.study):
        for path in Path(root).rglob("*"):
            if path.is_file():
                assert not wanted.search(path.read_bytes()), path


def test_an_extract_has_the_pseudonym_and_nothing_that_names_its_person(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns: set[str] = set()
    values: set[str] = set()

    def watched(study: Any, folder: Path, limits: Any) -> Any:
        for path in folder.iterdir():
            table = pq.read_table(path)
            columns.update(table.column_names)
            values.update(str(one) for column in table.columns for one in column.to_pylist())
        return inner(study, folder, limits)

    inner = run_inside.run_study
    monkeypatch.setattr(run_inside, "run_study", watched)
    ground.executed(ground.study(ground.project(log)))
    assert columns == {"ppid", "sex"}
    with people_zone():
        keys = {str(key) for key in Person.objects.values_list("key", flat=True)}
    assert keys
    assert not values & keys


def test_no_model_of_a_project_points_at_a_person_and_no_column_is_for_a_pseudonym() -> None:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label == "records"]
    identity = {model for model in models if model._meta.db_table.startswith('"identity"')}
    assert Person in identity
    names = [(model.__name__, field.name) for model in models for field in model._meta.fields]
    assert not [one for one in names if re.search("ppid|pseudonym", "".join(one), re.IGNORECASE)]
    projects = {"Project", "Study", "Run", "Output", "Verdict", "Release", "Draw", "Request"}
    for model in models:
        if model.__name__ in projects:
            assert not [field for field in model._meta.fields if field.related_model in identity]


def test_the_keys_turn_people_into_pseudonyms_for_an_extract_and_never_back() -> None:
    source = Path(rollbook.__file__).parent
    callers = {path.name for path in source.rglob("*.py") if ").pseudonymise" in path.read_text()}
    # The extract itself; and the pairs that a regulator needs, which leave for the overseer alone and lie nowhere.
    assert callers == {"run_inside.py", "openings.py"}
    # Whoever adds a deed with a project's key must look here: none of these takes a pseudonym.
    assert {name for name in vars(Keys) if re.search("pseud|project|sample", name)} == {
        "create_project_key", "pseudonymise", "sample_marks", "sample_commitment", "destroy_project_key"
    }  # fmt: skip
