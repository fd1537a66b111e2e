"""What the overseer does with a sealed package, on a machine of their own: open it with the private key. No Django."""

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.services.platform import overseer
from rollbook.tlog.manifests import read_manifest
from rollbook.tlog.seals import manifest_commit, open_seal
from rollbook.tlog.trie import Trie


def pack(files: Mapping[str, bytes]) -> bytes:
    """Files by name as one package."""
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return package.getvalue()


def unpack(package: bytes) -> dict[str, bytes]:
    """The files of a package by name.

    Raises:
        InputRefused: code `package`.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(package)) as archive:
            members = [(member.name, archive.extractfile(member)) for member in archive if member.isfile()]
            return {name: file.read() for name, file in members if file is not None and "/" not in name}
    except tarfile.TarError:
        raise InputRefused(Reason("package", "This is no package of Rollbook")) from None


def check_case(*, opened: Path, entry: bytes) -> str:
    """Hold an opened case against its sealed entry (V10), before anything is told; gives the reference of the case.

    Raises:
        InputRefused: the folder holds no opened case. VerificationFailed: code `seal`, `manifest` or `set`.
    """
    fields = canonical.loads(entry)
    try:
        facts = canonical.loads((opened / "facts.json").read_bytes())
        store, body = (opened / "set").read_bytes(), canonical.dumps(facts["body"])
        manifest, salt, reference = unb64(facts["manifest"]), unb64(facts["salt"]), str(facts["case"])
        commit, root, logged = fields["commit"], fields["set"]["root"], fields["manifest"]
    except (OSError, KeyError, TypeError, InputRefused):
        raise InputRefused(Reason("case-files", "These are not the opened files of a case and its entry")) from None
    open_seal(commit, salt, body)
    if manifest_commit(manifest) != logged or read_manifest(manifest)["did"] != fields["did"]:
        raise VerificationFailed(Reason("manifest", "The manifest is not the one that was logged"))
    if b64(Trie.from_store(store).root()) != root:
        raise VerificationFailed(Reason("set", "The set is not the one that was logged"))
    return reference


def open_package(*, package: Path, key: Path, to: Path) -> tuple[str, ...]:
    """Open `package` with the private key in the folder `key` into the folder `to`; gives the names of the files.

    A package of a sealed case holds files that are sealed one by one; each is opened.

    Raises:
        InputRefused: it is no package. VerificationFailed: it was sealed for another key, or was changed.
    """
    data = package.read_bytes()
    if package.suffix == ".case":
        files = {name: overseer.unseal(key, sealed) for name, sealed in unpack(data).items()}
    else:
        files = unpack(overseer.unseal(key, data))
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, plain in files.items():
        with os.fdopen(os.open(to / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(plain)
    return tuple(files)
