"""Uses that are no runs of studies: sealed cases that were told since, and days of look-ups in other databases.

Each is listed for every person, with whether theirs was the record, once its entry stands in the public log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pyroaring import BitMap

from rollbook.kernel.refusals import StateBroken
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.reported import ReportedUse
from rollbook.services.log import reader
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import populations
from rollbook.services.uses.reported_uses import LATE
from rollbook.services.uses.sets import SEALED

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
    return tuple(sorted([*_told_cases(), *_reported()], key=lambda use: -use.index))


def _told_cases() -> Iterator[OtherUse]:
    reveals = {entry.fields["of"]: entry for entry in reader.entries("reveal")}
    seals = {entry.index: entry for entry in reader.entries("sealed") if entry.index in reveals}
    with people_zone():
        rows = GatewayCase.objects.filter(submission__index__in=seals).exclude(set_store__startswith=SEALED)
        files = dict(rows.values_list("submission__index", "population_file"))
    results = {entry.fields["of"]: entry.fields["result"] for entry in reader.entries("outcome")}
    for index, entry in seals.items():
        told = ANSWERED if results.get(index) == "disclosed" else NOTHING
        yield _told(entry, reveals[index], files.get(index, ""), told)


def _told(entry: PublishedEntry, reveal: PublishedEntry, file: str, told: str) -> OtherUse:
    body = reveal.fields["body"]
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


def _reported() -> Iterator[OtherUse]:
    """Days of look-ups and late releases; their entries tell all but who was in them."""
    rows = ReportedUse.objects.filter(submission__state=LogSubmission.APPENDED).select_related("submission")
    by_index = {row.submission.index: row for row in rows if row.submission is not None}
    if not by_index:
        return
    entries = {entry.index: entry for entry in reader.entries("request", "decision", "lookup-account")}
    for entry in reader.entries("lookup-batch", "disclosure"):
        row = by_index.get(entry.index)
        if row is not None:
            people = _people(row.population_file, row.epoch)
            yield _looked_up(entry, entries, people) if entry.type == "lookup-batch" else _late(entry, people)


def _looked_up(entry: PublishedEntry, entries: Mapping[int, PublishedEntry], people: BitMap | None) -> OtherUse:
    account = entries[entry.fields["of"]].fields
    request = entries[entries[account["of"]].fields["of"]].fields
    holder, day = account["holder"]["name"], entry.fields["day"]
    title, result = f"Look-ups on {day} in another service", "What was looked up is known to that service alone."
    return OtherUse(entry.index, holder, title, request["purpose"], request["basis"], entry.at, people, result)


def _late(entry: PublishedEntry, people: BitMap | None) -> OtherUse:
    fields = entry.fields
    late, who = fields["late"], fields["recipient"]["name"]
    result = f"It was released on {late['released']} and entered in the log late. {LATE[late['reason']]}."
    return OtherUse(entry.index, who, "A release that was logged late", "", fields["basis"], entry.at, people, result)


def _people(file: str, epoch: str) -> BitMap | None:
    try:
        return populations.read(file, epoch) if file else None
    except StateBroken:
        return None
