"""Receipts: what a school is told about its return. Places and counts, never a value of a pupil."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollbook.dataplane.census.ruling import Severity
from rollbook.records.models.collections import Return
from rollbook.services.returns.findings import DiscardLine, IssueLine

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one return. `state` is accepted, refused or superseded."""

    return_id: str
    collection: str
    collection_name: str
    laestab: str
    school: str
    serial: str
    received_at: datetime
    state: str
    on_roll: int
    no_longer_on_roll: int
    errors: tuple[IssueLine, ...]
    queries: tuple[IssueLine, ...]
    discards: tuple[DiscardLine, ...]
    supersedes: str | None
    superseded_at: datetime | None
    sha256: str

    @property
    def accepted(self) -> bool:
        """Whether the return was taken in, even if a later one has replaced it since."""
        return self.state != Return.REFUSED

    def text(self) -> str:
        """The receipt in plain words."""
        lines = [
            f"{self.collection_name}, {self.school} ({self.laestab})",
            f"Received {self.received_at:%d %B %Y %H:%M} UTC: {self.state}.",
        ]
        if self.accepted:
            lines.append(f"Pupils on roll: {self.on_roll}. No longer on roll: {self.no_longer_on_roll}.")
        if self.supersedes:
            lines.append("It replaces your earlier return.")
        lines += _section("Mend these and send the file again", self.errors)
        lines += _section("Check these and amend, or give a reason", self.queries)
        lines += [f"Dropped, not stored: {one.path}, {one.count} times." for one in self.discards]
        return "\n".join(lines)


def _section(title: str, found: tuple[IssueLine, ...]) -> list[str]:
    if not found:
        return []
    lines = [f"{title} ({len(found)}):"]
    lines += [f"- line {one.line}, {one.field}: {one.message}. {one.mend} ({one.rule})" for one in found[:_SHOWN]]
    return lines + ([f"- and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])


def receipt_of(row: Return) -> Receipt:
    """The receipt of a stored return; `row` has its collection and school joined in."""
    issues = [IssueLine(**_fields(one)) for one in row.issues]
    return Receipt(
        return_id=str(row.pk),
        collection=row.collection_id,
        collection_name=row.collection.name,
        laestab=row.school_id,
        school=row.school.name,
        serial=row.serial,
        received_at=row.received_at,
        state=row.state,
        on_roll=row.on_roll,
        no_longer_on_roll=row.no_longer_on_roll,
        errors=tuple(one for one in issues if one.severity == Severity.ERROR),
        queries=tuple(one for one in issues if one.severity == Severity.QUERY),
        discards=tuple(DiscardLine(**_fields(one)) for one in row.discards),
        supersedes=str(row.supersedes_id) if row.supersedes_id else None,
        superseded_at=row.superseded_at,
        sha256=row.file_sha256,
    )


def _fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    return dict(stored)
