"""The ways out for an entry that the log's rules refused: hand it in again, or set it aside in public.

A refused entry is an open duty on a public page. It is handed in again where its cause has passed: the entry it points
at is there now, the month has its key, the clock is right. An entry with a set, and the one of a released table, is
never handed in again: the run or case it was for has ended, or made another, and the old one would tell of a use that
never was. Setting aside ends the duty by an entry of its own, with the whole refused entry in its document, so that
nothing that was to be public falls away unseen. What an entry says is never edited: where it was wrong, the deed is
done anew and the refused one set aside.
"""

from collections.abc import Mapping
from typing import Final

from django.db import transaction

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.log import LogSubmission
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit
from rollbook.tlog.entries import SET_BEARING

LONGEST_NOTE: Final = 1000
# Why an entry is set aside, in the words of the public paper.
GROUNDS: Final[Mapping[str, str]] = {
    "entered-anew": "Another entry says it.",
    "never-happened": "What it announced did not happen.",
    "cannot-be-entered": "It happened, and the rules of the log cannot take an entry about it.",
}
_NEVER_AGAIN: Final = SET_BEARING | {"output"}


def hand_in_again(*, by: Actor, entry_id: str) -> None:
    """Let the writer judge a refused entry once more, word for word as it was handed in.

    Raises:
        AccessDenied: code `role`. InputRefused: code `entry-unknown`.
        UseRefused: code `entry-not-refused`; `entry-of-a-use`, for one with a set and for a table's; or
            `entry-points-at`, where what it points at is refused itself.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        row = _refused(entry_id)
        if row.entry["type"] in _NEVER_AGAIN:
            mend = "Its run or case has ended or made another. Set it aside: rollbook log set-aside."
            raise UseRefused(Reason("entry-of-a-use", "An entry of a use is not handed in again", entry_id, mend))
        _require_targets(row)
        row.state, row.reasons = LogSubmission.WAITING, []
        row.save(update_fields=["state", "reasons"])
        audit(by, "hand-in-again", entry_id)


def set_aside(*, by: Actor, entry_id: str, ground: str, note: str) -> str:
    """Give a refused entry up for good, by a public paper that shows it whole; gives the id of the paper's entry.

    `note` is for the public and names no person.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `entry-unknown`, `ground`, `note`.
        UseRefused: code `entry-not-refused`.
    """
    require_role(by, Role.OPERATOR)
    if ground not in GROUNDS:
        raise InputRefused(Reason("ground", "This is no ground", ground[:64], f"Use one of: {', '.join(GROUNDS)}."))
    if not 0 < len(note.strip()) <= LONGEST_NOTE:
        mend = f"Say in up to {LONGEST_NOTE} characters what became of it; name no person."
        raise InputRefused(Reason("note", "The public is told what became of it", "note", mend))
    with transaction.atomic():
        row = _refused(entry_id)
        row.state = LogSubmission.SET_ASIDE
        row.save(update_fields=["state"])
        paper = _paper(row, ground, note.strip())
        made = {
            "type": "publication", "id": f"set-aside-{row.pk}", "kind": "set-aside",
            "title": f"An entry that the log refused: {row.entry['type']}", "document": b64(sha256(paper)),
            "from": str(clock.today()),
        }  # fmt: skip
        submit(made, documents=[paper])
        audit(by, "set-entry-aside", entry_id, ground=ground)
    return str(made["id"])


def _refused(entry_id: str) -> LogSubmission:
    row = LogSubmission.objects.select_for_update().filter(entry_id=entry_id).first()
    if row is None:
        mend = "Give the id that `rollbook log head` shows."
        raise InputRefused(Reason("entry-unknown", "No entry of this id was handed in", entry_id[:64], mend))
    if row.state != LogSubmission.REFUSED:
        mend = "See `rollbook log head`."
        raise UseRefused(Reason("entry-not-refused", f"This entry is not refused but {row.state}", entry_id, mend))
    return row


def _require_targets(row: LogSubmission) -> None:
    lost = LogSubmission.objects.filter(id__in=row.refs.values(), state__in=LogSubmission.WITHOUT_PLACE)
    ids = sorted(lost.values_list("entry_id", flat=True))
    if ids:
        mend = "Hand that one in again first; where it was set aside, set this one aside too."
        raise UseRefused(Reason("entry-points-at", "What it points at has no place in the log", ids[0], mend))


def _paper(row: LogSubmission, ground: str, note: str) -> bytes:
    reasons = "\n".join(f"- {reason['message']}" for reason in row.reasons)
    return (
        f"An entry was handed in to this log on {row.made_at.date()}, and its rules refused it:\n{reasons}\n"
        f"On {clock.today()} it was set aside. {GROUNDS[ground]}\n{note}\n\n"
        f"The entry, as it was handed in:\n{canonical.dumps(row.entry).decode()}\n"
    ).encode()
