"""Who may act for a child is recorded here, and letters and slips are issued to start accounts.

A letter goes to one adult and names no child and no school. Its code is given back once, to be printed, and then
exists only on the paper: the table holds its hash.
"""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.records.models.identity import Access, Identifier, Letter, Person, Responsibility
from rollbook.rights.ages import presumed_able
from rollbook.rights.authority import Standing
from rollbook.rights.bases import BASES, Basis, basis_of
from rollbook.rights.reasons import Why
from rollbook.services.accounts.access_rows import born_of, standing_of, with_pupil
from rollbook.services.accounts.codes import code_hash, new_code
from rollbook.services.accounts.letter_page import SERVICE, LetterText, as_pdf, as_text
from rollbook.services.accounts.schooling import require_pupil_of
from rollbook.services.log import reader
from rollbook.services.platform import clock
from rollbook.services.platform.actors import Actor, Role, require_session
from rollbook.services.platform.audit import audit
from rollbook.services.platform.one_person import keys_of
from rollbook.services.platform.people_zone import people_zone

LETTER_DAYS = 28
SLIP_HOURS = 2
PRESUMED, ASSESSED = "presumed-able", "assessed-able"


@dataclass(frozen=True, slots=True)
class IssuedLetter:
    """The one copy of a letter. Whoever receives it prints it and keeps nothing."""

    pdf: bytes
    text: str


@dataclass(frozen=True, slots=True)
class IssuedSlip:
    """The code for a pupil who stands at the desk, and until when it works."""

    code: str
    hours: int


def record_responsibility(
    *, by: Actor, upn: str, adult_name: str, address: str, basis: str, evidence: str, evidence_on: date,
    starts: date, ends: date | None = None,
) -> str:  # fmt: skip
    """Record that an adult may act for the pupil with this UPN; gives the handle of the record.

    A custodian may record for anyone, a school's data manager for the pupils of that school.

    Raises:
        InputRefused: for every field that cannot stand.
        UseRefused: with code `no-such-pupil`, or `stopped` where a safeguarding stop lies on this adult.
    """
    account_id = require_session(by, Role.CUSTODIAN, Role.SCHOOL_DATA_MANAGER)
    adult_name, address = (
        " ".join(adult_name.split()),
        ", ".join(part.strip() for part in address.splitlines() if part.strip()),
    )
    _check_fields(adult_name, address, basis, evidence, evidence_on, ends, starts)
    with people_zone():
        person = pupil_with(upn).person
        if by.role == Role.SCHOOL_DATA_MANAGER:
            require_pupil_of(account_id, person.pk)
        _refuse_stopped(person, adult_name)
        held = Responsibility.objects.create(
            person=person, adult_name=adult_name, address=address, basis=basis, evidence=evidence,
            evidence_on=evidence_on, recorded_by_id=account_id, starts=starts, ends=ends, why=Why.CREATED.value,
        )  # fmt: skip
        audit(by, "record-responsibility", f"responsibility:{held.pk}", basis=basis, evidence=evidence)
    return held.handle


def issue_letter(*, by: Actor, responsibility: str) -> IssuedLetter:
    """Issue the letter for one recorded responsibility. Earlier letters for it stop working, used or not confirmed yet.

    Raises:
        UseRefused: with code `no-standing` when the responsibility allows nothing today.
    """
    account_id = require_session(by, Role.CUSTODIAN)
    now, code = clock.now(), new_code()
    with people_zone():
        held = with_pupil(Responsibility.objects.filter(handle=responsibility)).first()
        if held is None or standing_of(held, born_of(held)) is not Standing.ACTIVE:
            mend = "Look at its dates and its ground, or record a new one."
            raise UseRefused(Reason("no-standing", "This responsibility allows nothing today", mend=mend))
        # Whoever holds an earlier letter may be the wrong person; only the newest one counts.
        Letter.objects.filter(responsibility=held, used_at=None, expires_at__gt=now).update(expires_at=now)
        Access.objects.filter(responsibility=held, state=Access.ASKED).update(
            state=Access.ENDED, ended_at=now, end_reason=Why.ASKED_AGAIN.value
        )
        letter = Letter.objects.create(
            responsibility=held, code_hash=code_hash(code), issued_by_id=account_id, issued_at=now,
            expires_at=now + timedelta(days=LETTER_DAYS),
        )  # fmt: skip
        audit(by, "issue-letter", f"letter:{letter.pk}")
    last_day = (letter.expires_at - timedelta(days=1)).date()
    config = settings.ROLLBOOK
    text = LetterText(
        held.adult_name, held.address, code, now.date(), last_day, _authority(), f"{config.public_url}/start/",
        config.short_url, config.help_phone,
    )  # fmt: skip
    return IssuedLetter(as_pdf(text), as_text(text))


