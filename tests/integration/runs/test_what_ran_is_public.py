"""The version of a study that ran stands in the log before its first use, and everybody reads its files and commit."""

import hashlib
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.accounts import Site
from rollbook.records.models.studies import Run, Study
from rollbook.services.log import reader
from rollbook.services.outputs import releases
from rollbook.services.outside.study_pack import pack
from rollbook.services.register.uses import uses
from rollbook.services.studies import runs, studies
from tests import grounds
from tests import run_ground as ground
from tests.people import RESEARCHER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def packed(folder: Path) -> tuple[bytes, str]:
    """The study of these tests as a researcher sends it in from a repository, and the commit."""
    for path, data in ground.STUDY.items():
        (folder / path).write_bytes(data)
    who = {
        f"GIT_{one}_{what}": "pell@rollbook.invalid" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=folder, env={**os.environ, **who}, check=True)
    made = pack(folder, folder.with_suffix(".zip"))
    return made.file.read_bytes(), made.commit


def test_from_a_repository_to_the_public_run_log(log: ground.Writer, tmp_path: Path, client: Any) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    data, commit = packed(folder)
    project = ground.project(log)
    study = studies.submit(by=actor_of(RESEARCHER), project_ref=project, files={"study.zip": data})
    digest = Study.objects.get().digest
    assert client.get(f"/register/studies/{digest}/").status_code == 404, "nothing of it has run"
    run = ground.executed(study)
    ground.executed(study)

    (use, again) = sorted(uses(), key=lambda line: line.index)
    assert (use.study, use.commit, again.commit) == (digest, commit, commit)
    assert None not in (use.started, use.ended)
    assert str(use.people) == "at most 1,024"
    assert use.items == ("sex",)
    listed = json.loads(client.get("/register/uses.json").content)
    assert {line["commit"] for line in listed} == {commit}
    # The log has the digests of the very files, before the use itself, and once for both runs.
    (paper,) = [one for one in reader.entries("publication") if one.fields["title"].startswith("What runs under")]
    assert paper.index < use.index
    text = Study.objects.select_related("publication").get().publication.body
    for path, file in ground.STUDY.items():
        assert f"{hashlib.sha256(file).hexdigest()}  {path}" in text
    assert commit in text
    assert "pell" not in text + json.dumps(Study.objects.values("files", "commit").get())

    page = client.get(f"/register/studies/{digest}/").content.decode()
    for words in (commit, digest, "people.sql", "&lt; &#39;8&#39;", f"/register/papers/{paper.id}/"):
        assert words in page
    assert f"/register/studies/{digest}/" in client.get("/register/uses/").content.decode()
    ground.approved_by_both(run.outputs.get().reference)
    releases.release(run.outputs.get().id)
    (table,) = releases.released_tables()
    assert (table.digest, table.commit, json.loads(table.record)["study_commit"]) == (digest, commit, commit)


def test_without_a_repository_nothing_is_claimed(log: ground.Writer, client: Any) -> None:
    run = ground.executed(ground.study(ground.project(log)))
    assert run.study.commit == ""
    assert "None was shown" in client.get(f"/register/studies/{run.study.digest}/").content.decode()


def test_a_commit_of_other_files_is_refused_and_keeps_nothing(log: ground.Writer, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    data, _ = packed(folder)
    other = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as sent, zipfile.ZipFile(other, "w") as changed:
        for name in sent.namelist():
            changed.writestr(name, sent.read(name) + (b"-- x\n" if name.endswith(".sql") else b""))
    project = ground.project(log)
    with pytest.raises(InputRefused, match="another file"):
        studies.submit(by=actor_of(RESEARCHER), project_ref=project, files={"study.zip": other.getvalue()})
    assert not Study.objects.exists()


def test_a_run_that_the_gate_refuses_publishes_no_code(log: ground.Writer, client: Any) -> None:
    study = ground.study(ground.project(log))
    number = ground.run(study)
    Site.objects.update(ended_on=grounds.days(0))
    runs.execute(number)
    assert Run.objects.get(id=number).state == Run.REFUSED
    assert client.get(f"/register/studies/{Study.objects.get().digest}/").status_code == 404
