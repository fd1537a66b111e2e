"""Writes the vectors of what the project mended in its specification, section 11; run to write, imported to compare.

Expected values are written out by hand from the text of the specification, never computed by what they test.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256

DATA = Path(__file__).parent / "data"
ORIGIN = "log.example/rollbook"
ORG = {"name": "University of Example", "sector": "academic"}
# The public key of the secret scalar 1: the base point of ristretto255 (RFC 9496, A.1).
KEY = b64(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
DOC = b64(sha256(b"a document"))
USE = {"basis": "law", "classes": ["3C"], "items": ["sex"]}
AT = "2026-09-02T10:00:00Z"


def _set(number: int, size: int = 1024) -> dict[str, Any]:
    root = b64(sha256(b"root %d" % number))
    named = {"alg": "rollbook-trie-sha256-v1", "root": root, "size_padded": size, "epoch": "2026-09"}
    return {"did": b64(sha256(b"did %d" % number)), "set": named, "manifest": DOC}


def _log(*more: dict[str, Any]) -> list[str]:
    base: list[dict[str, Any]] = [
        {"type": "genesis", "origin": ORIGIN, "spec": "rollbook/log@v1", "operator": "Authority"},
        {"type": "vrf-key", "epoch_from": "2026-09", "suite": "c2sp.org/vrf-r255", "pk": KEY},
        {"type": "request", "org": ORG, "title": "t", "kind": "new", "purpose": "p", **USE, "mode": "safe-setting",
         "register_text": DOC},
        {"type": "decision", "of": 2, "result": "approve", "by": "panel", "reasons_text": DOC, "expires": "2026-09-30"},
        {"type": "disclosure", "of": 3, **_set(4), "mode": "safe-setting", "recipient": ORG, **USE},
    ]  # fmt: skip
    filled = [{"v": 1, "id": f"e-{n}", "at": AT, **body} for n, body in enumerate([*base, *more])]
    return [canonical.dumps(body).decode() for body in filled]


def duties() -> dict[str, Any]:
    """Logs, a day, and what is overdue on it: code, entry and due day, in order."""
    destroyed = {"type": "destroyed", "of": 4, "on": "2026-09-03", "method": "erased", "certificate_text": DOC}
    open_use = ["destruction-overdue", 4, "2026-09-30"]

    def outcome(result: str) -> dict[str, Any]:
        return {"type": "outcome", "of": 4, "result": result}

    seal = {"type": "sealed", **_set(5), "commit": DOC, "basis": "law", "by": "head", "reveal_by": "2026-10-01"}
    later = {"type": "seal-extend", "of": 5, "reveal_by": "2026-12-01", "basis": "court-order", "by": "head"}
    paper = {"type": "publication", "kind": "notice", "title": "t", "document": DOC, "from": "2026-09-01",
             "review_by": "2026-10-05"}  # fmt: skip
    newer = {**paper, "supersedes": 6, "review_by": "2027-10-05"}
    cases = [
        ("on the last day of the approval nothing is overdue", "2026-09-30", (), []),
        ("the day after, a use without a close is", "2026-10-01", (), [open_use]),
        ("a certificate closes it", "2026-10-01", (destroyed,), []),
        ("what was never released needs none", "2026-10-01", (outcome("not-released"),), []),
        ("nor what was never collected", "2026-10-01", (outcome("not-collected"),), []),
        ("another outcome does not say that the data is gone", "2026-10-01", (outcome("collected"),), [open_use]),
        ("a seal on its day", "2026-10-01", (seal, destroyed), []),
        ("a seal past its day", "2026-10-02", (seal, destroyed), [["reveal-overdue", 5, "2026-10-01"]]),
        ("put off in public", "2026-10-02", (seal, later, destroyed), []),
        ("past the later day", "2026-12-02", (seal, later, destroyed), [["reveal-overdue", 5, "2026-12-01"]]),
        ("a paper past its review", "2026-10-06", (destroyed, paper), [["review-overdue", 6, "2026-10-05"]]),
        ("superseded, it needs none", "2026-10-06", (destroyed, paper, newer), []),
    ]  # fmt: skip
    return {"cases": [
        {"why": why, "day": day, "entries": _log(*more), "overdue": expected} for why, day, more, expected in cases
    ]}  # fmt: skip


def totals() -> dict[str, Any]:
    """A `totals` entry over one request, a use of at most 1,024 and one of 69,633 to 71,680; how many faults it has."""
    second = {"type": "disclosure", "of": 3, **_set(5, 71_680), "mode": "safe-setting", "recipient": ORG, **USE}
    right = {"group": "law", "requests": 1, "disclosures": 2, "pupils": 70_000}
    cases = [
        ("as counted", [right], 0),
        ("the fewest that the sizes allow", [{**right, "pupils": 69_633}], 0),
        ("one fewer", [{**right, "pupils": 69_632}], 1),
        ("the most that the sizes allow", [{**right, "pupils": 72_704}], 0),
        ("one more", [{**right, "pupils": 72_705}], 1),
        ("a request too many", [{**right, "requests": 2}], 1),
        ("a use left out", [{**right, "disclosures": 1}], 1),
        ("the group left out", [{"group": "police", "requests": 0, "disclosures": 0, "pupils": 0}], 1),
        ("the group twice", [right, right], 1),
    ]
    return {"cases": [
        {
            "why": why, "faults": faults,
            "entries": _log(second, {"type": "totals", "from": "2026-09-01", "to": "2026-09-30", "rows": rows}),
        }
        for why, rows, faults in cases
    ]}  # fmt: skip


def gathered() -> dict[str, Any]:
    """Rows gathered inside, pairs beside the receipt, and the references they reach; null where they are refused."""
    ppids, refs = [f"{n:032x}" for n in (1, 2)], [sha256(b"row %d" % n).hex() for n in (1, 2)]
    pairs = [["ppid", "row_ref"], *map(list, zip(ppids, refs, strict=True))]
    rows = [["ppid", "sex"], [ppids[0], "F"], [ppids[1], "M"], [ppids[0], "F"]]
    cases = [
        ("by reference", [["row_ref"], *([ref] for ref in refs)], [], refs),
        ("by pseudonym, one in two rows", rows, pairs, refs),
        ("a pseudonym in no pair", [["ppid"], [ppids[0]], [ppids[1]], ["0" * 32]], pairs, None),
        ("a pair in no row", [["ppid"], [ppids[0]]], pairs, None),
        ("two pseudonyms for one reference", rows, [*pairs[:2], [ppids[1], refs[0]]], None),
        ("pairs with a third column", rows, [["ppid", "row_ref", "upn"], [ppids[0], refs[0], "A"]], None),
        ("pseudonyms without pairs", [["ppid"], [ppids[0]]], [], None),
        ("a reference in capitals", [["row_ref"], [refs[0].upper()]], [], None),
        ("a row longer than the header", [["row_ref"], [refs[0], "x"]], [], None),
    ]  # fmt: skip
    return {"cases": [
        {"why": why, "rows": _csv(gathered), "pairs": _csv(listed), "reached": sorted(found) if found else None}
        for why, gathered, listed, found in cases
    ]}  # fmt: skip


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


FILES = {"duties": duties, "totals": totals, "gathered": gathered}


def text_of(name: str) -> str:
    """The file as it must stand in the folder."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in FILES:
        (DATA / f"{name}.json").write_text(text_of(name), encoding="utf-8")
