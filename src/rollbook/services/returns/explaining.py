"""Explanations of queries: a school says why what was queried is right; the data team accepts that, or returns it.

One explanation stands for one query, or for several of one rule. The text may name a child, so it lives in the identity
schema and never stands in an audit row or a message.
"""

from collections.abc import Collection
from typing import Final

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.states import EXPLANATIONS
from rollbook.records.models.collections import Collection as CollectionRow
from rollbook.records.models.collections import Return
from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.uploads import forget_explanations, own_upload, unexplained

LONGEST_TEXT: Final = 1_000


def explain(*, by: Actor, handle: str, rule: str, text: str, places: Collection[int] | None = None) -> int:
    """Explain the queries of one rule: those at `places`, or (None) all that have no explanation; gives how many.

    A query that was already explained at these places gets the new text, unless the file was submitted.

    Raises:
        InputRefused: code `explanation-text`. UseRefused: codes `state`, `no-query`.
    """
    account = require_session(by, Role.SCHOOL_DATA_MANAGER)
    said = _checked(text, "explanation-text", "text", "Say why it is right, so that the data team can follow it.")
    with people_zone():
        row = own_upload(by, handle, lock=True)
        collection = _refuse_closed(row)
        rows = row.queries.filter(rule=rule) if row.state == Upload.CHECKED and places is not None else unexplained(row)
        rows = rows.filter(rule=rule) if places is None else rows.filter(rule=rule, place__in=places)
        chosen = list(rows.order_by("place").values_list("pk", flat=True))
        if not chosen:
            mend = "Choose at least one, or open the page again."
            raise UseRefused(Reason("no-query", "No query was chosen that can be explained", "places", mend))
        made = Explanation.objects.create(
            school_id=row.school_id, collection=collection, rule=rule, text=said,
            author_id=account, given_at=clock.now(),
        )  # fmt: skip
        Query.objects.filter(pk__in=chosen).update(explanation=made)
        forget_explanations()
        audit(by, "explain-queries", f"upload:{row.pk}", explanation=made.pk, rule=rule, queries=len(chosen))
    return len(chosen)


def accept_explanation(*, by: Actor, handle: str) -> None:
    """The data team finds an explanation good; a second time changes nothing."""
    _answer(by, handle, Explanation.ACCEPTED, "")


def return_explanation(*, by: Actor, handle: str, words: str) -> None:
    """The data team sends an explanation back with words; a second time changes nothing.

    Raises:
        InputRefused: code `answer-text`. UseRefused: code `state`.
    """
    mend = "Say what is missing, so that the school can answer it."
    _answer(by, handle, Explanation.RETURNED, _checked(words, "answer-text", "words", mend))


def submitted_queries(explanation: Explanation) -> "Collection[Query]":
    """The queries of returns that stand, for which an explanation was given; called inside the people zone."""
    standing = {"upload__state": Upload.RECEIVED, "upload__received__state": Return.ACCEPTED}
    return list(explanation.queries.filter(**standing).order_by("upload", "place"))


def _answer(by: Actor, handle: str, state: str, words: str) -> None:
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        row = Explanation.objects.select_for_update().filter(handle=handle).first()
        if row is None or not submitted_queries(row):
            raise AccessDenied(Reason("no-explanation", "There is no such explanation", mend="See the list."))
        if row.state == state:
            return
        reason = EXPLANATIONS.refuses(row.state, state)
        if reason is not None:
            raise UseRefused(reason)
        row.state, row.answer, row.answered_by_id, row.answered_at = state, words, account, clock.now()
        row.save(update_fields=["state", "answer", "answered_by", "answered_at"])
        audit(by, f"{state}-explanation", f"explanation:{row.pk}", school=row.school_id, rule=row.rule)


def _checked(text: str, code: str, where: str, mend: str) -> str:
    said = "".join(one for one in text.strip() if one.isprintable() or one == "\n")
    if not said:
        raise InputRefused(Reason(code, "Nothing was written", where, mend))
    if len(said) > LONGEST_TEXT:
        message = f"The text is longer than {LONGEST_TEXT:,} characters"
        raise InputRefused(Reason(code, message, where, "Write less, or explain some queries apart."))
    return said


def _refuse_closed(row: Upload) -> CollectionRow:
    """Gives the collection the file is for, which a file that can be explained has."""
    standing = row.state == Upload.RECEIVED and row.received is not None and row.received.state == Return.ACCEPTED
    if row.collection is None or (row.state != Upload.CHECKED and not standing):
        mend = "Open the newest file or return from your school’s first page."
        raise UseRefused(Reason("state", f"Queries of a file that is {row.state} cannot be explained", mend=mend))
    return row.collection
