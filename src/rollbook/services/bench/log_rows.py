"""Committed outbox rows for the log's benchmark, of the kinds a national log mostly has.

Of each hundred entries: a request and its decision, each with a text of its own; 38 uses under that decision and what
came of each; 22 days of returns.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from rollbook.kernel.encoding import b64
from rollbook.records.models.log import LogDocument, LogSubmission
from rollbook.services.log.genesis import month_of
from rollbook.services.platform import clock
from rollbook.tlog.seals import write_text

PART: Final = 100
_USES: Final = 38
_PARTS_AT_ONCE: Final = 100
_ORG: Final = {"name": "University of Example", "sector": "academic", "id": "EX-000001"}
_USE: Final = {
    "basis": "education-act-1996-s537a",
    "classes": ["3C", "3D"],
    "items": ["attendance-reason", "attendance-sessions", "free-school-meals", "sen-provision"],
}
# An entry, and which submission of its part it points at with `of`.
Row = tuple[dict[str, Any], int | None]


def hand_in(entries: int) -> int:
    """Commit about `entries` rows; gives how many. Numbers are counted on from what the outbox holds."""
    first = LogSubmission.objects.count() + 1
    parts = entries // PART
    for start in range(0, parts, _PARTS_AT_ONCE):
        rows, documents = [], []
        for part in range(start, min(parts, start + _PARTS_AT_ONCE)):
            made, texts = _part(part)
            documents += texts
            number = first + part * PART
            rows += [
                LogSubmission(
                    id=number + place,
                    entry_id=entry["id"],
                    entry=entry,
                    refs={} if of is None else {"of": number + of},
                    made_at=clock.now(),
                )
                for place, (entry, of) in enumerate(made)
            ]
        LogDocument.objects.bulk_create(documents)
        LogSubmission.objects.bulk_create(rows, batch_size=5000)
    return parts * PART


def _part(part: int) -> tuple[list[Row], list[LogDocument]]:
    texts = [write_text(f"Text {kind} of part {part}.", _hash(f"{kind} {part}")[:16]) for kind in ("asked", "reasons")]
    documents = [LogDocument(digest=hashlib.sha256(text).hexdigest(), body=text) for text in texts]
    asked, reasons = (b64(hashlib.sha256(text).digest()) for text in texts)
    request = {
        "type": "request", "id": f"REQ-{part}", "org": _ORG, "title": "Absence and later attainment", "kind": "new",
        "purpose": "research", **_USE, "mode": "safe-setting", "register_text": asked,
    }  # fmt: skip
    decision = {
        "type": "decision", "id": f"DEC-{part}", "result": "approve", "by": "panel", "reasons_text": reasons,
        "expires": "2099-01-01",
    }  # fmt: skip
    return [(request, None), (decision, 0), *_uses(part), *_days(part)], documents


def _uses(part: int) -> Iterator[Row]:
    epoch = month_of(clock.today())
    for use in range(_USES):
        name = f"{part}-{use}"
        did, root, manifest = (b64(_hash(f"{what} {name}")) for what in ("did", "root", "manifest"))
        named = {"alg": "rollbook-trie-sha256-v1", "root": root, "size_padded": 71_680, "epoch": epoch}
        yield {
            "type": "disclosure", "id": f"DIS-{name}", "did": did, "set": named, "manifest": manifest,
            "mode": "safe-setting", "recipient": _ORG, **_USE,
        }, 1  # fmt: skip
        yield {"type": "outcome", "id": f"OUT-{name}", "result": "collected"}, 2 + 2 * use


def _days(part: int) -> Iterator[Row]:
    for day in range(PART - 2 - 2 * _USES):
        yield {
            "type": "intake", "id": f"INT-{part}-{day}", "collection": "school-census-autumn", "day": "2026-10-01",
            "returns": 120, "accepted": 117, "refused": 3,
        }, None  # fmt: skip


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
