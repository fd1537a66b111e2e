"""`rollbook study pack`: a study as one zip to send in, with proof of the commit it stands in where there is one."""

import io
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rollbook.dataplane.runs.commit import COMMIT_FILE, CommitProof
from rollbook.dataplane.runs.study import Study, read_study

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Packed:
    """The zip, the digest that names this version, and the commit: empty outside a repository."""

    file: Path
    digest: str
    commit: str


def pack(folder: Path, to: Path) -> Packed:
    """Write the study in `folder` into the zip `to`.

    Raises:
        InputRefused: the study's form is wrong, or (code `commit-files`) its files are not as they were committed.
    """
    study = read_study(folder)
    proof = _proof(folder, study)
    commit = proof.name(study.files) if proof else ""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(study.files.items()):
            archive.writestr(path, data)
        if proof:
            archive.writestr(COMMIT_FILE, proof.dumps())
    to.write_bytes(packed.getvalue())
    return Packed(to, study.sha256.hex(), commit)


def _proof(folder: Path, study: Study) -> CommitProof | None:
    """The last commit of the repository that `folder` lies in, with the trees down to the study's files."""
    if shutil.which("git") is None or _git(folder, "rev-parse", "--verify", "-q", "HEAD") is None:
        return None
    below = (_git(folder, "rev-parse", "--show-prefix") or b"").decode().strip().strip("/")
    folders = {PurePosixPath(below, path).parent for path in study.files}
    wanted = {one for folder_ in folders for one in (folder_, *folder_.parents)}
    trees = [_git(folder, "cat-file", "tree", f"HEAD:{'' if one == PurePosixPath('.') else one}") for one in wanted]
    commit = _git(folder, "cat-file", "commit", "HEAD")
    return CommitProof(commit or b"", [one for one in trees if one is not None], below)


def _git(folder: Path, *words: str) -> bytes | None:
    # No repository makes git run a program of its own while it shows an object; whatever is shown is verified.
    command = ["git", "-c", "core.fsmonitor=false", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
    return done.stdout if done.returncode == 0 else None
