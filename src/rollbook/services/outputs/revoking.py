"""Revoking a released table: it shows no figure any more, and the page says since when and why.

An output checker who is not of the project, or a data protection officer, revokes; two of them, unless somebody could
be recognised. It is public the moment it is done: taking down waits for nothing. The log's entry follows from the same
transaction, as a correction of the table's own. Nothing undoes it: a corrected table is a new release, and the revoked
one stays in every differencing audit, for whoever read it still knows it.
"""

from typing import Final

from django.db import transaction
from django.db.models import Q

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.revoking import GROUNDS, REVOKES
from rollbook.policy.roles import Role
from rollbook.policy.states import OutputState
from rollbook.records.models.studies import Output, RecheckTask, Release
from rollbook.services.accounts.messages import notify
from rollbook.services.log.documents import text_document
from rollbook.services.log.outbox import submit
from rollbook.services.outputs.outputs import allowed, checkers_of, set_state
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import is_one_of
from rollbook.services.platform.stray import stray_data

MAY_REVOKE: Final = (Role.OUTPUT_CHECKER, Role.DATA_PROTECTION_OFFICER)
LONGEST_REASON: Final = 1000


def ask_revoke(*, by: Actor, reference: str, ground: str, words: str) -> bool:
    """Revoke a released table on a ground that one person is enough for, or ask for it on another; whether it is done.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `output`. InputRefused: codes `ground`, `words`, or what
        texts may not hold. UseRefused: code `state`; `revoke-asked` where somebody asked before and two are needed.
    """
    account = require_session(by, *MAY_REVOKE)
    text = _well_formed(ground, words)
    with transaction.atomic():
        release = _locked(account, reference)
        alone = GROUNDS[ground].people == 1
        if release.revoke_asked_by_id is not None and not alone:
            mend = "Confirm what was asked, or turn it down."
            raise UseRefused(Reason("revoke-asked", "Somebody has asked for this already", reference, mend))
        release.revoke_asked_by_id, release.revoke_ground, release.revoke_reason = account, ground, text
        release.save(update_fields=["revoke_asked_by", "revoke_ground", "revoke_reason"])
        audit(by, "ask-revoke", reference, ground=ground)
        if alone:
            _revoke(by, release)
        else:
            _tell(release)
    return alone


def confirm_revoke(*, by: Actor, reference: str) -> None:
    """Revoke a table as somebody else has asked.

    Raises:
        AccessDenied: as above. UseRefused: code `state`, `revoke-not-asked`, or `revoke-own` for who asked.
    """
    account = require_session(by, *MAY_REVOKE)
    with transaction.atomic():
        release = _asked(account, reference)
        if is_one_of(account, {release.revoke_asked_by_id}):
            mend = "Somebody else must confirm it."
            raise UseRefused(Reason("revoke-own", "You asked for this yourself", reference, mend))
        _revoke(by, release)


def decline_revoke(*, by: Actor, reference: str) -> None:
    """Leave a table where it is, though somebody asked to revoke it; who asked may take that back too.

    Raises:
        AccessDenied: as above. UseRefused: code `state` or `revoke-not-asked`.
    """
    account = require_session(by, *MAY_REVOKE)
    with transaction.atomic():
        release = _asked(account, reference)
        audit(by, "decline-revoke", reference, ground=release.revoke_ground)
        release.revoke_asked_by_id, release.revoke_ground, release.revoke_reason = None, "", ""
        release.save(update_fields=["revoke_asked_by", "revoke_ground", "revoke_reason"])


def _revoke(by: Actor, release: Release) -> None:
    output = release.output
    set_state(output, OutputState.REVOKED)
    note, document = text_document(release.revoke_reason)
    entry = {
        "type": "correction",
        "id": f"{output.reference}-revoked",
        "reason": release.revoke_ground,
        "change": dict(REVOKES),
        "note_text": note,
    }
    release.revoke_submission_id = submit(entry, refs={"of": release.submission_id}, documents=[document])
    release.revoked_at = clock.now()
    release.save(update_fields=["revoke_submission", "revoked_at"])
    together = Release.objects.filter(output__lead=output)
    # Tables of one entry are revoked together: the log's correction is about the entry.
    together.update(
        revoke_ground=release.revoke_ground,
        revoke_reason=release.revoke_reason,
        revoke_submission=release.revoke_submission_id,
        revoked_at=release.revoked_at,
    )
    waiting = RecheckTask.objects.filter(Q(release=release) | Q(release__in=together), settled_at=None)
    waiting.update(settled_by=by.account_id, settled_at=release.revoked_at, result=RecheckTask.REVOKED)
    audit(by, "revoke-output", output.reference, ground=release.revoke_ground)
    _tell(release)


def _tell(release: Release) -> None:
    notify(release.output.run.study.author)
    for checker in checkers_of(release.output):
        notify(checker)


def _locked(account: int, reference: str) -> Release:
    """The release of a table that is none of the account's own work."""
    mine = allowed(account).filter(lead=None, release__released_at__isnull=False)
    found = mine.filter(Q(reference=reference) | Q(others__reference=reference)).first()
    if found is None:
        mend = "See the list; nobody revokes their own project's tables."
        raise AccessDenied(Reason("output", "There is no such table for you to revoke", mend=mend))
    rows = Release.objects.select_for_update(of=("self", "output"))
    release = rows.select_related("output__run__study__author").get(output=found)
    if release.output.state != Output.RELEASED:
        raise UseRefused(Reason("state", f"This table is {release.output.state}", reference, "There is nothing to do."))
    return release


def _asked(account: int, reference: str) -> Release:
    release = _locked(account, reference)
    if release.revoke_asked_by_id is None:
        raise UseRefused(Reason("revoke-not-asked", "Nobody has asked to revoke this table", reference))
    return release


def _well_formed(ground: str, words: str) -> str:
    text = words.strip()
    reasons = [] if ground in GROUNDS else [Reason("ground", "This is not a ground", "ground", "Choose one.")]
    if not text or len(text) > LONGEST_REASON:
        mend = f"Say in 1 to {LONGEST_REASON} characters what anybody may read."
        reasons.append(Reason("words", "A reason is missing or too long", "words", mend))
    if reasons := [*reasons, *stray_data({"words": text})]:
        raise InputRefused(reasons)
    return text
