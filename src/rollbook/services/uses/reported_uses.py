"""Uses that happened elsewhere and are told here: look-ups in other databases of the authority, by account and day, and
releases that were not logged before they happened.

Both are the weaker promise, and pages say so: between an answer and its day's entry the record rests on the other
database; a late release is a failure of the gate or an emergency. Source: the specification of the log, 13 and 15.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from pyroaring import BitMap

from rollbook.kernel.encoding import b64, unb64
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.policy.powers import POWERS
from rollbook.records.models.accounts import Organisation
from rollbook.records.models.governance import Decision, Request
from rollbook.records.models.identity import Identifier
from rollbook.records.models.reported import LookupAccount, ReportedUse
from rollbook.services.catalogue.items import item_facts
from rollbook.services.log import genesis
from rollbook.services.log.outbox import submit
from rollbook.services.log.published import published
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.uses import populations
from rollbook.services.uses.sets import MadeSet, make_set
from rollbook.tlog.labels import is_pupil_id, row_ref

WAIT_SECONDS: Final = 60.0
LATE: Final[Mapping[str, str]] = {
    "before-rollbook": "It was released before Rollbook kept the log",
    "emergency": "A child was in danger, and there was no time",
    "gate-failed": "It went past the gate",
}


def open_account(*, by: Actor, request_ref: str, reference: str, opens: date) -> str:
    """Open an account for look-ups under an approved request; nothing may be looked up before its entry is public.

    Raises:
        AccessDenied: code `role`. UseRefused: code `request`. InputRefused: code `entry-id` where the name was used.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        decision = Decision.objects.filter(request__reference=request_ref).order_by("-made_at", "-id").first()
        if decision is None or decision.result != "approve":
            raise UseRefused(Reason("request", "This request is not approved", request_ref[:64]))
        holder = Request.objects.select_related("organisation").get(reference=request_ref).organisation
        entry = {"type": "lookup-account", "id": reference, "holder": _org(holder), "opens": str(opens)}
        submission = submit(entry, refs={"of": decision.submission_id})
        LookupAccount.objects.create(reference=reference, submission_id=submission, opens=opens)
        audit(by, "open-lookups", reference, request=request_ref)
    return reference


def close_account(*, by: Actor, account: str) -> None:
    """Close an account from tomorrow on.

    Raises:
        AccessDenied: code `role`. UseRefused: code `account`.
    """
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        row = _account(account)
        row.closed_on = clock.today()
        row.save(update_fields=["closed_on"])
        entry = {"type": "lookup-close", "id": f"{account}-close", "on": str(row.closed_on)}
        submit(entry, refs={"of": row.submission_id})
        audit(by, "close-lookups", account)


def references(
    *, by: Actor, account: str, pupil_ids: Sequence[str], wait_s: float = WAIT_SECONDS
) -> tuple[str, list[str]]:
    """Today's `did` of an account (base64) and the reference of each pupil in it, to go with the answers.

    Raises:
        AccessDenied: code `role`. UseRefused: code `account`, or the log refuses the account.
        StateBroken: the account's entry is not public: nothing may be answered. InputRefused: code `pupil-id`.
    """
    require_role(by, Role.OPERATOR)
    _require_ids(pupil_ids)
    row = _account(account)
    published(row.submission_id, timeout_s=wait_s)
    if row.opens > clock.today():
        raise UseRefused(Reason("account", "This account does not open before its day", account))
    day = _day(row, clock.today())
    known = open_keys(settings.ROLLBOOK).vrf_evaluate(day.epoch, pupil_ids)
    return day.did, [row_ref(unb64(day.did), y).hex() for y in known]


def report_day(*, by: Actor, account: str, day: date, pupil_ids: Sequence[str]) -> str:
    """Enter the set of pupils that an account looked up on a day, at the latest on the next; gives the entry's id.

    Raises:
        AccessDenied: code `role`. UseRefused: code `account`, `reported` or `too-late`. InputRefused: `pupil-id`.
    """
    require_role(by, Role.OPERATOR)
    _require_ids(pupil_ids)
    row = _account(account)
    if day not in (clock.today(), clock.today() - timedelta(days=1)):
        mend = "Log it as a late release, which says that the day was missed."
        raise UseRefused(Reason("too-late", "A day is entered on the day or on the next", str(day), mend))
    use = _day(row, day)
    if use.submission_id is not None:
        raise UseRefused(Reason("reported", "This day stands in the log already", str(day)))
    made, people = _made(use, pupil_ids)
    entry = {"type": "lookup-batch", "id": f"{account}-{day}", "day": str(day), **made.entry_fields}
    with transaction.atomic():
        _keep(use, people, submit(entry, refs={"of": row.submission_id}))
        audit(by, "report-lookups", account, day=str(day))
    return str(entry["id"])


