"""The commit of a study is what git says it is: made by git itself here, and every way to claim another is refused."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rollbook.dataplane.runs.commit import COMMIT_FILE, MAX_BYTES, CommitProof
from rollbook.dataplane.runs.study import read_study
from rollbook.kernel.refusals import InputRefused
from rollbook.services.outside.study_local import new_study
from rollbook.services.outside.study_pack import pack
from rollbook.services.studies.study_upload import files_of


def git(folder: Path, *words: str) -> str:
    named = {
        f"GIT_{who}_{what}": "pell@rollbook.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    env = {**os.environ, **named, "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(
        ["git", *words], cwd=folder, env=env, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(params=["sha1", "sha256"])
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A study two folders down in a repository with other files, committed."""
    git(tmp_path, "init", "-q", f"--object-format={request.param}")
    folder = tmp_path / "work" / "meals"
    new_study(folder)
    (tmp_path / "other.txt").write_text("x")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    return folder


def refused(proof: CommitProof, files: dict[str, bytes]) -> str:
    with pytest.raises(InputRefused) as no:
        proof.name(files)
    return no.value.reasons[0].code


def test_the_commit_is_the_one_git_names_and_no_file_but_its_own_passes(study: Path, tmp_path: Path) -> None:
    packed = pack(study, tmp_path / "meals.zip")
    assert packed.commit == git(study, "rev-parse", "HEAD")
    files = files_of({"meals.zip": packed.file.read_bytes()})
    proof = CommitProof.loads(files.pop(COMMIT_FILE))
    assert files == dict(read_study(study).files)
    assert proof.name(files) == packed.commit
    path = sorted(files)[-1]
    assert refused(proof, {**files, path: files[path] + b"\n-- other"}) == "commit-files"
    assert refused(proof, {**files, "more.sql": b"SELECT 1"}) == "commit-files"
    for wrong in (
        replace(proof, folder="work"), replace(proof, folder=""), replace(proof, trees=proof.trees[:1]),
        replace(proof, trees=[one + b"100644 more.sql\0" + b"x" * 32 for one in proof.trees]),
    ):  # fmt: skip
        assert refused(wrong, files) == "commit-files"
    # Another commit body has another name, whoever writes it.
    assert replace(proof, commit=proof.commit + b"more").name(files) != packed.commit
    assert refused(replace(proof, commit=b"parent"), files) == "commit-form"


def test_files_that_were_not_committed_as_they_are_are_not_packed(study: Path, tmp_path: Path) -> None:
    toml = study / "study.toml"
    toml.write_text(toml.read_text() + "# later\n")
    with pytest.raises(InputRefused, match="another file"):
        pack(study, tmp_path / "meals.zip")


def test_without_a_repository_there_is_a_zip_and_no_commit(tmp_path: Path) -> None:
    new_study(tmp_path / "meals")
    packed = pack(tmp_path / "meals", tmp_path / "meals.zip")
    assert packed.commit == ""
    assert COMMIT_FILE not in files_of({"meals.zip": packed.file.read_bytes()})


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"commit": 1, "trees": [], "folder": ""}', b"[" * 99_999,
                                  b'{"commit": "!", "trees": [], "folder": ""}', b" " * (MAX_BYTES + 1)])  # fmt: skip
def test_what_is_no_proof_is_refused(data: bytes) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        CommitProof.loads(data)
