"""Sealing a gateway case and telling its result: the log entry before the officer hears anything. Runs in the job
process.

The same gate as for a run (the log's specification, sections 12 and 14). A case that ended with no is sealed as well:
its set holds the child who was looked at, or nobody where nobody was found, and its padded size tells neither. Facts,
salt, manifest and who was meant go to the overseer's key alone; the row forgets whom it was about.
"""

import secrets
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from pyroaring import BitMap

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import UseRefused
from rollbook.policy.gate import Refused
from rollbook.policy.powers import POWERS
from rollbook.policy.roles import Role
from rollbook.policy.states import CaseState
from rollbook.records.models.identity import GatewayCase
from rollbook.services.catalogue.items import item_facts
from rollbook.services.gateway.case_facts import answer_of
from rollbook.services.log.documents import text_document
from rollbook.services.log.outbox import submit
from rollbook.services.log.published import published
from rollbook.services.platform import clock
from rollbook.services.platform.actors import system
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.work_locks import Work, alone, bring_to_end
from rollbook.services.projects.governance import gate_for_case
from rollbook.services.studies.run_plan import pupil_ids
from rollbook.services.uses import populations
from rollbook.services.uses.sets import MadeSet, make_set
from rollbook.tlog.seals import seal_commit

WAIT_SECONDS = 60.0
# An answer nobody collects is wiped after this long; the officer can ask again under the agreement.
KEEP_ANSWER = timedelta(days=14)
BLOB = "rollbook/sealed-case@v1"
_DECIDED = (CaseState.CONFIRMED, CaseState.REFUSED)


def seal(case_id: int, *, wait_s: float = WAIT_SECONDS) -> None:
    """Bring a decided case to its end from wherever it stands. One that has been told is left alone.

    Raises:
        StateBroken: the log did not take the entry in time; nobody was told, and a later call goes on.
        UseRefused, VerificationFailed: the log does not hold the entry; nobody was told.
    """
    with alone(Work.CASE, case_id) as mine:
        case = _case(case_id)
        if not mine or case.told_at is not None or case.state not in _DECIDED:
            return
        if case.submission_id is None:
            _log_first(case)
        # 5 and 6 of the release gate: published, read back and verified, or nothing is told.
        try:
            published(_submission(case), timeout_s=wait_s)
        except UseRefused:
            # An entry that the log's rules refuse never comes: the set's month may have passed while it waited. The
            # officer would wait for ever, so the case gets a set and an entry of today, once for each call.
            _log_first(case)
            published(_submission(case), timeout_s=wait_s)
        _tell(case)
    wipe_old_answers()


def recover(*, wait_s: float = WAIT_SECONDS) -> int:
    """At the start of the job process: bring every decided case that a dead process left to its end; gives how many."""
    with people_zone():
        left = GatewayCase.objects.filter(state__in=_DECIDED, told_at=None).order_by("id")
        numbers = list(left.values_list("id", flat=True))
    wipe_old_answers()
    return bring_to_end(numbers, partial(seal, wait_s=wait_s))


def wipe_old_answers() -> int:
    """Forget the answers that were not collected in time; gives how many. Called by every job of the gateway."""
    with people_zone():
        old = GatewayCase.objects.filter(answer__isnull=False, told_at__lt=clock.now() - KEEP_ANSWER)
        references = list(old.values_list("reference", flat=True))
        old.update(answer=None)
        for reference in references:
            audit(system(), "wipe-answer", reference)
    return len(references)


def _case(case_id: int) -> GatewayCase:
    with people_zone():
        return GatewayCase.objects.select_related("agreement__organisation", "agreement__publication").get(id=case_id)


def _submission(case: GatewayCase) -> int:
    if case.submission_id is None:
        raise ValueError("a case is told only after it was handed in to the log")
    return case.submission_id


