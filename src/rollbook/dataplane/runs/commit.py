"""That the files of a study are those of a commit: shown by git's own objects, not by anybody's word.

A commit names a tree, a tree the digests of its files and folders. So the bytes of a commit and of the trees down to
the study's folder prove, to whoever has the files, that this commit holds exactly these files there. The objects name
the committer: they are looked at and thrown away, and only the commit's name is kept.

Format: git's objects (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects); SHA-1, or SHA-256 in repositories of
that kind. A name by SHA-1 can be given to other files by somebody who prepared both: the study's own SHA-256 stands
beside it.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rollbook.kernel.refusals import InputRefused, Reason

COMMIT_FILE: Final = "study.commit"
MAX_BYTES: Final = 256 * 1024
_TREE = re.compile(rb"tree ([0-9a-f]{40}|[0-9a-f]{64})\n")
_MEMBER = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0")
_FOLDER_MODE = b"40000"
_PLAIN_MODES = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class CommitProof:
    """A commit's body, the bodies of trees below it, and the folder in which the study lies (empty: the top)."""

    commit: bytes
    trees: Sequence[bytes]
    folder: str

    def dumps(self) -> bytes:
        """The file that goes with a study."""
        trees = [b64encode(one).decode() for one in self.trees]
        return json.dumps({"commit": b64encode(self.commit).decode(), "trees": trees, "folder": self.folder}).encode()

    @classmethod
    def loads(cls, data: bytes) -> "CommitProof":
        """Read the file.

        Raises:
            InputRefused: code `commit-form`.
        """
        try:
            form = json.loads(data) if len(data) <= MAX_BYTES else {}
            trees = [b64decode(one, validate=True) for one in form["trees"]]
            return cls(b64decode(form["commit"], validate=True), trees, str(form["folder"]))
        except (ValueError, KeyError, TypeError, Base64Error, RecursionError) as error:
            raise _refused("commit-form", "The proof of the commit cannot be read") from error

    def name(self, files: Mapping[str, bytes]) -> str:
        """The commit's name, if it holds exactly these bytes under these paths of its folder.

        Raises:
            InputRefused: codes `commit-form`, `commit-files`.
        """
        top = _TREE.match(self.commit)
        if top is None:
            raise _refused("commit-form", "The proof of the commit cannot be read")
        kind = "sha1" if len(top[1]) == 40 else "sha256"
        known = {_named(kind, b"tree", body): body for body in self.trees}
        for path, data in files.items():
            parts = [part for part in f"{self.folder}/{path}".split("/") if part]
            if _at(known, top[1].decode(), parts, kind) != _named(kind, b"blob", data):
                raise _refused("commit-files", "The commit holds another file, or none, in this place", path)
        return _named(kind, b"commit", self.commit)


def _at(known: Mapping[str, bytes], tree: str, parts: Sequence[str], kind: str) -> str | None:
    """The name of the file at a path, None where the trees show none."""
    here: str | None = tree
    for place, part in enumerate(parts):
        modes = _PLAIN_MODES if place == len(parts) - 1 else (_FOLDER_MODE,)
        body = known.get(here or "")
        members = _members(body, 20 if kind == "sha1" else 32) if body is not None else iter(())
        here = next((name for mode, called, name in members if called == part.encode() and mode in modes), None)
    return here


def _members(tree: bytes, size: int) -> Iterator[tuple[bytes, bytes, str]]:
    """Mode, name and digest of each member of a tree."""
    at = 0
    while (found := _MEMBER.match(tree, at)) is not None:
        at = found.end() + size
        yield found[1], found[2], tree[found.end() : at].hex()


def _named(kind: str, what: bytes, body: bytes) -> str:
    # Git's name for an object; that SHA-1 alone is weak is said above.
    return hashlib.new(kind, what + b" %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def _refused(code: str, message: str, where: str = COMMIT_FILE) -> InputRefused:
    mend = "Commit the study as it is and make the zip with `rollbook study pack DIR`, or send the files without it."
    return InputRefused(Reason(code, message, re.sub(r"[^\w./-]", "?", where[:60]), mend))
