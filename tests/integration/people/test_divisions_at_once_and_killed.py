"""Divisions on a real PostgreSQL, by several at one moment and by a process that is killed: exactly one outcome."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from rollbook.kernel.refusals import RollbookError, UseRefused
from rollbook.policy.states import CaseState
from rollbook.records.models.control import Audit
from rollbook.records.models.divisions import Division, Reassignment
from rollbook.records.models.doubles import DoNotLink
from rollbook.records.models.identity import GatewayCase, Person, Sighting
from rollbook.services.people import dividing
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests import grounds
from tests.division_ground import SHARED, begin, code, divided, key_of, lifted, other_sightings, proposed, state, two
from tests.people import CUSTODIAN, OPERATOR, POLICE_OFFICER, SECOND_CUSTODIAN, account_of, actor_of

Deed = Callable[[], None]


@pytest.fixture(autouse=True)
def one_number_of_two(transactional_db: None) -> None:
    begin()


def at_once(deeds: Sequence[Deed]) -> list[str]:
    """What became of each deed, done in threads that start together: `done`, or the code of the refusal."""
    start = Barrier(len(deeds))

    def do(deed: Deed) -> str:
        try:
            start.wait(timeout=30)
            deed()
            return "done"
        except RollbookError as refused:
            return str(refused.reasons[0].code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def whole_once(before: list[Any]) -> None:
    """Divided once: one more person, one reassignment a sighting, one entry of the list, one audit row."""
    with people_zone():
        assert Person.objects.count() == len(before[0]) + 1
        assert Reassignment.objects.count() == 1
        assert DoNotLink.objects.count() == 1
        assert Sighting.objects.count() == len(before[2])
    assert Audit.objects.filter(deed="divide-record").count() == 1
    assert key_of(ground.SCHOOL) != key_of(ground.OTHER_SCHOOL)


@pytest.mark.parametrize("attempt", range(2))
def test_two_who_divide_at_once_divide_once(attempt: int) -> None:
    handle, before, by = proposed(), state(), actor_of(SECOND_CUSTODIAN)
    became = at_once([lambda: dividing.divide(by=by, division=handle)] * 3)
    assert sorted(became) == ["done", "state", "state"]
    whole_once(before)


def test_one_divides_and_one_drops_at_once() -> None:
    handle, before = proposed(), state()
    first, second = actor_of(CUSTODIAN), actor_of(SECOND_CUSTODIAN)
    became = at_once(
        [lambda: dividing.divide(by=second, division=handle), lambda: dividing.drop_division(by=first, division=handle)]
    )
    assert sorted(became) == ["done", "state"]
    if became[0] == "done":
        whole_once(before)
    else:
        assert state() == before


@pytest.mark.parametrize("attempt", range(2))
def test_one_undoes_while_others_divide_and_leave(attempt: int) -> None:
    before, handle = state(), divided()
    between = state()
    lifted()
    first, second = actor_of(CUSTODIAN), actor_of(SECOND_CUSTODIAN)
    dividing.propose_undoing(by=first, division=handle)
    became = at_once(
        [
            lambda: dividing.undo(by=second, division=handle),
            lambda: dividing.leave_divided(by=first, division=handle),
            lambda: dividing.divide(by=second, division=handle),
        ]
    )
    assert became[2] == "state"
    assert sorted(became[:2]) == ["done", "state"]
    expected = before if became[0] == "done" else between
    assert state()[1:3] == expected[1:3], "numbers and sightings are those of the one outcome"


def test_undoing_one_division_while_the_other_childs_record_is_divided_in_its_turn_loses_nothing() -> None:
    """Whichever comes first, each sighting is whose the standing divisions say."""
    assert ingest(by=OPERATOR, data=two(serial="002"), name="again.xml").state == "accepted"
    handle = divided()
    lifted()
    first, second = actor_of(CUSTODIAN), actor_of(SECOND_CUSTODIAN)
    with people_zone():
        other = key_of(ground.OTHER_SCHOOL)
        again = Division.objects.create(person_id=other, state="waiting", told_at=clock.now())
    dividing.propose_division(by=first, division=again.handle, goes=other_sightings()[1:], adults={})
    dividing.propose_undoing(by=first, division=handle)
    became = at_once(
        [
            lambda: dividing.undo(by=second, division=handle),
            lambda: dividing.divide(by=second, division=again.handle),
        ]
    )
    assert "done" in became
    with people_zone():
        found = Division.objects.get(pk=again.pk)
        earlier, later = (Sighting.objects.get(pk=one).person_id for one in other_sightings())
    if became[1] == "done":
        assert later == found.other_id
    else:
        assert found.state == "proposed"
        assert later == earlier == key_of(ground.SCHOOL)
    assert earlier == (key_of(ground.SCHOOL) if became[0] == "done" else other)


def test_nothing_is_divided_while_a_case_about_the_record_is_being_answered() -> None:
    handle, before = proposed(), state()
    agreement = grounds.police_agreement(grounds.organisation(grounds.POLICE, POLICE_OFFICER))
    with people_zone():
        case = GatewayCase.objects.create(
            reference="CASE-1", agreement=grounds_row(agreement), power="", purpose="", items=[],
            asked_by=account_of(POLICE_OFFICER), asked_at=clock.now(), person_id=key_of(ground.SCHOOL), state="matched",
        )  # fmt: skip
    for standing in (CaseState.MATCHED, CaseState.CONFIRMED):
        with people_zone():
            GatewayCase.objects.filter(pk=case.pk).update(state=standing)
        with pytest.raises(UseRefused) as refused:
            dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
        assert code(refused) == "open-case"
        assert state() == before
    with people_zone():
        GatewayCase.objects.filter(pk=case.pk).update(state=CaseState.DISCLOSED)
    dividing.divide(by=actor_of(SECOND_CUSTODIAN), division=handle)
    whole_once(before)


def grounds_row(reference: str) -> Any:
    """The agreement with this reference."""
    from rollbook.records.models.governance import Agreement

    return Agreement.objects.get(publication__reference=reference)


@pytest.mark.parametrize("seed", range(3))
def test_a_process_killed_while_it_divides_leaves_the_record_whole_or_divided(seed: int) -> None:
    handle, before, chance = proposed(), state(), random.Random(seed)
    by = actor_of(SECOND_CUSTODIAN)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(by.account_id), handle],
        env=dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdin.write(b"go\n")
    process.stdin.flush()
    time.sleep(chance.uniform(0, 0.15))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    # Waits for what the dead process held, then divides, or is told that it was done.
    (became,) = at_once([lambda: dividing.divide(by=by, division=handle)])
    assert became in {"done", "state"}
    whole_once(before)


# One division, once it is told to begin.
PROGRAM = """
import sys
from rollbook.services.platform.start import start_django
start_django("operator")
from django.db import connection
from rollbook.policy.roles import Role
from rollbook.services.people import dividing
from rollbook.services.platform.actors import Actor
by = Actor(role=Role.CUSTODIAN, channel="web", account_id=int(sys.argv[1]), second_factor=True)
connection.ensure_connection()
print("ready", flush=True)
sys.stdin.readline()
dividing.divide(by=by, division=sys.argv[2])
"""


def test_the_program_that_is_killed_divides_when_nobody_kills_it() -> None:
    handle, before = proposed(), state()
    by = actor_of(SECOND_CUSTODIAN)
    command = [sys.executable, "-c", PROGRAM, str(by.account_id), handle]
    done = subprocess.run(command, env=dict(os.environ), input=b"go\n", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    whole_once(before)
    assert SHARED not in done.stdout.decode()
