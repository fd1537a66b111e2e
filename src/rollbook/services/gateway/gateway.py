"""The gateway: one named child at a time, asked about by an officer, under an agreement in force.

Three people do it: the officer asks, a custodian looks, a second custodian confirms, each signed in with a second
factor. Only a sure match goes on. Whatever becomes of a case, it is entered in the log as a sealed use before the
officer is told anything (`rollbook.services.gateway.gateway_seal`), and every refusal has one and the same wording, so
that a no tells nothing about whether the child is known here.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from rollbook.dataplane.people.search import Asked, Candidate, search
from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.gate import Refused
from rollbook.policy.powers import POWERS
from rollbook.policy.roles import Role
from rollbook.policy.states import CASES, CaseState
from rollbook.policy.uses import MatchOutcome
from rollbook.records.models.accounts import Account
from rollbook.records.models.collections import Return
from rollbook.records.models.governance import Agreement, Publication
from rollbook.records.models.identity import GatewayCase, Sighting
from rollbook.services.gateway.gateway_seal import KEEP_ANSWER, recover, seal
from rollbook.services.people.do_not_link import kept_apart
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import accounts_of, is_one_of
from rollbook.services.platform.one_person import keys_of, roots
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.projects.governance import gate_for_case

__all__ = ["AnswerLine", "collect", "confirm_case", "match_case", "open_case", "recover", "refuse_case", "seal"]

# A case is shown to the child at the latest this long after it was confirmed.
REVEAL_AFTER = timedelta(days=365)
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One fact of the answer: the item, its name, the value, and the school and day it comes from."""

    item: str
    name: str
    value: str
    school: str
    received: date


def open_case(
    *,
    by: Actor,
    agreement_ref: str,
    purpose: str,
    items: Sequence[str],
    surname: str,
    forename: str,
    born: date,
    postcode: str = "",
) -> str:
    """Ask about one named child; gives the reference of the case.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `agreement`. UseRefused: the agreement is not in force.
        InputRefused: with every reason; no word of what was asked is in them.
    """
    officer = Account.objects.get(id=require_session(by, Role.POLICE_OFFICER))
    agreement = _agreement(officer, agreement_ref)
    _require_in_force(agreement)
    wanted = sorted(set(items))
    _refuse([*_beyond(agreement, purpose, wanted), *_named(surname, forename, born, postcode)])
    with people_zone():
        case = GatewayCase.objects.create(
            reference=f"case-{secrets.token_hex(8)}",
            agreement=agreement,
            power=agreement.power,
            purpose=purpose,
            items=wanted,
            asked_by=officer,
            asked_at=clock.now(),
            asked_about={
                "surname": surname.strip(),
                "forename": forename.strip(),
                "born": born.isoformat(),
                "postcode": postcode.strip(),
            },
            state=CaseState.ASKED,
        )
        audit(by, "open-case", case.reference, agreement=agreement_ref)
    return case.reference


