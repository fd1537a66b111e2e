"""The outbox of the log: a deed hands its entry in here, inside its own transaction, so that both stand or fall
together.

Left to others: the entry's time and place, which only the writer gives.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.records.models.log import LogSubmission
from rollbook.services.log import documents as kept
from rollbook.services.platform import clock
from rollbook.tlog.audit_rules import POINTERS
from rollbook.tlog.entries import LONGEST_ENTRY, VERSION, is_known, wrong_field

# A stand-in of the right form for the time that the writer will set.
_SOME_TIME = "2000-01-01T00:00:00Z"


def submit(entry: Mapping[str, Any], *, refs: Mapping[str, int] | None = None, documents: Sequence[bytes] = ()) -> int:
    """Hand in an entry without `v` and `at`; gives the submission's number, which other entries may refer to.

    `refs` maps a pointer (`of`, `amends`, `supersedes`) to the submission it points at; the writer puts the index in.
    `documents` are the bytes of the detached documents that the entry names; others may be handed in to wait for an
    entry.

    Raises:
        InputRefused: code `entry-form` where the entry breaks L1 or L2, `entry-id` where its id was used, or
            `document-missing`. The caller's deed then fails with it.
    """
    pointers = dict(refs or {})
    _check_form(entry, pointers)
    kept.keep(documents)
    kept.require_kept(entry)
    row, is_new = LogSubmission.objects.get_or_create(
        entry_id=entry["id"], defaults={"entry": dict(entry), "refs": pointers, "made_at": clock.now()}
    )
    if not is_new:
        mend = "Give each entry an id of its own."
        raise InputRefused(Reason("entry-id", "An entry with this id was handed in before", str(entry["id"]), mend))
    return row.id


def _check_form(entry: Mapping[str, Any], pointers: Mapping[str, int]) -> None:
    given = {"v", "at"} & entry.keys() or POINTERS & entry.keys() & pointers.keys() or pointers.keys() - POINTERS
    if given:
        raise _refused(entry, f"these fields are not the submitter's to give: {', '.join(sorted(given))}")
    complete = {**entry, **dict.fromkeys(pointers, 0), "v": VERSION, "at": _SOME_TIME}
    if len(canonical.dumps(complete)) > LONGEST_ENTRY:
        raise _refused(entry, "it is longer than 65,535 bytes")
    if not is_known(complete):
        raise _refused(entry, "its type is not one of the log's")
    wrong = wrong_field(complete)
    if wrong is not None:
        raise _refused(entry, f"the field {wrong!r} is missing, additional or malformed")


def _refused(entry: Mapping[str, Any], why: str) -> InputRefused:
    mend = "See the types of the log's specification, section 8.4."
    return InputRefused(Reason("entry-form", f"The log would not take this entry: {why}", str(entry.get("type")), mend))
