"""Joining two records of one person, and parting them again.

Joining shows each record to everybody who may see the other, so two custodians do it: one proposes, another joins. Both
keys stay, with all their rows; one points to the other, and taking the pointer away undoes it. One custodian is enough
to leave apart or to part. Nobody joins what is on the do-not-link list, nor while a safeguarding stop lies on either.
"""

from rollbook.kernel.refusals import AccessDenied, Reason, UseRefused
from rollbook.policy.roles import Role
from rollbook.policy.states import DOUBLES, DoubleState
from rollbook.records.models.doubles import Double
from rollbook.records.models.identity import Person, Responsibility
from rollbook.services.accounts.letters import pupil_with
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import is_one_of
from rollbook.services.platform.one_person import keys_of, root_of
from rollbook.services.platform.people_zone import people_zone

TOLD = "told"


def report_double(*, by: Actor, upn: str, other_upn: str) -> str:
    """A custodian was told that two numbers are one person's; gives the handle of the pair to decide on.

    Raises:
        UseRefused: a number is nobody's, or both lead to one person already.
    """
    require_session(by, Role.CUSTODIAN)
    with people_zone():
        one, other = sorted((pupil_with(upn).person.pk, pupil_with(other_upn).person.pk))
        if root_of(one) == root_of(other):
            mend = "There is nothing to join."
            raise UseRefused(Reason("one-record", "These are two numbers of one person already", mend=mend))
        pair, new = Double.objects.get_or_create(
            person_id=one,
            other_id=other,
            defaults={"outcome": TOLD, "found_at": clock.now(), "state": DoubleState.WAITING},
        )
        audit(by, "report-double", f"double:{pair.pk}", new=new)
    return pair.handle


def propose(*, by: Actor, pair: str) -> None:
    """Say that both records are one person's; another custodian decides.

    Raises:
        UseRefused: as `join`, or the pair is not waiting for this.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(pair)
        _go_to(found, DoubleState.PROPOSED)
        _require_joinable(found)
        found.proposed_by_id, found.decided_by, found.decided_at = account, None, None
        found.save()
        audit(by, "propose-join", f"double:{found.pk}")


def join(*, by: Actor, pair: str) -> None:
    """Join the two records: the higher key is superseded by the one that stands.

    Raises:
        AccessDenied: code `second-person`. UseRefused: codes `do-not-link`, `stopped`, `joined-already`, `state`.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(pair)
        _go_to(found, DoubleState.JOINED)
        if is_one_of(account, {found.proposed_by_id}):
            raise AccessDenied(Reason("second-person", "Somebody else joins what you proposed"))
        standing, joined = _require_joinable(found)
        Person.objects.filter(pk=joined).update(superseded_by=standing)
        found.decided_by_id, found.decided_at = account, clock.now()
        found.save()
        audit(by, "join-records", f"double:{found.pk}", proposed_by=found.proposed_by_id or 0)


def leave_apart(*, by: Actor, pair: str, why: str) -> None:
    """Say that these are two people; records that were joined are parted, exactly as they were.

    Raises:
        UseRefused: the pair is apart already.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        found = _locked(pair)
        was = found.state
        _go_to(found, DoubleState.APART)
        if was == DoubleState.JOINED:
            Person.objects.filter(pk__in=(found.person_id, found.other_id), superseded_by__isnull=False).update(
                superseded_by=None
            )
        found.decided_by_id, found.decided_at, found.why = account, clock.now(), why[:40]
        found.save()
        audit(by, "part-records" if was == DoubleState.JOINED else "leave-apart", f"double:{found.pk}")


def _require_joinable(pair: Double) -> tuple[int, int]:
    """The key that will stand and the one that will point to it."""
    families = [set(keys_of(key)) for key in (pair.person_id, pair.other_id)]
    listed = kept_apart()
    if any(listed.forbids(one, other) for one in families[0] for other in families[1]):
        mend = "The data protection officer knows why, and nobody else needs to."
        raise UseRefused(Reason("do-not-link", "These records are never joined", mend=mend))
    if Responsibility.objects.filter(person_id__in=families[0] | families[1], stopped_at__isnull=False).exists():
        mend = "The data protection officer looks at the stop first: joining must not open a way round it."
        raise UseRefused(Reason("stopped", "A safeguarding stop lies on one of the records", mend=mend))
    single = [key for key in (pair.other_id, pair.person_id) if keys_of(key) == (key,)]
    if not single or families[0] == families[1]:
        mend = "Part them first, then join them one by one."
        raise UseRefused(Reason("joined-already", "Both records are joined with others", mend=mend))
    joined = single[0]
    return root_of(pair.person_id if joined == pair.other_id else pair.other_id), joined


def _locked(pair: str) -> Double:
    found = Double.objects.select_for_update().filter(handle=pair).first()
    if found is None:
        raise AccessDenied(Reason("double", "There is no such pair", mend="See the list."))
    return found


def _go_to(pair: Double, state: DoubleState) -> None:
    if reason := DOUBLES.refuses(pair.state, state):
        raise UseRefused(reason)
    pair.state = state
