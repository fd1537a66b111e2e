"""Uses that are no runs of studies: sealed cases that were told since, and days of look-ups in other databases.

Each is listed for every person, with whether theirs was the record, once its entry stands in the public log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from rollbook.kernel.refusals import StateBroken
from rollbook.records.models.identity import GatewayCase
from rollbook.services import populations
from rollbook.services.log import reader
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.people_zone import people_zone
from rollbook.services.sets import SEALED

TOLD = "One named child was asked about."
ANSWERED = "The items that the agreement permits were told."
NOTHING = "Nothing was told."


@dataclass(frozen=True, slots=True)
class OtherUse:
    """One use: its entry, who, its codes in the log, when, the people in it (None if that cannot be read), result."""

    index: int
    organisation: str
    title: str
    purpose: str
    basis: str
    at: datetime
    people: BitMap | None
    result: str


def other_uses() -> tuple[OtherUse, ...]:
    """All of them, newest first."""
    return tuple(sorted(_told_cases(), key=lambda use: -use.index))


def _told_cases() -> Iterator[OtherUse]:
    reveals = {entry.fields["of"]: entry for entry in reader.entries("reveal")}
    seals = {entry.index: entry for entry in reader.entries("sealed") if entry.index in reveals}
    with people_zone():
        rows = GatewayCase.objects.filter(submission__index__in=seals).exclude(set_store__startswith=SEALED)
        files = dict(rows.values_list("submission__index", "population_file"))
    for index, entry in seals.items():
        yield _told(entry, reveals[index], files.get(index, ""))


def _told(entry: PublishedEntry, reveal: PublishedEntry, file: str) -> OtherUse:
    body = reveal.fields["body"]
    told = ANSWERED if body["counts"]["returned"] else NOTHING
    return OtherUse(
        index=entry.index,
        organisation=body["recipient"]["name"],
        title="A case that was sealed",
        purpose=body["purpose"],
        basis=body["basis"],
        at=entry.at,
        people=_people(file, entry.fields["set"]["epoch"]),
        result=f"{TOLD} {told}",
    )


def _people(file: str, epoch: str) -> BitMap | None:
    try:
        return populations.read(file, epoch) if file else None
    except StateBroken:
        return None
