"""A log of three months with every kind of set-bearing entry, and a pupil's proof files, made with keys of its own.

`story()` is what an honest authority gives out; the table of tamperings changes copies of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256, unb64
from rollbook.tlog import bundle, labels, notes, seals, vrf
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.history import History
from rollbook.tlog.reading import Log, read_log
from rollbook.tlog.tiles import Tiles, bundle_paths
from rollbook.tlog.trie import ALGORITHM, Trie
from rollbook.tlog.trust import parse_policy

ORIGIN = "log.example.gov.uk/rollbook"
NOW = 1_795_000_000  # 18 November 2026
PUPIL, OTHER = "upn:V999400026000", "upn:J999400026001"
SECRETS = {"2026-09": (7).to_bytes(32, "little"), "2026-11": (8).to_bytes(32, "little")}
ORG = {"name": "University of Example", "sector": "academic"}
WITNESSES = ("regulator", "university", "charity", "newspaper")
Entry = dict[str, Any]


def ed25519(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()))


ML_DSA = MLDSA44PrivateKey.from_seed_bytes(bytes(32))


def policy_text(needed: str = "3") -> str:
    keys = [notes.ed25519_key(ORIGIN, ed25519(ORIGIN)), notes.ml_dsa_key(ORIGIN, ML_DSA)]
    lines = [f"log {key}" for key in keys]
    for name in WITNESSES:
        key = notes.ed25519_key(f"{name}.example", ed25519(name), notes.KeyType.ED25519_COSIGNATURE)
        lines.append(f"witness {name} {key}")
    return "\n".join([*lines, f"group most {needed} {' '.join(WITNESSES)}", "quorum most", ""])


@dataclass
class Story:
    """All that a verifier is given. `seen` is the last checkpoint this device saw."""

    entries: list[Entry | bytes]
    policy: str
    log: dict[str, bytes]
    files: dict[str, bytes]
    identifier: str = PUPIL
    now: int = NOW
    seen: bytes = b""
    tries: Mapping[str, Trie] = field(default_factory=dict, repr=False)

    def copy(self) -> "Story":
        """The same, to be changed apart from this one."""
        log, files = dict(self.log), dict(self.files)
        return replace(self, entries=deepcopy(self.entries), log=log, files=files)

    @property
    def checkpoint(self) -> bytes:
        return self.log["checkpoint"]

    def sign_anew(self, **how: Any) -> None:
        """Publish the entries as they are now, signed; the proof files stay as they were."""
        self.log = published(self.entries, **how)

    def prove_anew(self) -> None:
        """Give out proof files anew under the log as it is now."""
        self.files = proof_files(self.read(), self.tries)

    def read(self) -> Log:
        """The log as a verifier reads it."""
        checkpoint = verify_checkpoint(self.checkpoint, parse_policy(self.policy), self.now, fresh=True)
        return read_log(checkpoint, [self.log[path] for path in bundle_paths(checkpoint.body.size)])


def raw(entry: Entry | bytes) -> bytes:
    return entry if isinstance(entry, bytes) else canonical.dumps(entry)


def signed(tiles: Tiles, *, time: int = NOW - 60, by: Sequence[str] = WITNESSES[:3], origin: str = ORIGIN) -> bytes:
    """A checkpoint with both lines of the log and those of the witnesses named."""
    body = notes.Body(origin, tiles.size, tiles.tree.root())
    own = [notes.sign_text(origin, ed25519(ORIGIN), body.text()), notes.cosign_ml_dsa(origin, ML_DSA, body, time)]
    cosigned = [notes.cosign_ed25519(f"{name}.example", ed25519(name), body, time) for name in by]
    return notes.write_note(body.text(), [*own, *cosigned])


def published(entries: Iterable[Entry | bytes], **how: Any) -> dict[str, bytes]:
    """The files of a log of these entries."""
    tiles = Tiles()
    files = tiles.grow(map(raw, entries))
    return {**files, "checkpoint": signed(tiles, **how)}


def secret(epoch: str, pupil: str = PUPIL) -> bytes:
    return labels.secret(vrf.evaluate(_key(epoch), labels.alpha(epoch, pupil)))


def _key(epoch: str) -> bytes:
    return SECRETS[max(start for start in SECRETS if start <= epoch)]


def _did(name: str) -> str:
    return b64(sha256(f"did {name}".encode()))


def _trie(name: str, epoch: str, *, member: bool) -> Trie:
    did = unb64(_did(name))
    others = [labels.label(did, sha256(f"{name} {number}".encode())) for number in range(20)]
    mine = [labels.label(did, secret(epoch))] if member else []
    return Trie([*mine, *others, *labels.dummies(sha256(name.encode()), 1024 - 20 - len(mine))])


MEMBER_OF = {"study": True, "feed": False, "case": True, "lookups": True, "second": True, "quiet": False, "late": False}
EPOCH_OF = {"second": "2026-10", "quiet": "2026-10", "late": "2026-11"}


def _set(name: str, tries: Mapping[str, Trie]) -> Entry:
    epoch = EPOCH_OF.get(name, "2026-09")
    field = {"alg": ALGORITHM, "epoch": epoch, "root": b64(tries[name].root()), "size_padded": 1024}
    return {"did": _did(name), "set": field, "manifest": b64(sha256(b"manifest " + name.encode()))}


USE = {"basis": "education-act-1996", "classes": ["3C"], "items": ["attendance", "free-meals"]}
DOC = b64(sha256(b"document"))
SEALED = {
    "recipient": {"name": "Police of Example", "sector": "police"},
    "purpose": "missing-child",
    **USE,
    "decided": "2026-09-10",
    "by": "custodian",
    "summary_text": DOC,
}
SALT = sha256(b"salt")


def _entries(tries: Mapping[str, Trie]) -> list[Entry]:
    request = {
        "org": ORG,
        "title": "Absence and “meals”",
        "kind": "new",
        "purpose": "research",
        **USE,
        "mode": "safe-setting",
    }
    given = {"recipient": ORG, **USE}
    commit = seals.seal_commit(SALT, canonical.dumps(SEALED))
    rows: list[tuple[str, str, Entry]] = [
        ("genesis", "2026-08-30", {"origin": ORIGIN, "spec": "rollbook/log@v1", "operator": "Authority of Example"}),
        ("vrf-key", "2026-08-31", _vrf("2026-09")),
        ("request", "2026-09-01", {**request, "register_text": DOC}),
        (
            "decision",
            "2026-09-02",
            {"of": 2, "result": "approve", "by": "panel", "reasons_text": DOC, "expires": "2027-09-01"},
        ),
        ("disclosure", "2026-09-03", {"of": 3, **_set("study", tries), "mode": "safe-setting", **given}),
        ("disclosure", "2026-09-04", {"of": 3, **_set("feed", tries), "mode": "file", **given}),
        (
            "sealed",
            "2026-09-10",
            {
                **_set("case", tries),
                "commit": commit,
                "basis": USE["basis"],
                "by": "custodian",
                "reveal_by": "2027-01-01",
            },
        ),
        ("lookup-account", "2026-09-11", {"of": 3, "holder": ORG, "opens": "2026-09-12"}),
        ("lookup-batch", "2026-09-13", {"of": 7, "day": "2026-09-12", **_set("lookups", tries)}),
        ("correction", "2026-09-20", {"of": 4, "reason": "clerical", "change": {"mode": "file"}}),
        ("disclosure", "2026-10-02", {"of": 3, **_set("second", tries), "mode": "safe-setting", **given}),
        (
            "sealed",
            "2026-10-10",
            {
                **_set("quiet", tries),
                "commit": DOC,
                "basis": USE["basis"],
                "by": "custodian",
                "reveal_by": "2027-02-01",
            },
        ),
        ("vrf-key", "2026-10-15", _vrf("2026-11")),
        ("reveal", "2026-11-01", {"of": 6, "salt": b64(SALT), "body": SEALED}),
        (
            "disclosure",
            "2026-11-02",
            {
                "of": 3,
                **_set("late", tries),
                "mode": "file",
                **given,
                "late": {"released": "2026-11-01", "reason": "emergency"},
            },
        ),
        (
            "intake",
            "2026-11-03",
            {"collection": "autumn", "day": "2026-11-02", "returns": 3, "accepted": 2, "refused": 1},
        ),
    ]
    return [
        {"v": 1, "type": type_, "id": f"E-{number}", "at": f"{day}T09:00:00Z", **fields}
        for number, (type_, day, fields) in enumerate(rows)
    ]


def _vrf(epoch: str) -> Entry:
    return {"epoch_from": epoch, "suite": vrf.SUITE, "pk": b64(vrf.public_key(SECRETS[epoch]))}


def lines_of(epoch: str, history: History, size: int, tries: Mapping[str, Trie]) -> list[bundle.Answered]:
    """Every line due for the pupil in a month."""
    names = {_did(name): name for name in tries}
    made = []
    for index, letter in bundle.due(history, epoch, size).items():
        fields = history.body(index)
        label = labels.label(unb64(fields["did"]), secret(epoch))
        proof = tries[names[fields["did"]]].prove(label)
        answer = bundle.answer(index, label, proof, unb64(fields["set"]["root"]))
        made.append(bundle.sealed(index) if letter == "s" else answer)
    return made


def proof_files(log: Log, tries: Mapping[str, Trie]) -> dict[str, bytes]:
    """One file for each month, and the whole history."""
    months = []
    for epoch in log.history.epochs():
        pi = vrf.prove(_key(epoch), labels.alpha(epoch, PUPIL))
        lines = lines_of(epoch, log.history, log.size, tries)
        months.append(bundle.Bundle(epoch, pi, tuple(lines), log.checkpoint.note))
    made = {f"proof-{month.epoch}": _written(month) for month in months}
    return {**made, "history": bundle.write_history(months)}


def _written(month: bundle.Bundle) -> bytes:
    return bundle.write(epoch=month.epoch, pi=month.pi, lines=list(month.lines), checkpoint=month.checkpoint)


@cache
def _honest() -> Story:
    tries = {name: _trie(name, EPOCH_OF.get(name, "2026-09"), member=member) for name, member in MEMBER_OF.items()}
    entries: list[Entry | bytes] = [*_entries(tries)]
    story = Story(entries, policy_text(), published(entries), {}, tries=tries)
    story.prove_anew()
    return story


def story() -> Story:
    """A copy of what an honest authority gives out."""
    return _honest().copy()


def as_json(value: Any) -> bytes:
    """JSON as most programs write it, which is not always canonical."""
    return json.dumps(value, ensure_ascii=False).encode()
