"""The dated records without which the gate says no: organisations and papers.

Deeds of the operator. Each new version is a new publication in the log that supersedes the old one; none is changed or
removed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction

from rollbook.kernel.encoding import b64, sha256
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.policy.powers import POWERS
from rollbook.policy.roles import Role
from rollbook.policy.sectors import Sector
from rollbook.records.models.accounts import Organisation
from rollbook.records.models.governance import Agreement, Assessment, Publication
from rollbook.services.catalogue.items import unknown_items, unknown_power, unknown_purposes
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.references import next_reference
from rollbook.services.projects.gating import gate_for_case, gate_for_request, gate_for_run
from rollbook.services.projects.papers import Clause, Step, Terms, agreement_text, assessment_text

__all__ = [
    "Clause",
    "Step",
    "gate_for_case",
    "gate_for_request",
    "gate_for_run",
    "organisation_id",
    "organisations",
    "publish",
    "record_agreement",
    "record_assessment",
    "register_organisation",
    "rename_organisation",
    "verify_organisation",
]

_REGISTER = "Register it first: `rollbook organisation register`."
KINDS = frozenset({"notice", "rules", "review"})


@dataclass(frozen=True, slots=True)
class Body:
    """A registered organisation; `standing` says when it was verified, or why it receives nothing."""

    number: str
    name: str
    sector: str
    standing: str


def organisations() -> tuple[Body, ...]:
    """Every registered organisation, by its number."""
    return tuple(
        Body(one.company_number, one.name, one.sector, _standing(one))
        for one in Organisation.objects.order_by("company_number")
    )


def _standing(body: Organisation) -> str:
    if body.verified_on is None:
        return "not verified yet"
    same = (body.verified_name, body.verified_number) == (body.name, body.company_number)
    return f"verified on {body.verified_on}" if same else "renamed, to be verified again"


def organisation_id(number: str) -> int:
    """The row of the organisation of this registered number.

    Raises:
        InputRefused: code `organisation-unknown`.
    """
    return int(_organisation(number).pk)


def register_organisation(*, by: Actor, name: str, number: str, sector: str) -> str:
    """Enter a body that may ask, under its public register number. It receives nothing until it is verified.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `sector`, `organisation-taken`, `text-length`.
    """
    require_role(by, Role.OPERATOR)
    reasons = [*_length("name", name, 200), *_length("number", number, 64)]
    if sector not in frozenset(Sector):
        mend = f"Use one of: {', '.join(Sector)}."
        reasons.append(Reason("sector", "There is no such kind of organisation", sector[:64], mend))
    if Organisation.objects.filter(company_number=number).exists():
        reasons.append(
            Reason("organisation-taken", "This number is registered already", number, "Use the entry there is.")
        )
    _refuse(reasons)
    with transaction.atomic():
        Organisation.objects.create(name=name, company_number=number, sector=sector)
        audit(by, "register-organisation", number, sector=sector)
    return number


def verify_organisation(*, by: Actor, number: str) -> None:
    """Record that name and number were found together in the public register today."""
    require_role(by, Role.OPERATOR)
    with transaction.atomic():
        body = _organisation(number, lock=True)
        body.verified_name, body.verified_number, body.verified_on = body.name, body.company_number, clock.today()
        body.save()
        audit(by, "verify-organisation", number)


def rename_organisation(*, by: Actor, number: str, name: str) -> None:
    """Enter a new name. Every use by the body stops until it is verified again (CASE-03)."""
    require_role(by, Role.OPERATOR)
    _refuse(_length("name", name, 200))
    with transaction.atomic():
        body = _organisation(number, lock=True)
        body.name = name
        body.save()
        audit(by, "rename-organisation", number)


def publish(
    *,
    by: Actor,
    kind: str,
    title: str,
    document: str,
    from_: date,
    review_by: date | None = None,
    items: Sequence[str] = (),
    supersedes: str | None = None,
) -> str:
    """Publish a notice, a rule set or a review, and enter it in the log; gives its reference.

    Raises:
        AccessDenied: code `role`. InputRefused: kind, dates, items or the version it supersedes are wrong.
    """
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    reasons = [*_dates(from_, review_by), *(unknown_items(items) if items else ())]
    if kind not in KINDS:
        mend = f"Use one of {', '.join(sorted(KINDS))}; agreements and assessments have deeds of their own."
        reasons.append(Reason("publication-kind", "This is not a kind of publication made here", kind[:16], mend))
    _refuse(reasons)
    with transaction.atomic():
        return _publish(by, kind, title, document, from_, review_by, items, supersedes).reference


def record_agreement(
    *,
    by: Actor,
    organisation: str,
    title: str,
    power: str,
    purposes: Sequence[str],
    items: Sequence[str],
    clauses: Sequence[Clause],
    starts: date,
    ends: date,
    review_by: date,
    cited_law: str = "",
    supersedes: str | None = None,
) -> str:
    """Record and publish an agreement with the organisation of that number; gives its reference.

    Raises:
        AccessDenied: code `role`. InputRefused: with every reason.
    """
    require_role(by, Role.OPERATOR)
    reasons = [*unknown_power(power), *unknown_purposes(purposes), *unknown_items(items), *_dates(starts, review_by)]
    if ends < starts:
        reasons.append(Reason("date-order", "It would end before it begins", str(ends), "Give a later day."))
    if not clauses:
        reasons.append(Reason("clauses-none", "An agreement without clauses binds nobody", title, "Give its clauses."))
    if power in POWERS and POWERS[power].cites_law and not cited_law.strip():
        reasons.append(
            Reason("agreement-law", "The agreement cites no law it rests on", power, "Cite the power relied on.")
        )
    reasons += _length("cited_law", cited_law, 200) if cited_law else ()
    _refuse(reasons)
    with transaction.atomic():
        body = _organisation(organisation)
        terms = Terms(
            title, body.name, organisation, power, cited_law, tuple(purposes), tuple(items), starts, ends, review_by
        )
        text = agreement_text(terms, clauses)
        paper = _publish(by, "agreement", title, text, starts, review_by, items, supersedes)
        Agreement.objects.create(
            publication=paper,
            organisation=body,
            power=power,
            cited_law=cited_law,
            purposes=list(purposes),
            items=list(items),
            clauses=[asdict(clause) for clause in clauses],
            starts=starts,
            ends=ends,
            review_by=review_by,
        )
    return paper.reference


def record_assessment(
    *,
    by: Actor,
    title: str,
    purposes: Sequence[str],
    items: Sequence[str],
    steps: Sequence[Step],
    starts: date,
    review_by: date,
    supersedes: str | None = None,
) -> str:
    """Record and publish an impact assessment; gives its reference.

    Raises:
        AccessDenied: code `role`. InputRefused: with every reason.
    """
    require_role(by, Role.OPERATOR)
    reasons = [*unknown_purposes(purposes), *unknown_items(items), *_dates(starts, review_by)]
    if not steps:
        reasons.append(Reason("steps-none", "An assessment needs its steps", title, "Give what each step found."))
    _refuse(reasons)
    with transaction.atomic():
        text = assessment_text(title, purposes, items, starts, review_by, steps)
        paper = _publish(by, "assessment", title, text, starts, review_by, items, supersedes)
        Assessment.objects.create(
            publication=paper, items=list(items), purposes=list(purposes), starts=starts, review_by=review_by
        )
    return paper.reference


def _publish(
    by: Actor,
    kind: str,
    title: str,
    document: str,
    starts: date,
    review_by: date | None,
    items: Sequence[str],
    supersedes: str | None,
) -> Publication:
    old = _superseded(kind, supersedes)
    data = document.encode()
    reference = next_reference(Publication, kind)
    entry: dict[str, object] = {
        "type": "publication",
        "id": reference,
        "kind": kind,
        "title": title,
        "document": b64(sha256(data)),
        "from": str(starts),
    }
    if review_by is not None:
        entry["review_by"] = str(review_by)
    refs = {"supersedes": old.submission_id} if old is not None else None
    submission = submit(entry, refs=refs, documents=[data])
    audit(by, "publish", reference, kind=kind)
    return Publication.objects.create(
        kind=kind,
        reference=reference,
        title=title,
        body=document,
        document=b64(sha256(data)),
        starts=starts,
        review_by=review_by,
        items=list(items),
        supersedes=old,
        submission_id=submission,
        made_at=clock.now(),
    )


def _superseded(kind: str, reference: str | None) -> Publication | None:
    if reference is None:
        return None
    old = Publication.objects.select_for_update().filter(reference=reference, kind=kind).first()
    if old is None:
        raise InputRefused(
            Reason("supersedes", f"There is no {kind} of this reference", reference[:64], "See the register.")
        )
    if Publication.objects.filter(supersedes=old).exists():
        mend = "Supersede the latest version."
        raise InputRefused(Reason("superseded", "This version is superseded already", reference, mend))
    return old


def _organisation(number: str, *, lock: bool = False) -> Organisation:
    rows = Organisation.objects.select_for_update() if lock else Organisation.objects
    body = rows.filter(company_number=number).first()
    if body is None:
        raise InputRefused(
            Reason("organisation-unknown", "This organisation is not registered", number[:64], _REGISTER)
        )
    return body


def _dates(starts: date, until: date | None) -> Iterator[Reason]:
    if until is not None and until < starts:
        yield Reason("date-order", "This day lies before the first day", str(until), "Give a later day.")


def _length(where: str, text: str, longest: int) -> Iterator[Reason]:
    if not text.strip() or len(text) > longest:
        yield Reason("text-length", f"This text has between 1 and {longest} characters", where, "Shorten or fill it.")


def _refuse(reasons: Iterable[Reason]) -> None:
    found = tuple(reasons)
    if found:
        raise InputRefused(found)