def _authority() -> str:
    """Who writes: the name that the log's first entry says."""
    first = reader.entries("genesis")
    return str(first[0].fields["operator"]) if first else SERVICE


def archive(letter: IssuedLetter) -> bytes:
    """Both forms of a letter as one file to save: `letter.pdf` to print, `letter.txt` for large print and readers."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("letter.pdf", letter.pdf)
        files.writestr("letter.txt", letter.text)
    return packed.getvalue()


def give_slip(*, by: Actor, upn: str, ground: str) -> IssuedSlip:
    """A code for a pupil of the data manager's school, who asks for an account of their own, face to face.

    `ground` says why the pupil can decide: `presumed-able` (from the age presumed to understand) or `assessed-able`
    (somebody who knows the child judged so; at any age).
    """
    account_id = require_session(by, Role.SCHOOL_DATA_MANAGER)
    now, code = clock.now(), new_code()
    with people_zone():
        person = pupil_with(upn).person
        require_pupil_of(account_id, person.pk)
        born = born_of(with_pupil(Person.objects.filter(pk=person.pk), "pk").get())
        if ground not in (PRESUMED, ASSESSED) or (ground == PRESUMED and not presumed_able(born, now.date())):
            mend = "Someone who knows the child judges whether they understand, and records it."
            raise UseRefused(Reason("understanding", "At this age understanding is not presumed", mend=mend))
        slip = Letter.objects.create(
            pupil=person, ground=ground, code_hash=code_hash(code), issued_by_id=account_id, issued_at=now,
            expires_at=now + timedelta(hours=SLIP_HOURS),
        )  # fmt: skip
        audit(by, "give-slip", f"letter:{slip.pk}", ground=ground)
    return IssuedSlip(code, SLIP_HOURS)


def pupil_with(upn: str) -> Identifier:
    """The row of a UPN, with the person it stands for; called inside the people zone."""
    found = Identifier.objects.filter(scheme="upn", value=upn.strip().upper()).select_related("person").first()
    if found is None:
        mend = "Check the UPN against the school's record."
        raise UseRefused(Reason("no-such-pupil", "No pupil of yours has this UPN", where="upn", mend=mend))
    return found


def _check_fields(
    name: str, address: str, basis: str, evidence: str, evidence_on: date, ends: date | None, starts: date
) -> None:
    rule = BASES[basis_of(basis)]
    wrong = (
        (not 2 <= len(name) <= 120, "adult_name", "Give the adult's full name"),
        (not 5 <= len(address) <= 300, "address", "Give the adult's postal address"),
        (basis_of(basis) is Basis.UNKNOWN, "basis", "Choose a ground; one that is not known grants nothing"),
        (evidence not in rule.evidence, "evidence", "This evidence does not prove this ground"),
        (evidence_on > clock.today(), "evidence_on", "The evidence cannot have been seen in the future"),
        (rule.needs_end and ends is None, "ends", "This ground needs an end date"),
        (ends is not None and ends < starts, "ends", "The end comes before the start"),
    )
    reasons = [Reason("field", message, where=field) for broken, field, message in wrong if broken]
    if reasons:
        raise InputRefused(reasons)


def _refuse_stopped(person: Person, adult_name: str) -> None:
    of_child = Responsibility.objects.filter(person_id__in=keys_of(person.pk))
    stopped = of_child.filter(stopped_at__isnull=False, adult_name__iexact=adult_name)
    if stopped.exists():
        mend = "Ask the data protection officer."
        raise UseRefused(Reason("stopped", "A safeguarding stop lies on this adult and this pupil", mend=mend))