def log_late(
    *,
    by: Actor,
    released: date,
    reason: str,
    organisation: str,
    power: str,
    items: Sequence[str],
    pupil_ids: Sequence[str],
    files: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Log a release that happened before its entry; gives the entry's id. `files` are lines of a manifest (11.1).

    Raises:
        AccessDenied: code `role`. InputRefused: code `late-reason`, `day`, `organisation`, `power` or `pupil-id`.
        UseRefused: code `month-key`, where the month of the release has no key: it is told by totals instead.
    """
    require_role(by, Role.OPERATOR)
    _require_ids(pupil_ids)
    body = Organisation.objects.filter(company_number=organisation).first()
    if reason not in LATE or released > clock.today() or power not in POWERS or body is None:
        mend = f"Reasons are {', '.join(LATE)}; the day has passed; organisation and power are registered."
        raise InputRefused(Reason("late-release", "These are not the facts of a late release", mend=mend))
    epoch = genesis.month_of(released)
    if not genesis.has_key(epoch):
        mend = "Tell it by totals with a report."
        raise UseRefused(Reason("month-key", "The month of the release has no key in the log", epoch, mend))
    use = ReportedUse(day=released, did=b64(secrets.token_bytes(32)), epoch=epoch)
    made, people = _made(use, pupil_ids, files)
    entry = {
        "type": "disclosure", "id": f"late-{secrets.token_hex(8)}", **made.entry_fields, "mode": "file",
        "recipient": _org(body), "basis": POWERS[power].log_code, "items": sorted(set(items)),
        "classes": sorted({fact.risk for fact in item_facts(items)}),
        "late": {"released": str(released), "reason": reason},
    }  # fmt: skip
    with transaction.atomic():
        _keep(use, people, submit(entry))
        audit(by, "log-late", str(entry["id"]), reason=reason)
    return str(entry["id"])


def _made(
    use: ReportedUse, pupil_ids: Sequence[str], files: Sequence[Mapping[str, Any]] = ()
) -> tuple[MadeSet, BitMap]:
    """The set, with the id drawn before, and who of the pupils is known here; one nobody knows is in the set alone."""
    people = _people(pupil_ids)
    digest = populations.digest(people)
    made = make_set(
        pupil_ids=pupil_ids, files=files, population_sha256=digest, did=unb64(use.did), epoch=use.epoch
    )  # fmt: skip
    return made, people


def _keep(use: ReportedUse, people: BitMap, submission: int) -> None:
    use.population_file, use.submission_id = populations.keep(people, use.epoch), submission
    use.save()


def _people(pupil_ids: Sequence[str]) -> BitMap:
    by_scheme: dict[str, list[str]] = {}
    for scheme, _, value in (one.partition(":") for one in pupil_ids):
        by_scheme.setdefault(scheme, []).append(value)
    with people_zone():
        return BitMap(
            key
            for scheme, values in by_scheme.items()
            for key in Identifier.objects.filter(scheme=scheme, value__in=values).values_list("person_id", flat=True)
        )


def _day(account: LookupAccount, day: date) -> ReportedUse:
    """The row of an account's day, its `did` drawn and durable before the first answer."""
    fresh = {"did": b64(secrets.token_bytes(32)), "epoch": genesis.month_of(day)}
    return ReportedUse.objects.get_or_create(account=account, day=day, defaults=fresh)[0]


def _account(reference: str) -> LookupAccount:
    row = LookupAccount.objects.filter(reference=reference).first()
    if row is None or row.closed_on is not None:
        raise UseRefused(Reason("account", "There is no open account of this name", reference[:64]))
    return row


def _org(body: Organisation) -> dict[str, str]:
    return {"name": body.name, "sector": body.sector, "id": body.company_number}


def _require_ids(pupil_ids: Sequence[str]) -> None:
    wrong = sum(not is_pupil_id(one) for one in pupil_ids)
    if wrong or not pupil_ids:
        mend = "Give upn: or uln: and the number in capitals, one a line."
        raise InputRefused(Reason("pupil-id", f"{wrong} of {len(pupil_ids)} are no identifiers of pupils", mend=mend))
