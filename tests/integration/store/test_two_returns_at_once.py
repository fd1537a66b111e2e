"""Two returns at the same moment, on a real PostgreSQL: one after the other, never both, never mixed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection

from rollbook.dataplane.store.reading import people_in
from rollbook.kernel.refusals import RollbookError
from rollbook.records.models.collections import Return
from rollbook.records.models.identity import Identifier, Person, Sighting
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import ingest, returns
from tests import census_ground as ground
from tests.people import OPERATOR


@pytest.fixture(autouse=True)
def opened(transactional_db: None) -> None:
    ground.empty_store()
    ground.open_spring()


def send_at_once(files: Sequence[bytes]) -> list[str]:
    """What became of each file, sent from threads that start together."""
    start = Barrier(len(files))

    def send(data: bytes) -> str:
        try:
            start.wait(timeout=30)
            return ingest.ingest(by=OPERATOR, data=data, name="return.xml").state
        except RollbookError as refused:
            return refused.reasons[0].code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(send, files))


def check_one_stands() -> None:
    (accepted,) = returns.current_return_ids([ground.SPRING])
    with people_zone():
        seen = set(Sighting.objects.filter(source_id=accepted).values_list("person_id", flat=True))
        assert Identifier.objects.filter(scheme="upn").count() == Person.objects.count() == 4
    assert set(people_in(settings.ROLLBOOK.study, [accepted])) == seen


@pytest.mark.parametrize("attempt", range(3))
def test_two_files_of_one_school_end_as_one_and_the_other_is_superseded(attempt: int) -> None:
    files = [ground.a_file(serial=f"00{number}") for number in range(3)]
    assert send_at_once(files) == ["accepted"] * 3
    assert sorted(Return.objects.values_list("state", flat=True)) == ["accepted", "superseded", "superseded"]
    check_one_stands()


def test_the_same_file_twice_at_once_is_received_once() -> None:
    assert sorted(send_at_once([ground.a_file()] * 3)) == ["accepted", "already-received", "already-received"]
    assert Return.objects.count() == 1
    check_one_stands()


def test_two_schools_with_one_pupil_as_only_school_are_judged_one_after_the_other() -> None:
    theirs = [ground.ADA, *(ground.upn(number) for number in (1, 2, 3))]
    states = send_at_once([ground.a_file(), ground.a_file(school=ground.OTHER_SCHOOL, upns=theirs)])
    assert sorted(states) == ["accepted", "refused"]
    check_one_stands()


def test_recovery_beside_landing_takes_nothing_that_is_about_to_be_named() -> None:
    ingest.ingest(by=OPERATOR, data=ground.a_file(serial="000"), name="return.xml")

    def recover(_: int) -> int:
        try:
            return sum(ingest.recover().values())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        removed = pool.map(recover, range(6))
        assert send_at_once([ground.a_file(serial="001"), ground.a_file(serial="002")]) == ["accepted", "accepted"]
        assert sum(removed) == 0
    check_one_stands()


def test_schools_that_bring_the_same_new_pupil_at_once_share_one_person() -> None:
    shared = "P1/PupilStatus/EnrolStatus"
    theirs = [ground.ADA, *(ground.upn(number) for number in (1, 2, 3))]
    files = [ground.a_file(f"{shared} = M"), ground.a_file(f"{shared} = S", school=ground.OTHER_SCHOOL, upns=theirs)]
    assert send_at_once(files) == ["accepted", "accepted"]
    with people_zone():
        assert Sighting.objects.filter(upn=ground.ADA).values("person_id").distinct().count() == 1
        assert Person.objects.count() == 7
