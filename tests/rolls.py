"""A school roll made by hand: pupils with an accepted return behind them, for tests that need no census file."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from rollbook.services.platform.people_zone import people_zone

REFERENCE = date(2025, 1, 16)
RECEIVED = datetime(2025, 1, 20, 9, 0, tzinfo=UTC)
UPN = "Q933000125001"


def a_school(laestab: str = "9331001", name: str = "Quillmere Primary") -> Any:
    """A school, made at first need."""
    from rollbook.records.models.accounts import School

    return School.objects.get_or_create(laestab=laestab, defaults={"urn": "", "name": name, "phase": "PS"})[0]


def a_publication(kind: str = "notice", reference: str = "notice-1") -> Any:
    """A published document with a place in the outbox."""
    from rollbook.records.models.governance import Publication
    from rollbook.records.models.log import LogSubmission

    found = Publication.objects.filter(reference=reference).first()
    if found is not None:
        return found
    submission = LogSubmission.objects.create(entry_id=f"pub/{reference}", entry={}, made_at=RECEIVED)
    return Publication.objects.create(
        kind=kind, reference=reference, title=f"Title of {reference}", body="Text.", document="x" * 44,
        starts=date(2024, 9, 1), submission=submission, made_at=RECEIVED,
    )  # fmt: skip


def a_collection(code: str = "sc-spr-2025", reference_date: date = REFERENCE) -> Any:
    """An open collection with its notice and assessment."""
    from rollbook.records.models.collections import Collection
    from rollbook.records.models.governance import Assessment

    assessment, _ = Assessment.objects.get_or_create(
        publication=a_publication("assessment", "assessment-1"),
        defaults={"items": [], "purposes": [], "starts": date(2024, 9, 1), "review_by": date(2030, 9, 1)},
    )
    return Collection.objects.get_or_create(
        code=code,
        defaults={
            "name": "School census, spring 2025", "reference_date": reference_date, "items": [],
            "notice": a_publication(), "assessment": assessment, "opened_at": RECEIVED,
        },
    )[0]  # fmt: skip


def a_return(school: Any, collection: Any = None, received: datetime = RECEIVED) -> Any:
    """The accepted return of one school."""
    from rollbook.records.models.collections import Return

    collection = collection or a_collection()
    found = Return.objects.filter(school=school, collection=collection, state=Return.ACCEPTED).first()
    return found or Return.objects.create(
        id=uuid4(), collection=collection, school=school, serial="001", received_at=received, file_sha256="0" * 64,
        state=Return.ACCEPTED, on_roll=1,
    )  # fmt: skip


def a_pupil(
    upn: str = UPN, *, forename: str = "Ivo", surname: str = "Thrennet", born: date | None = date(2015, 5, 14),
    school: Any = None, key: int = 7001, source: Any = None, on_roll: bool = True,
) -> int:  # fmt: skip
    """A pupil seen in an accepted return of the school; gives the person key."""
    from rollbook.records.models.identity import Identifier, Person, Sighting

    source = source or a_return(school or a_school())
    with people_zone():
        person, _ = Person.objects.get_or_create(key=key, defaults={"first_return": source})
        Identifier.objects.get_or_create(scheme="upn", value=upn, defaults={"person": person, "source": source})
        Sighting.objects.create(
            person=person, source=source, pupil_no=Sighting.objects.filter(source=source).count() + 1, line=10, upn=upn,
            surname=surname, forename=forename, sex="M", date_of_birth=born, on_roll=on_roll,
        )  # fmt: skip
    return key