def match_case(*, by: Actor, reference: str) -> MatchOutcome:
    """A custodian looks for the child. Anything but a sure match ends the case.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `case`. UseRefused: the case is not waiting for this, or
        its agreement is no longer in force.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        case = _locked(reference, account)
        _require_in_force(case.agreement)
        found = search(_asked(case), _candidates(_asked(case)))
        sure = found.outcome is MatchOutcome.MATCH
        _go_to(case, CaseState.MATCHED if sure else CaseState.REFUSED)
        case.outcome, case.person_id, case.matched_by_id = found.outcome, found.person, account
        case.evidence = {"codes": list(found.evidence)}
        if not sure:
            mend = "Nothing is told; the case ends."
            _end(case, [Reason("case-match", "The child was not found with certainty", found.outcome, mend)])
        case.save()
        audit(by, "match-case", reference, outcome=found.outcome)
    return found.outcome


def confirm_case(*, by: Actor, reference: str) -> None:
    """A second custodian confirms; the gate is asked; the job seals and discloses. A gate's no ends the case.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `case`, `case-people`. UseRefused: the gate's reasons,
        `case-leaver`, or the case is not waiting for this.
    """
    account = require_session(by, Role.CUSTODIAN)
    reasons: tuple[Reason, ...] = ()
    with people_zone():
        case = _locked(reference, account)
        _second(case, account)
        case.reveal_by = clock.today() + REVEAL_AFTER
        answer = gate_for_case(case_id=case.id, confirmed_by=account, reveal_by=case.reveal_by)
        reasons = (*(answer.reasons if isinstance(answer, Refused) else ()), *leaver(case))
        _go_to(case, CaseState.REFUSED if reasons else CaseState.CONFIRMED)
        if reasons:
            _end(case, reasons)
        else:
            case.confirmed_by_id, case.confirmed_at = account, clock.now()
            jobs.defer("seal_case", case_id=case.id)
        case.save()
        audit(by, "refuse-case" if reasons else "confirm-case", reference, reasons=[one.code for one in reasons])
    # Raised after the commit: the refusal stands in the case, and the custodian reads why.
    if reasons:
        raise UseRefused(reasons)


def refuse_case(*, by: Actor, reference: str) -> None:
    """A second custodian does not confirm; the case ends.

    Raises:
        As `confirm_case`.
    """
    account = require_session(by, Role.CUSTODIAN)
    with people_zone():
        case = _locked(reference, account)
        _second(case, account)
        _go_to(case, CaseState.REFUSED)
        case.reveal_by = clock.today() + REVEAL_AFTER
        _end(case, [Reason("case-confirmed", "A second person did not confirm this case", mend="The case ends.")])
        case.save()
        audit(by, "refuse-case", reference, reasons=["case-confirmed"])


def collect(*, by: Actor, reference: str) -> tuple[AnswerLine, ...]:
    """The answer, to the officer who asked, once; it is wiped as it is given.

    Raises:
        AccessDenied: code `case`, for anybody else's case or none. UseRefused: code `collected` or `not-ready`.
    """
    account = require_session(by, Role.POLICE_OFFICER)
    with people_zone():
        case = GatewayCase.objects.select_for_update().filter(reference=reference, asked_by=account).first()
        # Asked for the force: an officer who has left it takes nothing along.
        if case is None or not _asks(account, case):
            raise _no_case()
        if case.collected_at is not None:
            mend = "An answer is given once. Ask again under the agreement if it was lost."
            raise UseRefused(Reason("collected", "The answer has been given", reference, mend))
        late = case.told_at is not None and case.told_at < clock.now() - KEEP_ANSWER
        if case.state != CaseState.DISCLOSED or case.answer is None or late:
            raise UseRefused(Reason("not-ready", "There is no answer to collect", reference, "See the list of cases."))
        answer = tuple(AnswerLine(**{**one, "received": date.fromisoformat(one["received"])}) for one in case.answer)
        case.answer, case.collected_at = None, clock.now()
        case.save()
        audit(by, "collect-answer", reference, facts=len(answer))
    return answer


def leaver(case: GatewayCase) -> tuple[Reason, ...]:
    """Why the person cannot be told about, if no school has them on roll and the power does not reach leavers
    (CASE-17).
    """
    keys = [] if case.person_id is None else keys_of(case.person_id)
    if POWERS[case.power].reaches_leavers or _sightings().filter(person_id__in=keys, on_roll=True).exists():
        return ()
    mend = "Records of people who have left are not used in such cases."
    return (Reason("case-leaver", "The person is on no school's roll", mend=mend),)


def _agreement(officer: Account, reference: str) -> Agreement:
    rows = Agreement.objects.select_related("publication")
    found = rows.filter(publication__reference=reference, organisation=officer.organisation_id).first()
    if found is None:
        mend = "Choose one of those listed for your organisation."
        raise AccessDenied(Reason("agreement", "Your organisation has no such agreement", reference[:64], mend))
    return found


def _require_in_force(agreement: Agreement) -> None:
    """Asked before anybody looks; the gate asks this and much more before anything is told."""
    today = clock.today()
    replaced = Publication.objects.filter(supersedes=agreement.publication_id, starts__lte=today).exists()
    if replaced or not agreement.starts <= today <= min(agreement.ends, agreement.review_by):
        mend = "Conclude, or review and publish, an agreement."
        where = agreement.publication.reference
        raise UseRefused(Reason("agreement-dates", "The agreement is not in force today", where, mend))


def _beyond(agreement: Agreement, purpose: str, items: Sequence[str]) -> list[Reason]:
    reasons = []
    if purpose not in agreement.purposes:
        mend = "Choose one that it covers."
        reasons.append(Reason("case-purpose", "The agreement does not cover this purpose", "purpose", mend))
    if not items:
        reasons.append(Reason("case-items", "No items are named", "items", "Choose the items needed, and no others."))
    for item in sorted(set(items) - set(agreement.items)):
        reasons.append(Reason("case-items", "The agreement does not cover this item", item[:64], "Leave it out."))
    return reasons


def _named(surname: str, forename: str, born: date, postcode: str) -> list[Reason]:
    texts = (("surname", surname, 1), ("forename", forename, 1), ("postcode", postcode, 0))
    reasons = [
        Reason("case-name", f"This has between {least} and {_LONGEST} characters", where, "Name one child in full.")
        for where, text, least in texts
        if not least <= len(text.strip()) <= _LONGEST
    ]
    if not date(1980, 1, 1) <= born <= clock.today():
        reasons.append(Reason("case-born", "This is not a pupil's date of birth", "born", "Give day, month and year."))
    return reasons


def _refuse(reasons: Sequence[Reason]) -> None:
    if reasons:
        raise InputRefused(reasons)


def _locked(reference: str, account: int) -> GatewayCase:
    """The case for a custodian, who is not of the organisation that asks."""
    case = GatewayCase.objects.select_for_update().filter(reference=reference).first()
    if case is None:
        raise _no_case()
    if any(_asks(one, case) for one in accounts_of(account)):
        raise AccessDenied(Reason("case-people", "Your own organisation asked", mend="Somebody else does this."))
    return case


def _asks(account: int, case: GatewayCase) -> bool:
    """Whether the account is of the organisation that asks."""
    return Account.objects.filter(id=account, organisation__agreement=case.agreement_id).exists()


def _no_case() -> AccessDenied:
    return AccessDenied(Reason("case", "There is no such case for you", mend="See the list of cases."))


def _second(case: GatewayCase, account: int) -> None:
    if is_one_of(account, {case.matched_by_id, case.asked_by_id}):
        mend = "Somebody else confirms it."
        raise AccessDenied(Reason("case-people", "Asking, matching and confirming are three people's work", mend=mend))


def _go_to(case: GatewayCase, state: CaseState) -> None:
    if reason := CASES.refuses(case.state, state):
        raise UseRefused(reason)
    case.state = state


def _end(case: GatewayCase, reasons: Sequence[Reason]) -> None:
    """Record why nothing will be told, and have even that entered in the log before the officer hears it."""
    case.reasons = [asdict(reason) for reason in reasons]
    case.reveal_by = case.reveal_by or clock.today() + REVEAL_AFTER
    jobs.defer("seal_case", case_id=case.id)


def _asked(case: GatewayCase) -> Asked:
    about = case.asked_about
    if about is None:
        raise ValueError("whom a case is about is known until it is told")
    return Asked(about["surname"], about["forename"], date.fromisoformat(about["born"]), about["postcode"])


def _candidates(asked: Asked) -> list[Candidate]:
    """Everybody born on that day or on the day with day and month swapped, and everybody of that surname as spelt."""
    days = {asked.born}
    if asked.born.day <= 12:
        days.add(date(asked.born.year, asked.born.day, asked.born.month))
    seen = _sightings()
    rows = seen.filter(date_of_birth__in=days) | seen.filter(surname__iexact=asked.surname)
    above, sealed = roots(), kept_apart().sealed
    return [
        Candidate(
            person=above.get(row.person_id, row.person_id),
            # A name from before an adoption leads to no record of after it.
            surnames=(row.surname,)
            if row.person_id in sealed
            else (row.surname, row.preferred_surname, row.former_surname),
            forename=row.forename,
            middle_names=row.middle_names,
            born=row.date_of_birth,
            postcode=row.postcode,
        )
        for row in rows.order_by("id")
    ]


def _sightings() -> QuerySet[Sighting]:
    return Sighting.objects.filter(source__state=Return.ACCEPTED)
