"""Published volumes: how many requests, decisions, uses and releases there were, month by month and power by power.

No number here is typed. Every one is counted twice, from the index of entries and from the files of the log that
anyone can download, and where the two differ nothing is published (CASE-06). What is shown cites the head of the log
it was counted from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import Reason, StateBroken, UseRefused
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import LogSubmission
from rollbook.services.log import published_entry, reader
from rollbook.services.log.counting import Volume, count, differences
from rollbook.services.log.history import published_log
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.register.uses import Seals, seals, uses_in


@dataclass(frozen=True, slots=True)
class Volumes:
    """All volumes with the head of the log they were counted from, and the seals as they stand today."""

    rows: tuple[Volume, ...]
    seals: Seals
    size: int
    root: str


def volumes() -> Volumes | None:
    """The volumes to publish, or None before the log begins.

    Raises:
        StateBroken: code `figures-differ`, where index, files and cases do not give the same numbers.
        VerificationFailed: the files of the log do not verify.
    """
    head = reader.head()
    if head is None:
        return None
    log = published_log()
    # The index of entries may lag behind the files for a moment: both are counted up to where both are.
    entries = reader.entries()[: log.size]
    rows, root = count(entries), b64(log.checkpoint.body.root)
    try:
        refuse_wrong(rows, _count_files(len(entries), root))
    except UseRefused as refused:
        raise StateBroken(refused.reasons) from refused
    _compare_cases(entries)
    return Volumes(rows, seals(uses_in(entries)), log.size, root)


def refuse_wrong(claimed: Iterable[Volume], counted: Iterable[Volume]) -> None:
    """Refuse to publish figures that are not those counted from the log; every difference is named.

    Raises:
        UseRefused: code `figures-differ`.
    """
    if wrong := differences(claimed, counted):
        mend = "Publish what the log says; the old figure stays where it is and is superseded."
        raise UseRefused(
            Reason("figures-differ", "This figure is not the one counted from the log", key, mend) for key in wrong
        )


@lru_cache(maxsize=4)
def _count_files(first: int, root: str) -> tuple[Volume, ...]:
    """The same counts from the first entries in the files, kept as long as the signed `root` stays the same."""
    raws = published_log().raws[:first]
    return count([published_entry.read(index, raw) for index, raw in enumerate(raws)])


def _compare_cases(entries: Sequence[PublishedEntry]) -> None:
    """Every case that was handed in and written stands in the log, and the log has no other sealed entry."""
    logged = {entry.id for entry in entries if entry.type == "sealed"}
    with people_zone():
        numbers = list(
            GatewayCase.objects.exclude(submission=None).order_by("id").values_list("submission_id", flat=True)
        )
    rows = LogSubmission.objects.filter(id__in=numbers, state=LogSubmission.APPENDED, index__lt=len(entries))
    if set(rows.values_list("entry_id", flat=True)) != logged:
        mend = "Find the case without an entry, or the entry without a case, before anything is published."
        raise StateBroken(Reason("figures-differ", "Gateway cases and sealed entries do not match", mend=mend))
