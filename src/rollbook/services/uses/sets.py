"""Disclosure sets: made once for each use, kept encrypted, and asked again for the proofs in people's bundles.

A set is durable before its entry is submitted. One whose entry never came is a file that no entry names; it stays
encrypted, and nobody can read it once its month's key is destroyed. Only the job process can open a store.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from rollbook.kernel.encoding import HASH_BYTES, b64, unb64
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.records.models.log import DisclosureSet
from rollbook.services.log import genesis
from rollbook.services.log.history import published_log
from rollbook.services.platform import clock
from rollbook.services.platform.keys import Keys, open_keys
from rollbook.services.uses import populations, set_files
from rollbook.services.uses.month_secrets import secrets_of
from rollbook.tlog import bundle, labels
from rollbook.tlog.manifests import write_manifest
from rollbook.tlog.reading import Log
from rollbook.tlog.seals import manifest_commit
from rollbook.tlog.trie import ALGORITHM, Trie

SEALED: Final = "sealed-"
MANIFEST: Final = ".manifest"


@dataclass(frozen=True, slots=True)
class MadeSet:
    """A set ready to be logged: `did` (base64), `set_field` and `manifest_b64` go into the entry as they are.

    `manifest_bytes` are confidential to authority, recipient and regulator; `sealed_manifest` is what may be kept of
    them for a sealed case. `store_name` is for `proof`.
    """

    did: str
    epoch: str
    set_field: dict[str, Any]
    manifest_b64: str
    manifest_bytes: bytes
    store_name: str
    sealed_manifest: bytes = b""

    @property
    def entry_fields(self) -> dict[str, Any]:
        """The three fields of a set-bearing entry."""
        return {"did": self.did, "set": self.set_field, "manifest": self.manifest_b64}


def make_set(
    *,
    pupil_ids: Sequence[str],
    files: Sequence[Mapping[str, Any]] = (),
    population_sha256: bytes | None = None,
    sealed: bool = False,
    did: bytes | None = None,
    epoch: str = "",
) -> MadeSet:
    """Make the set of the pupils with these identifiers (`upn:…` or `uln:…`), durably, its manifest beside it.

    `sealed` keeps store and manifest for the overseer's key alone until the reveal. `did` is given where it was drawn
    before (a day of look-ups), `epoch` where the use was in an earlier month than this.
    """
    keys = open_keys(settings.ROLLBOOK)
    epoch = epoch or genesis.month_of(clock.today())
    if epoch == genesis.month_of(clock.today()):
        genesis.announce_key(epoch)
    pupils = sorted(set(pupil_ids))
    if did is not None:
        # A set made for this id before was never logged: its deed died in between.
        DisclosureSet.objects.filter(did=b64(did)).delete()
    did, seed = did or secrets.token_bytes(HASH_BYTES), secrets.token_bytes(HASH_BYTES)
    size = labels.padded(len(pupils))
    name = SEALED + secrets.token_hex(16) if sealed else secrets.token_hex(16)
    # A sealed case leaves no file of secrets behind; the store goes to the overseer's key whole.
    known = iter(keys.vrf_evaluate(epoch, pupils)) if sealed else secrets_of(_secrets(), keys, epoch, pupils)
    root = _write(name, epoch, _labels(did, seed, known, size - len(pupils)), size, keys)
    manifest = write_manifest(
        did=did,
        epoch=epoch,
        origin=settings.ROLLBOOK.log_origin,
        pad_seed=seed,
        pupils=len(pupils),
        files=files,
        population=population_sha256,
    )
    if not sealed:
        populations.write_durably(_folder(), name + MANIFEST, keys.seal(epoch, manifest, name + MANIFEST))
    DisclosureSet.objects.create(did=b64(did), epoch=epoch, store=name, sealed=sealed, made_at=clock.now())
    field = {"alg": ALGORITHM, "epoch": epoch, "root": b64(root), "size_padded": size}
    kept = keys.seal_for_overseer(manifest) if sealed else b""
    return MadeSet(b64(did), epoch, field, manifest_commit(manifest), manifest, name, kept)


def manifest_of(did: str) -> bytes:
    """The manifest of a set that is not sealed: for the overseer and the regulator, never for the public.

    Raises:
        StateBroken: no such set, it is sealed, its file is missing or changed, or its month's key was destroyed.
    """
    row = _row_of(did)
    name = row.store + MANIFEST
    try:
        sealed = (_folder() / name).read_bytes()
    except FileNotFoundError:
        raise StateBroken(Reason("set-missing", "A manifest is missing", name, "Restore it from a backup.")) from None
    return open_keys(settings.ROLLBOOK).unseal(row.epoch, sealed, name)


def members_of(did: str) -> frozenset[bytes]:
    """Every label of a set that is not sealed, dummies included. Refuses like `manifest_of`."""
    row = _row_of(did)
    cipher = open_keys(settings.ROLLBOOK).set_cipher(row.epoch, row.store)
    return frozenset(set_files.labels(_folder() / row.store, cipher))


def secrets_for(epoch: str, pupil_ids: Sequence[str]) -> Iterator[bytes]:
    """`y` of each pupil in a month, in the order given; kept ones are not computed again."""
    return secrets_of(_secrets(), open_keys(settings.ROLLBOOK), epoch, pupil_ids)


def unsealed(*, did: str, store: bytes, manifest: bytes) -> str:
    """Keep the store and manifest of a sealed set as an open one, from what the overseer opened; gives its name.

    The caller has held both against the entry, and records the name in the deed's own transaction.
    """
    row, keys, name = _row_of(did), open_keys(settings.ROLLBOOK), secrets.token_hex(16)
    found = [store[at : at + HASH_BYTES] for at in range(0, len(store), HASH_BYTES)]
    set_files.write(_folder() / name, found, len(found), keys.set_cipher(row.epoch, name, make=True))
    populations.write_durably(_folder(), name + MANIFEST, keys.seal(row.epoch, manifest, name + MANIFEST))
    return name


def forget_month(epoch: str) -> int:
    """Remove every file of a month whose key was destroyed; gives how many. They could not be read any more."""
    names = DisclosureSet.objects.filter(epoch=epoch).values_list("store", flat=True)
    files = [path for name in names for path in (_folder() / name, _folder() / (name + MANIFEST)) if path.exists()]
    home = _secrets() / epoch
    files += [*home.iterdir()] if home.is_dir() else []
    for path in files:
        path.unlink()
    return len(files)


def sealed_store(name: str) -> bytes:
    """The store of a sealed set as it lies there, for the overseer to open."""
    return (_folder() / name).read_bytes()


def vrf_outputs(epoch: str, pupil_ids: Sequence[str]) -> list[bytes]:
    """`y` of each pupil in a month, 32 bytes each, in the order given."""
    return open_keys(settings.ROLLBOOK).vrf_evaluate(epoch, pupil_ids)


def proof(store_name: str, epoch: str, label: bytes) -> bytes:
    """The proof that `label` is, or is not, in a set.

    Raises:
        StateBroken: the store is missing, was changed, is sealed, or its month's key was destroyed.
    """
    if store_name.startswith(SEALED):
        mend = "The overseer opens it at the reveal."
        raise StateBroken(Reason("set-sealed", "This set is sealed", store_name, mend))
    cipher = open_keys(settings.ROLLBOOK).set_cipher(epoch, store_name)
    return set_files.prove(_folder() / store_name, label, cipher)


def write_bundle(epoch: str, pupil_id: str) -> bytes:
    """One pupil's bundle for a month, under the checkpoint served now: an answer for every set-bearing entry of the
    month.

    Every proof is checked before it is given out. Runs in the job process.

    Raises:
        StateBroken: a set store of the month does not open; no bundle is better than one with a line missing.
    """
    month = _month(epoch, pupil_id, published_log())
    return bundle.write(epoch=epoch, pi=month.pi, lines=list(month.lines), checkpoint=month.checkpoint)


def write_history(pupil_id: str) -> bytes:
    """The same for every month whose keys were not destroyed, in one file under one checkpoint.

    Raises:
        StateBroken: a set store of one of the months does not open.
    """
    log = published_log()
    return bundle.write_history([_month(epoch, pupil_id, log) for epoch in epochs_with_sets()])


def _month(epoch: str, pupil_id: str, log: Log) -> bundle.Bundle:
    keys = open_keys(settings.ROLLBOOK)
    pi = keys.vrf_prove(epoch, pupil_id)
    (y,) = keys.vrf_evaluate(epoch, [pupil_id])
    lines = []
    for index, letter in bundle.due(log.history, epoch, log.size).items():
        fields = log.history.body(index)
        if letter == "s":
            lines.append(bundle.sealed(index))
            continue
        label = labels.label(unb64(fields["did"]), y)
        root = unb64(fields["set"]["root"])
        lines.append(bundle.answer(index, label, proof(_store_of(fields["did"]), epoch, label), root))
    return bundle.Bundle(epoch, pi, tuple(lines), log.checkpoint.note)


def epochs_with_sets() -> list[str]:
    """The months for which a bundle can be asked: those with a set-bearing entry in the published log and keys that
    were not destroyed.
    """
    ended = open_keys(settings.ROLLBOOK).destroyed_epochs()
    return [epoch for epoch in published_log().history.epochs() if epoch not in ended]


def _labels(did: bytes, seed: bytes, secrets_of_month: Iterator[bytes], padding: int) -> Iterator[bytes]:
    return chain((labels.label(did, y) for y in secrets_of_month), labels.dummies(seed, padding))


def _write(name: str, epoch: str, members: Iterable[bytes], size: int, keys: Keys) -> bytes:
    """Keep the store of a set durably, and give its root."""
    path = _folder() / name
    if not name.startswith(SEALED):
        return set_files.write(path, members, size, keys.set_cipher(epoch, name, make=True)).root
    trie = Trie(members)
    populations.write_durably(_folder(), name, keys.seal_for_overseer(trie.store()))
    return trie.root()


def _store_of(did: str) -> str:
    return _row_of(did).store


def _row_of(did: str) -> DisclosureSet:
    row = DisclosureSet.objects.filter(did=did).first()
    if row is None:
        mend = "Restore the records of disclosure sets from a backup."
        raise StateBroken(Reason("set-unknown", "No set store is known for a published entry", mend=mend))
    return row


def _folder() -> Path:
    path: Path = settings.ROLLBOOK.data / "sets"
    return path


def _secrets() -> Path:
    path: Path = settings.ROLLBOOK.data / "secrets"
    return path
