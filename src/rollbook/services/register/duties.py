"""Duties that are overdue. They show here without anybody deciding to show them, and go only by being done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from django.db.models import Min

from rollbook.policy.states import RequestState
from rollbook.records.models.accounts import Account, Accreditation, Training
from rollbook.records.models.collections import Return
from rollbook.records.models.governance import Agreement, Decision, Publication
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.reported import ReportedUse
from rollbook.records.models.studies import Project
from rollbook.services.log import reader
from rollbook.services.log.history import published_log
from rollbook.services.platform import clock
from rollbook.services.register.uses import uses
from rollbook.tlog.duties import overdue as overdue_in_log

WAIT = timedelta(hours=1)
STALE = timedelta(hours=24)


class DutyKind(StrEnum):
    """What kind of duty, in the words of the page."""

    AGREEMENT = "Review of an agreement"
    ASSESSMENT = "Review of an impact assessment"
    PUBLICATION = "Review of a published paper"
    REVEAL = "Telling a sealed case"
    INTAKE = "Counting a day's returns in the log"
    LOOKUPS = "Entering a day of look-ups in the log"
    DESTRUCTION = "Certifying that the data of an ended use is gone"
    LOG_WAITING = "Entering something in the log"
    LOG_REFUSED = "Mending an entry that the log refused"
    LOG_STALE = "Signing the log again"
    CLOSE_PROJECT = "Closing a project whose approval has expired"
    ACCREDITATION = "Renewing an accreditation, or taking the person off the project"
    TRAINING = "Renewing a training, or taking the person off the project"


@dataclass(frozen=True, slots=True)
class Duty:
    """One overdue duty: what, about which reference, and since when."""

    kind: DutyKind
    reference: str
    due: date

    def days(self, today: date) -> int:
        """For how many days it has been overdue."""
        return (today - self.due).days


def overdue(today: date) -> tuple[Duty, ...]:
    """Every duty that is overdue on `today`, the longest overdue first."""
    found = [duty for source in SOURCES for duty in source(today)]
    return tuple(sorted(found, key=lambda duty: (duty.due, duty.kind, duty.reference)))


def _papers(today: date) -> Iterator[Duty]:
    """Papers past their review, unless a later version has begun or, for an agreement, it has ended."""
    replaced = Publication.objects.filter(starts__lte=today, supersedes__isnull=False).values("supersedes_id")
    ended = Agreement.objects.filter(ends__lt=today).values("publication_id")
    rows = Publication.objects.filter(review_by__lt=today).exclude(id__in=replaced).exclude(id__in=ended)
    kinds = {"agreement": DutyKind.AGREEMENT, "assessment": DutyKind.ASSESSMENT}
    for row in rows.order_by("id"):
        if row.review_by is not None:
            yield Duty(kinds.get(row.kind, DutyKind.PUBLICATION), row.reference, row.review_by)


def _reveals(today: date) -> Iterator[Duty]:
    for use in uses():
        if use.sealed and use.reveal_by is not None and use.reveal_by < today:
            yield Duty(DutyKind.REVEAL, f"entry {use.index}", use.reveal_by)


def _lookups(today: date) -> Iterator[Duty]:
    """Days on which an account was answered and that no entry tells by the end of the next day."""
    rows = ReportedUse.objects.filter(submission=None, day__lt=today - timedelta(days=1)).select_related("account")
    for row in rows.order_by("id"):
        if row.account is not None:
            yield Duty(DutyKind.LOOKUPS, row.account.reference, row.day + timedelta(days=1))


def _destructions(today: date) -> Iterator[Duty]:
    """Uses whose approval has ended and that no certificate closes, as the log itself shows them."""
    if reader.head() is not None:
        for one in overdue_in_log(published_log().history, str(today)):
            if one.code == "destruction-overdue":
                yield Duty(DutyKind.DESTRUCTION, f"entry {one.index}", date.fromisoformat(one.due))


def _log(today: date) -> Iterator[Duty]:
    """Whatever waits longer than an hour, was refused, or a head nobody has signed for a day."""
    late = _end(today) - WAIT
    done = (LogSubmission.APPENDED, LogSubmission.SET_ASIDE)
    rows = LogSubmission.objects.exclude(state__in=done).order_by("id")
    for row in rows:
        if row.state == LogSubmission.REFUSED:
            yield Duty(DutyKind.LOG_REFUSED, row.entry_id, row.made_at.date())
        elif row.made_at < late:
            yield Duty(DutyKind.LOG_WAITING, row.entry_id, row.made_at.date())
    head = reader.head()
    if head is not None and head.signed_at < _end(today) - STALE:
        yield Duty(DutyKind.LOG_STALE, f"size {head.size}", head.signed_at.date())


def _intake(today: date) -> Iterator[Duty]:
    """Collections with returns that no entry counts by the end of the day after they came."""
    end = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(days=1)
    rows = Return.objects.filter(intake=None, received_at__lt=end).values("collection_id")
    for row in rows.annotate(first=Min("received_at")).order_by("collection_id"):
        yield Duty(DutyKind.INTAKE, row["collection_id"], row["first"].date() + timedelta(days=1))


def _projects(today: date) -> Iterator[Duty]:
    """Projects at work under an approval that has expired or was taken back (CASE-09)."""
    for project in Project.objects.select_related("request").filter(closed_at=None).order_by("id"):
        latest = Decision.objects.filter(request=project.request).order_by("-made_at", "-id").first()
        if project.request.state in {RequestState.REJECTED, RequestState.WITHDRAWN} and latest is not None:
            yield Duty(DutyKind.CLOSE_PROJECT, project.request.reference, latest.made_at.date())
        elif latest is not None and latest.expires is not None and latest.expires < today:
            yield Duty(DutyKind.CLOSE_PROJECT, project.request.reference, latest.expires)


def _accreditations(today: date) -> Iterator[Duty]:
    """Members of open projects without a current accreditation; the project is named, the person is not."""
    for project, member in _members():
        periods = Accreditation.objects.filter(account=member).order_by("-expires")
        if not periods.filter(starts__lte=today, expires__gte=today).exists():
            latest = periods.first()
            due = min(latest.expires, today) if latest else project.opened_at.date()
            yield Duty(DutyKind.ACCREDITATION, project.request.reference, due)


def _trainings(today: date) -> Iterator[Duty]:
    """The same for training that counts."""
    for project, member in _members():
        latest = Training.objects.filter(account=member).order_by("-expires").first()
        if latest is None or latest.expires < today:
            due = latest.expires if latest else project.opened_at.date()
            yield Duty(DutyKind.TRAINING, project.request.reference, due)


def _members() -> Iterator[tuple[Project, Account]]:
    for project in Project.objects.select_related("request").filter(closed_at=None).order_by("id"):
        for member in project.members.order_by("id"):
            yield project, member


def _end(today: date) -> datetime:
    """Now, or the end of an earlier day that is asked about."""
    now = clock.now()
    return now if today >= now.date() else datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)


SOURCES: tuple[Callable[[date], Iterator[Duty]], ...] = (
    _papers,
    _reveals,
    _intake,
    _lookups,
    _destructions,
    _log,
    _projects,
    _accreditations,
    _trainings,
)
