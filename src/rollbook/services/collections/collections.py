"""Collections: opened only when families can read what is asked and why; counted in the log day by day.

Left to others: reading returns (`services.returns.ingest`), telling people (`services.collections.notices` of the
portal), the public pages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import QuerySet
from pyroaring import BitMap

from rollbook.dataplane.census.catalogue import collection_name, items_of
from rollbook.dataplane.census.codes import codes_of
from rollbook.kernel.authorities import RETURN_AUTHORITIES
from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.kernel.terms import Term, census_day
from rollbook.policy.roles import Role
from rollbook.records.models.accounts import School
from rollbook.records.models.collections import Collection, IntakeDay, Return
from rollbook.records.models.governance import Assessment, Publication
from rollbook.records.models.identity import NoticeGiven, Sighting
from rollbook.records.models.log import LogSubmission
from rollbook.services.catalogue.mapped_items import mapping_of
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, require_role
from rollbook.services.platform.audit import audit
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.returns import people_of

_MEND_PAPER = "Publish a version that is in force today and wait until it stands in the log."


@dataclass(frozen=True, slots=True)
class ToldCounts:
    """How many people on the current returns of a collection were given its notice, and how many were not."""

    told: int
    not_told: int


def register_school(*, by: Actor, laestab: str, name: str, phase: str, urn: str = "") -> None:
    """Enter a school that sends returns, or its new name; a return of a school not entered is refused.

    Raises:
        AccessDenied: code `role`. InputRefused: codes `laestab`, `school-name`, `phase`, `urn`.
    """
    require_role(by, Role.OPERATOR)
    if reasons := tuple(_not_a_school(laestab, name, phase, urn)):
        raise InputRefused(reasons)
    with transaction.atomic():
        School.objects.update_or_create(laestab=laestab, defaults={"name": name, "phase": phase, "urn": urn})
        audit(by, "register-school", laestab)


def _not_a_school(laestab: str, name: str, phase: str, urn: str) -> Iterator[Reason]:
    # An authority sends the early years return of all its settings under its own number.
    school = len(laestab) == 7 and laestab.isascii() and laestab.isdigit()
    if not school and laestab not in RETURN_AUTHORITIES:
        mend = "Give the authority's three digits and the school's four; for an authority itself its three digits."
        yield Reason("laestab", "This is not the number of a school", laestab[:16], mend)
    if not name.strip() or len(name) > 200:
        yield Reason("school-name", "A school's name has 1 to 200 characters", "name", "Shorten or fill it.")
    if phase not in codes_of("phase"):
        mend = f"Use one of: {', '.join(codes_of('phase'))}."
        yield Reason("phase", "This is not a phase of schools", phase[:16], mend)
    if urn and not (len(urn) == 6 and urn.isascii() and urn.isdigit()):
        yield Reason("urn", "A school's URN is six digits", urn[:16], "Correct it, or leave it out.")


def open_collection(*, by: Actor, code: str, notice: str, assessment: str) -> None:
    """Open a collection for returns. `notice` and `assessment` are references of publications.

    Raises:
        AccessDenied: code `role`. InputRefused: the collection is unknown. UseRefused: it is open already, a paper is
        missing, not in force or not in the log, or one of them leaves out an item of
            the collection; every missing item is named.
    """
    require_role(by, Role.OPERATOR)
    mapping = mapping_of(code)
    asked = [item.id for item in items_of(code)] if mapping is None else list(mapping.items)
    with transaction.atomic():
        told, assessed = _paper("notice", notice), _paper("assessment", assessment)
        reasons = [*_not_open_yet(code), *_faults("notice", told, asked), *_faults("assessment", assessed, asked)]
        if reasons or told is None or assessed is None:
            raise UseRefused(reasons)
        Collection.objects.create(
            code=code,
            name=_name(code) if mapping is None else mapping.title,
            reference_date=_day(code) if mapping is None else mapping.day,
            items=asked,
            notice=told,
            assessment=Assessment.objects.get(publication=assessed),
            opened_at=clock.now(),
        )
        audit(by, "open-collection", code, notice=notice, assessment=assessment)


def _not_open_yet(code: str) -> Iterator[Reason]:
    if Collection.objects.filter(code=code).exists():
        yield Reason("collection-opened", "This collection was opened already", code, "Open each collection once.")


def _paper(kind: str, reference: str) -> Publication | None:
    return Publication.objects.select_related("submission").filter(kind=kind, reference=reference).first()


def _faults(kind: str, paper: Publication | None, asked: Sequence[str]) -> Iterator[Reason]:
    if paper is None:
        yield Reason(f"{kind}-missing", f"There is no published {kind} of this reference", kind, _MEND_PAPER)
        return
    today = clock.today()
    if paper.submission.state != LogSubmission.APPENDED:
        yield Reason(f"{kind}-not-logged", f"The {kind} does not stand in the log yet", paper.reference, _MEND_PAPER)
    if paper.starts > today or Publication.objects.filter(supersedes=paper, starts__lte=today).exists():
        yield Reason(f"{kind}-not-in-force", f"The {kind} is not in force today", paper.reference, _MEND_PAPER)
    if paper.review_by is not None and paper.review_by < today:
        yield Reason(
            f"{kind}-overdue", f"The review of the {kind} is overdue", paper.reference, "Review it and publish."
        )
    missing = [item for item in asked if item not in paper.items]
    if missing:
        mend = "Publish a version that covers them, or do not open the collection."
        yield Reason(
            f"{kind}-items", f"The {kind} does not cover every item: {', '.join(missing)}", paper.reference, mend
        )


def _term(code: str) -> tuple[Term, int]:
    _, term, year = code.split("-")
    return Term(term.upper()), int(year)


def _name(code: str) -> str:
    return collection_name(code).capitalize()


def _day(code: str) -> date:
    return census_day(*_term(code))


def log_intake(*, by: Actor, day: date) -> tuple[int, ...]:
    """Enter in the log how many returns of each collection came in by the end of `day` and were not counted before.

    One entry for each collection and day; what comes later on the same day is counted by the next day's entry, so every
    return is counted once. Gives the numbers of the submissions, none where nothing came.

    Raises:
        AccessDenied: code `role`. InputRefused: the day has not begun.
    """
    require_role(by, Role.OPERATOR, Role.SYSTEM)
    if day > clock.today():
        raise InputRefused(Reason("day-to-come", "This day has not begun", str(day), "Name today or an earlier day."))
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    with transaction.atomic():
        waiting = Return.objects.select_for_update().filter(intake=None, received_at__lt=end)
        done = IntakeDay.objects.filter(day__gte=day).values("collection_id")
        codes = waiting.exclude(collection_id__in=done).values_list("collection_id", flat=True)
        return tuple(_enter(by, code, day, waiting.filter(collection_id=code)) for code in sorted(set(codes)))


def _enter(by: Actor, code: str, day: date, waiting: QuerySet[Return]) -> int:
    rows = list(waiting)
    refused = sum(row.state == Return.REFUSED for row in rows)
    counts = {"returns": len(rows), "accepted": len(rows) - refused, "refused": refused}
    entry = {"type": "intake", "id": f"intake-{code}-{day}", "collection": code, "day": str(day), **counts}
    number = submit(entry)
    made = IntakeDay.objects.create(collection_id=code, day=day, submission_id=number)
    Return.objects.filter(pk__in=[row.pk for row in rows]).update(intake=made)
    audit(by, "log-intake", code, day=str(day), **counts)
    return number


def told_counts(code: str) -> ToldCounts:
    """For the register: people on the current files of a collection with and without its notice. Counts only."""
    notice = Collection.objects.values_list("notice_id", flat=True).get(code=code)
    with people_zone():
        seen = Sighting.objects.filter(source__collection_id=code, source__state=Return.ACCEPTED)
        everyone = BitMap(seen.values_list("person_id", flat=True).distinct().iterator()) | people_of(code)
        given = NoticeGiven.objects.filter(publication_id=notice).values_list("person_id", flat=True).distinct()
        told = len(everyone & BitMap(given.iterator()))
    return ToldCounts(told=told, not_told=len(everyone) - told)