def _log_first(case: GatewayCase) -> None:
    """Steps 1 to 4: set, population and the overseer's copy are durable; then one transaction hands the entry in."""
    # What is sealed can never be changed, so it is not said on the word of days ago that something will be told.
    _ask_the_gate(case)
    people = BitMap([] if case.person_id is None else [case.person_id])
    names = list(pupil_ids(people).values())
    made = make_set(pupil_ids=names, population_sha256=populations.digest(people), sealed=True)
    population_file = populations.keep_sealed(people)
    summary, document = text_document(_summary(case))
    body, salt = _body(case, summary), secrets.token_bytes(32)
    blob = _for_overseer(case, body, salt, made, names)
    with people_zone():
        entry = {
            "type": "sealed",
            "id": f"sealed-{secrets.token_hex(8)}",
            **made.entry_fields,
            "commit": seal_commit(salt, canonical.dumps(body)),
            "basis": body["basis"],
            "by": body["by"],
            "reveal_by": str(case.reveal_by),
        }
        # The summary waits unserved: no entry names it before the reveal.
        case.submission_id = submit(entry, documents=[document])
        case.sealed_body, case.set_store, case.population_file = blob, made.store_name, population_file
        case.save()
        audit(system(), "log-case", case.reference)


def _body(case: GatewayCase, summary: str) -> dict[str, Any]:
    organisation = case.agreement.organisation
    matched, returned = case.person_id is not None, case.state == CaseState.CONFIRMED
    return {
        "recipient": {"name": organisation.name, "sector": organisation.sector, "id": organisation.company_number},
        "purpose": case.purpose,
        "basis": POWERS[case.power].log_code,
        "classes": sorted({fact.risk for fact in item_facts(case.items)}),
        "items": list(case.items),
        "decided": str((case.confirmed_at or clock.now()).date()),
        "by": Role.CUSTODIAN.value,
        "summary_text": summary,
        "counts": {"asked": 1, "matched": int(matched), "returned": int(returned)},
    }


def _summary(case: GatewayCase) -> str:
    told = "Nothing was told."
    if case.state == CaseState.CONFIRMED:
        told = "It was decided to tell the items named here; the outcome entry says what was told in the end."
    return f"One named child was asked about under agreement {case.agreement.publication.reference}. {told}"


def _for_overseer(case: GatewayCase, body: dict[str, Any], salt: bytes, made: MadeSet, names: list[str]) -> bytes:
    facts = {
        "kind": BLOB,
        "case": case.reference,
        "body": body,
        "salt": b64(salt),
        "manifest": b64(made.manifest_bytes),
        "asked_about": case.asked_about,
        "outcome": case.outcome,
        "evidence": case.evidence.get("codes", []),
        "reasons": [reason["code"] for reason in case.reasons],
        "pupils": names,
    }
    return open_keys(settings.ROLLBOOK).seal_for_overseer(canonical.dumps(facts))


def _tell(case: GatewayCase) -> None:
    """Steps 7 and 8: the papers must still be in order; the answer is drawn; the row forgets whom it was about."""
    with people_zone():
        case = GatewayCase.objects.select_for_update().get(id=case.id)
        _draw(case)
        case.told_at = clock.now()
        case.asked_about, case.person_id, case.evidence = None, None, {}
        case.save()
        audit(system(), "tell-case", case.reference, state=case.state)


def _ask_the_gate(case: GatewayCase) -> None:
    """A confirmed case that the gate refuses today, its agreement having ended, say, is refused; not saved here."""
    if case.state != CaseState.CONFIRMED:
        return
    answer = gate_for_case(case_id=case.id)
    if isinstance(answer, Refused) or case.person_id is None:
        reasons = answer.reasons if isinstance(answer, Refused) else ()
        case.state, case.reasons = CaseState.REFUSED, [asdict(reason) for reason in reasons]


def _draw(case: GatewayCase) -> None:
    _ask_the_gate(case)
    if case.state == CaseState.CONFIRMED and case.person_id is not None:
        case.answer = answer_of(case.person_id, case.items)
        case.state, case.disclosed_at = CaseState.DISCLOSED, clock.now()
