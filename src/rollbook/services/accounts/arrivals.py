"""The first time an account opens a record, everybody else who may see that record is told."""

from rollbook.records.models.identity import Access
from rollbook.services.accounts.access_rows import passing, ready
from rollbook.services.accounts.messages import tell
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of

SUBJECT = "Someone new can see a record"
BODY = (
    "Another person with a recorded right to act opened this record for the first time. "
    "Its page shows who can see it. "
    "If you think this is wrong, tell the school or the data protection officer at once."
)


def welcome(by: Actor, access: Access) -> None:
    """Note the first use of `access` and tell the others; a later use does nothing. Called inside the people zone."""
    if access.first_used_at is not None:
        return
    # Two pages opened at once: only one of them finds the field still empty.
    if not Access.objects.filter(pk=access.pk, first_used_at=None).update(first_used_at=clock.now()):
        return
    others = [one for one in _others(access) if _is_told(one, access)]
    audit(by, "first-use-of-access", f"access:{access.pk}", told=len(others))
    for other in others:
        tell(other.account, kind="new-access", subject=SUBJECT, body=BODY, about=other.handle)


def _others(access: Access) -> list[Access]:
    same = Access.objects.filter(person_id__in=keys_of(access.person_id), state=Access.CONFIRMED).exclude(pk=access.pk)
    # `passing` leaves out whoever is under a safeguarding stop: they hear nothing of this record again.
    return passing(ready(same))


def _is_told(other: Access, newcomer: Access) -> bool:
    """A pupil hears of every adult.

    Adults do not hear of the pupil's own account, which a child may keep to themselves.
    """
    return newcomer.responsibility_id is not None or other.responsibility_id is None
