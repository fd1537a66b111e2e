"""Requests in the open: asked by a researcher, decided by the panel, withdrawn by who asked.

A refused or withdrawn request stays where it is, with its reasons. Nothing here changes or removes what was said
before.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from rollbook.kernel.refusals import AccessDenied, InputRefused, Reason, UseRefused
from rollbook.policy.classes import read_class
from rollbook.policy.powers import POWERS
from rollbook.policy.purposes import PURPOSES, PurposeKind
from rollbook.policy.register_fields import DATED_KEYS, NOT_STATED, STANDARD_TEXTS, TEXT_FIELDS
from rollbook.policy.roles import Role
from rollbook.policy.states import DECISIONS, REQUESTS, RequestState
from rollbook.records.models.accounts import Account, Organisation
from rollbook.records.models.governance import Decision, Request
from rollbook.services.catalogue.items import item_facts, unknown_collections, unknown_items
from rollbook.services.log.documents import text_document
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock, jobs
from rollbook.services.platform.actors import Actor, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.holders import accounts_of
from rollbook.services.platform.references import next_reference
from rollbook.services.platform.stray import stray_data
from rollbook.services.projects.samples import SampleAsked, words

MODE = "safe-setting"
LONGEST_TITLE = 200
LONGEST_TEXT = 5000


def make_request(
    *,
    by: Actor,
    title: str,
    purpose: str,
    power: str,
    items: Sequence[str],
    collections: Sequence[str],
    starts: date,
    ends: date,
    texts: Mapping[str, str],
    sample: SampleAsked | None = None,
    amends: str | None = None,
) -> str:
    """Ask, in public and at once, for a study on these items to be run inside; gives the reference.

    `sample` says how many people are needed and why; without one the request asks for everybody. `texts` has the keys
    of `policy.register_fields.TEXT_FIELDS`; those not given get their standard text.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `organisation`. InputRefused: with every reason.
    """
    account = Account.objects.select_related("organisation").get(id=require_session(by, Role.RESEARCHER))
    if account.organisation is None:
        mend = "Ask the operator to enter your organisation."
        raise AccessDenied(Reason("organisation", "Your account belongs to no organisation", mend=mend))
    filled = _filled(texts, starts, ends)
    items, collections = tuple(dict.fromkeys(items)), tuple(dict.fromkeys(collections))
    reasons = (
        *_form(title, purpose, power, starts, ends),
        *unknown_items(items),
        *unknown_collections(collections),
        *_texts(texts, filled),
        *stray_data({"title": title, **filled}),
        *(sample.faults() if sample is not None else ()),
    )
    if reasons:
        raise InputRefused(reasons)
    with transaction.atomic():
        return _ask(
            by, account, account.organisation, title, purpose, power, items, collections, starts, ends, filled,
            sample.as_data() if sample is not None else {}, amends,
        )  # fmt: skip


def decide(*, by: Actor, reference: str, result: str, reasons: str, expires: date | None = None) -> None:
    """The panel's decision, by a member who, by none of their accounts, belongs to the organisation that asked.

    `result` is `approve`, which needs `expires`, or `refuse`. Reasons are published either way.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `own-organisation`. InputRefused: with every reason.
        UseRefused: code `state`.
    """
    member = Account.objects.get(id=require_session(by, Role.PANEL_MEMBER))
    found = (*_decision(result, expires), *_reasons(reasons))
    if found:
        raise InputRefused(found)
    with transaction.atomic():
        request = _locked(reference)
        own = Account.objects.filter(id__in=accounts_of(member.id))
        if own.filter(Q(organisation=request.organisation_id) | Q(id=request.requester_id)).exists():
            mend = "Another member of the panel decides."
            raise AccessDenied(Reason("own-organisation", "Your own organisation asked for this", reference, mend))
        _record(by, member, request, result, reasons, expires)


def withdraw(*, by: Actor, reference: str, reasons: str) -> None:
    """Take one's own request back. It stays public, with the reasons.

    Raises:
        AccessDenied: codes `role`, `session`, `second-factor`, `not-requester`. InputRefused, UseRefused: as `decide`.
    """
    account = Account.objects.get(id=require_session(by, Role.RESEARCHER))
    found = tuple(_reasons(reasons))
    if found:
        raise InputRefused(found)
    with transaction.atomic():
        request = _locked(reference)
        if request.requester_id != account.id:
            mend = "Whoever asked can withdraw it."
            raise AccessDenied(Reason("not-requester", "This is not your request", reference, mend))
        _record(by, account, request, "withdraw", reasons, None)


def _ask(
    by: Actor,
    account: Account,
    body: Organisation,
    title: str,
    purpose: str,
    power: str,
    items: Sequence[str],
    collections: Sequence[str],
    starts: date,
    ends: date,
    texts: dict[str, str],
    sample: dict[str, Any],
    amends: str | None,
) -> str:
    reference = next_reference(Request, "RB")
    earlier = _amended(amends, body)
    classes = sorted({str(read_class(item.risk)) for item in item_facts(items)})
    # The sample stands beside the texts, so that what the log's hash fixes says how many people were asked for.
    said = texts | ({"sample": f"{words(sample)}. {sample['why']}"} if sample else {})
    digest, document = text_document(json.dumps(said, ensure_ascii=False, sort_keys=True))
    entry: dict[str, object] = {
        "type": "request",
        "id": reference,
        "org": {"name": body.name, "sector": body.sector, "id": body.company_number},
        "title": title,
        "kind": "amend" if earlier else "new",
        "purpose": purpose,
        "basis": POWERS[power].log_code,
        "classes": classes,
        "items": list(items),
        "mode": MODE,
        "register_text": digest,
    }
    refs = {"amends": earlier.submission_id} if earlier else None
    submission = submit(entry, refs=refs, documents=[document])
    Request.objects.create(
        reference=reference,
        organisation=body,
        requester=account,
        title=title,
        kind=str(entry["kind"]),
        amends=earlier,
        purpose=purpose,
        power=power,
        items=list(items),
        classes=classes,
        collections=list(collections),
        mode=MODE,
        texts=texts,
        sample=sample,
        starts=starts,
        ends=ends,
        state=RequestState.OPEN,
        made_at=clock.now(),
        submission_id=submission,
    )
    audit(by, "make-request", reference, items=list(items))
    return reference


def _record(by: Actor, account: Account, request: Request, result: str, reasons: str, expires: date | None) -> None:
    wanted = DECISIONS[result]
    refusal = REQUESTS.refuses(request.state, wanted)
    if refusal is not None:
        raise UseRefused(refusal)
    digest, document = text_document(reasons)
    entry: dict[str, object] = {
        "type": "decision",
        "id": f"{request.reference}/decision-{request.decisions.count() + 1}",
        "result": result,
        "by": account.role,
        "reasons_text": digest,
    }
    if expires is not None:
        entry["expires"] = str(expires)
    submission = submit(entry, refs={"of": request.submission_id}, documents=[document])
    Decision.objects.create(
        request=request,
        result=result,
        role=account.role,
        decided_by=account,
        reasons=reasons,
        expires=expires,
        made_at=clock.now(),
        submission_id=submission,
    )
    request.state = wanted
    request.save(update_fields=["state"])
    audit(by, f"{result}-request", request.reference)
    if wanted is RequestState.APPROVED:
        # The web process may not make the project's key; the job process does.
        jobs.defer("open_project", request_id=request.id)


def _locked(reference: str) -> Request:
    request = Request.objects.select_for_update().filter(reference=reference).first()
    if request is None:
        raise InputRefused(Reason("request-unknown", "There is no such request", reference[:64], "See the register."))
    return request


def _amended(reference: str | None, body: Organisation) -> Request | None:
    if reference is None:
        return None
    request = Request.objects.filter(reference=reference, organisation=body).first()
    if request is None:
        mend = "Name a request of your own organisation."
        raise InputRefused(Reason("amends-unknown", "There is no such request to amend", reference[:64], mend))
    return request


def _form(title: str, purpose: str, power: str, starts: date, ends: date) -> Iterator[Reason]:
    if not title.strip() or len(title) > LONGEST_TITLE:
        yield Reason(
            "text-length", f"The title has between 1 and {LONGEST_TITLE} characters", "title", "Shorten or fill it."
        )
    found = PURPOSES.get(purpose)
    if found is None or found.kind is not PurposeKind.RESEARCH:
        yield Reason("purpose", "This is not a purpose a study may have", purpose[:64], "Choose one of those listed.")
    row = POWERS.get(power)
    if row is None or not row.in_force(clock.today()):
        yield Reason("power", "This is not a power in force", power[:64], "Choose one of those listed.")
    elif purpose not in row.purposes:
        yield Reason("power-purpose", "This power does not allow this purpose", power, "Choose another power.")
    if ends < starts or ends < clock.today():
        yield Reason("date-order", "The work would end before it begins, or in the past", "ends", "Give a later day.")


def _filled(texts: Mapping[str, str], starts: date, ends: date) -> dict[str, str]:
    given = {key: text.replace("\r\n", "\n").strip() for key, text in texts.items()}
    filled = {field.key: given.get(field.key) or STANDARD_TEXTS.get(field.key, NOT_STATED) for field in TEXT_FIELDS}
    return {**filled, "starts": str(starts), "ends": str(ends)}


def _texts(given: Mapping[str, str], filled: Mapping[str, str]) -> Iterator[Reason]:
    for key in sorted(set(given) - set(filled)):
        yield Reason("field-unknown", "The register has no such field", key[:64], "Leave it out.")
    for field in TEXT_FIELDS:
        if field.required and not given.get(field.key, "").strip():
            yield Reason("field-missing", f"{field.name}: this must be filled", field.key, field.hint)
        if field.key not in DATED_KEYS and len(filled[field.key]) > LONGEST_TEXT:
            mend = f"Use at most {LONGEST_TEXT} characters."
            yield Reason("text-length", f"{field.name}: this is too long", field.key, mend)


def _decision(result: str, expires: date | None) -> Iterator[Reason]:
    if result not in {"approve", "refuse"}:
        yield Reason("result", "A panel approves or refuses", result[:16], "Choose one of the two.")
    if result == "approve" and expires is None:
        yield Reason("expires-missing", "An approval needs a date of expiry", "expires", "Give one.")
    if result != "approve" and expires is not None:
        yield Reason("expires-refused", "Only an approval has a date of expiry", "expires", "Leave it empty.")
    if expires is not None and expires <= clock.today():
        yield Reason("expires-past", "The date of expiry has passed", "expires", "Give a later day.")


def _reasons(text: str) -> Iterator[Reason]:
    if not text.strip() or len(text) > LONGEST_TEXT:
        mend = f"Give them in at most {LONGEST_TEXT} characters."
        yield Reason("reasons-missing", "The public is owed the reasons", "reasons", mend)
    yield from stray_data({"reasons": text})
