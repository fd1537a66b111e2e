"""What a recipient or regulator runs to check released files against the public log (V8 and V11). Needs no Django.

Three kinds of thing are checked: files that left (a feed, or a copy of before Rollbook that was logged late), released
tables, and the opening of a project's data inside, where no file leaves: there the rows are those that the verifier
gathered itself.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.services.log.log_source import open_source, read_bundles, read_checkpoint
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.limits import LIMITS
from rollbook.tlog.manifests import read_manifest, read_output_manifest
from rollbook.tlog.reading import read_log
from rollbook.tlog.receipt import verify_proof
from rollbook.tlog.release import verify_output, verify_release
from rollbook.tlog.trust import Policy, parse_policy

ENTRY, RECEIPT, MANIFEST, PAIRS = "entry.json", "receipt.tlog-proof", "manifest.json", "pairs.csv"
# Which step of V8 a refusal belongs to, by its code; codes of receipts and signatures are step 1.
STEPS: Final[Mapping[str, int]] = {
    "manifest": 2, "files": 3, "file-form": 4, "pairs": 6, "count": 7, "set": 8, "rows": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReleaseVerdict:
    """A release that stands. `pupils` is None for a table, `logged` false where the log itself was not read."""

    index: int
    origin: str
    type: str
    at: str
    to: str
    files: tuple[str, ...]
    pupils: int | None
    late: bool
    logged: bool
    warning: str
    limits: tuple[str, ...] = LIMITS


def verify(*, files: Path, proof: Path, policy: Path, now: int, log: str | None = None) -> ReleaseVerdict:
    """Check the files at `files` (one file, or a folder) against the receipt in the folder `proof`.

    Where the manifest lists no files, `files` is a CSV of the rows that the verifier gathered, with a column `row_ref`,
    or `ppid` and a file of pairs in `proof`. `log` is an address or a folder: it is then read whole and audited.

    Raises:
        InputRefused: a file cannot be read. VerificationFailed: the step that failed is in `where`.
    """
    trusted = parse_policy(_read(policy).decode("utf-8", "replace"))
    entry, manifest = _read(proof / ENTRY), _read(proof / MANIFEST)
    try:
        index, checkpoint = verify_proof(_read(proof / RECEIPT), entry, trusted, now)
        if log is not None:
            _require_logged(log, trusted, now, index, entry)
        fields = _checked(entry, manifest, files, proof, checkpoint.body.origin)
    except VerificationFailed as refused:
        raise VerificationFailed(_placed(reason) for reason in refused.reasons) from None
    return _verdict(index, checkpoint, fields, manifest, logged=log is not None)


def _checked(entry: bytes, manifest: bytes, files: Path, proof: Path, origin: str) -> dict[str, Any]:
    if _type(entry) == "output":
        return verify_output(entry, manifest, _files(files), origin)
    if read_manifest(manifest)["files"]:
        return verify_release(entry, manifest, _files(files), origin)
    return verify_release(entry, manifest, {}, origin, _gathered(files, proof))


def _gathered(rows: Path, proof: Path) -> set[bytes]:
    """The row references of gathered rows, each pseudonym by way of its pair; rows and pairs hold the same pupils."""
    header, lines = _csv(rows)
    if "row_ref" in header:
        return {_reference(line[header.index("row_ref")]) for line in lines}
    if "ppid" not in header or not (proof / PAIRS).exists():
        raise VerificationFailed(Reason("rows", "The rows have no column row_ref, and no pairs say what a ppid means"))
    columns, listed = _csv(proof / PAIRS)
    if columns != ["ppid", "row_ref"]:
        raise VerificationFailed(Reason("pairs", "Pairs have exactly the columns ppid and row_ref"))
    pairs = {line[0]: line[1] for line in listed}
    if len(pairs) != len(listed) or len(set(pairs.values())) != len(listed):
        raise VerificationFailed(Reason("pairs", "The pairs are not one to one"))
    seen = {line[header.index("ppid")] for line in lines}
    if seen != pairs.keys():
        raise VerificationFailed(Reason("pairs", "The rows and the pairs do not hold the same pupils"))
    return {_reference(ref) for ref in pairs.values()}


def _reference(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 32 or found.hex() != text:
        raise VerificationFailed(Reason("rows", "A row reference is not 64 small hex digits"))
    return found


def _csv(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        rows = list(csv.reader(io.StringIO(_read(path).decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        rows = []
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise VerificationFailed(Reason("rows", "The rows are not CSV in UTF-8, each as long as the header", path.name))
    return rows[0], rows[1:]


def _require_logged(log: str, policy: Policy, now: int, index: int, entry: bytes) -> None:
    """V4 over the whole log, and the entry stands in it where the receipt says."""
    fetch = open_source(log)
    checkpoint = verify_checkpoint(read_checkpoint(fetch), policy, now, fresh=True)
    read = read_log(checkpoint, read_bundles(fetch, checkpoint.body.size))
    if read.faults:
        raise VerificationFailed(Reason("log-fault", str(fault)) for fault in read.faults)
    if index >= read.size or read.raws[index] != entry:
        mend = "Keep the receipt and the log's signed head: together they are evidence."
        raise VerificationFailed(Reason("log-other", "The log holds another entry in this place", mend=mend))


def _files(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {str(one.relative_to(path)): _read(one) for one in path.rglob("*") if one.is_file()}
    return {path.name: _read(path)}


def _type(entry: bytes) -> str:
    try:
        return str(canonical.loads(entry).get("type", ""))
    except InputRefused:
        return ""


def _verdict(
    index: int, checkpoint: Checkpoint, fields: Mapping[str, Any], manifest: bytes, *, logged: bool
) -> ReleaseVerdict:
    table = fields["type"] == "output"
    stated = read_output_manifest(manifest) if table else read_manifest(manifest)
    return ReleaseVerdict(
        index=index,
        origin=checkpoint.body.origin,
        type=fields["type"],
        at=fields["at"],
        to=fields["recipient"]["name"] if "recipient" in fields else "",
        files=tuple(line["name"] for line in stated["files"]),
        pupils=None if table else stated["pupils"],
        late="late" in fields,
        logged=logged,
        warning=checkpoint.warning,
    )


def _placed(reason: Reason) -> Reason:
    where = f"step {STEPS.get(reason.code, 1)} of 8" + (f", {reason.where}" if reason.where else "")
    return Reason(reason.code, reason.message, where, reason.mend)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise InputRefused(Reason("file", "This file cannot be read", where=path.name)) from None
