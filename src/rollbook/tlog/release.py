"""What a recipient, regulator or gate checks before believing released files: V8 for disclosures, V11 for outputs."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NoReturn

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256, unb64
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog import labels
from rollbook.tlog.entries import LONGEST_ENTRY, is_known, wrong_field
from rollbook.tlog.manifests import read_manifest, read_output_manifest
from rollbook.tlog.rows import Keys, read_keys
from rollbook.tlog.seals import manifest_commit, output_commit
from rollbook.tlog.set_store import build


def verify_release(
    entry: bytes, manifest: bytes, files: Mapping[str, bytes], origin: str, collected: Iterable[bytes] = ()
) -> dict[str, Any]:
    """The entry's fields, where these files are the set that was logged (V8, from step 2; the receipt is V3's).

    `origin` is that of the receipt's checkpoint; `collected` are the row references (32 bytes each) that the verifier
    gathered itself, which count where the manifest lists no files.

    Raises:
        VerificationFailed: codes `entry`, `manifest`, `files`, `file-form`, `pairs`, `count`, `set`.
    """
    fields = _read_entry(entry)
    if "set" not in fields:
        _refuse("entry", "The entry has no set")
    stated = read_manifest(manifest)
    if manifest_commit(manifest) != fields["manifest"]:
        _refuse("manifest", "The manifest is not the one that was logged")
    if (stated["origin"], stated["did"], stated["epoch"]) != (origin, fields["did"], fields["set"]["epoch"]):
        _refuse("manifest", "The manifest is about another log, disclosure or month")
    _check_files(stated["files"], files)
    refs = _row_refs(read_keys(stated["files"], files)) if stated["files"] else set(collected)
    _check_set(fields["set"], stated, refs)
    return fields


def verify_output(entry: bytes, manifest: bytes, files: Mapping[str, bytes], origin: str) -> dict[str, Any]:
    """The entry's fields, where these files are the output that was logged (V11, from step 2).

    Raises:
        VerificationFailed: codes `entry`, `manifest`, `files`.
    """
    fields = _read_entry(entry)
    if fields["type"] != "output":
        _refuse("entry", "The entry is not about an output")
    stated = read_output_manifest(manifest)
    if output_commit(manifest) != fields["manifest"] or stated["origin"] != origin:
        _refuse("manifest", "The manifest is not the one that was logged")
    _check_files(stated["files"], files)
    return fields


def _read_entry(entry: bytes) -> dict[str, Any]:
    try:
        fields = canonical.loads(entry)
    except InputRefused as refused:
        raise VerificationFailed(Reason("entry", "The entry is not canonical JSON")) from refused
    if len(entry) > LONGEST_ENTRY or not is_known(fields) or wrong_field(fields) is not None:
        _refuse("entry", "The entry does not have the form of its type")
    return fields


def _check_files(listed: list[dict[str, Any]], files: Mapping[str, bytes]) -> None:
    names = [line["name"] for line in listed]
    if len(set(names)) != len(names) or set(names) != files.keys():
        _refuse("files", "The files present are not exactly those listed")
    for line in listed:
        data = files[line["name"]]
        if len(data) != line["bytes"] or b64(sha256(data)) != line["sha256"]:
            _refuse("files", "A file is not the one that was logged", where=line["name"])


def _row_refs(keys: Keys) -> set[bytes]:
    """`R`: the row references reached by any row (steps 5 and 6)."""
    if keys.pairs is None:
        if any(ppid is not None or row_ref is None for ppid, row_ref in keys.rows):
            _refuse("pairs", "Project identifiers need a file of pairs")
        return {bytes.fromhex(str(row_ref)) for _, row_ref in keys.rows}
    by_ppid = dict(keys.pairs)
    listed = {row_ref for _, row_ref in keys.pairs}
    if not len(by_ppid) == len(listed) == len(keys.pairs):
        _refuse("pairs", "The pairs are not one to one")
    reached = {_reach(ppid, row_ref, by_ppid) for ppid, row_ref in keys.rows}
    if reached != listed:
        _refuse("pairs", "The files and the pairs do not hold the same pupils")
    return {bytes.fromhex(row_ref) for row_ref in reached}


def _reach(ppid: str | None, row_ref: str | None, by_ppid: Mapping[str, str]) -> str:
    if ppid is None:
        return str(row_ref)
    if ppid not in by_ppid or row_ref not in (None, by_ppid[ppid]):
        _refuse("pairs", "A row's project identifier is in no pair, or in another one")
    return by_ppid[ppid]


def _check_set(logged: Mapping[str, Any], stated: Mapping[str, Any], refs: set[bytes]) -> None:
    if len(refs) != stated["pupils"] or labels.padded(len(refs)) != logged["size_padded"]:
        _refuse("count", "The number of pupils is not the one that was logged")
    filler = labels.dummies(unb64(stated["pad_seed"]), logged["size_padded"] - len(refs))
    members = chain((labels.label_of_row(ref) for ref in refs), filler)
    try:
        root = build(members, logged["size_padded"], lambda number, part: None).root
    except InputRefused:
        _refuse("set", "The labels of the set repeat")
    if b64(root) != logged["root"]:
        _refuse("set", "The pupils in the files are not the set that was logged")


def _refuse(code: str, message: str, where: str = "") -> NoReturn:
    mend = "Do not use the files; report this to the regulator."
    raise VerificationFailed(Reason(code, message, where=where, mend=mend))
