"""Thirty-two requests at one moment: no verdict is lost, none counts twice, and one release is agreed."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from rollbook.kernel.refusals import RollbookError
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Output, Release
from rollbook.services.outputs import outputs
from tests import run_ground as ground
from tests.people import CHECKER, SECOND_CHECKER, Person, actor_of

THIRD = Person("third-checker", "Orla Wendlequick", CHECKER.role)
FOURTH = Person("fourth-checker", "Bettan Oskerly", CHECKER.role)


@pytest.mark.django_db(transaction=True)
def test_thirty_two_verdicts_at_once_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    output = Output.objects.get(run=ground.executed(ground.study(ground.project(log))))
    actors = [actor_of(person) for person in (CHECKER, SECOND_CHECKER, THIRD, FOURTH)]
    gate = threading.Barrier(32)

    def ask(number: int) -> str:
        gate.wait()
        try:
            outputs.give_verdict(by=actors[number % 4], reference=output.reference, verdict="approve")
        except RollbookError as refused:
            return refused.reasons[0].code
        else:
            return "given"
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as pool:
        answers = Counter(pool.map(ask, range(32)))
    output.refresh_from_db()
    assert output.state == Output.AGREED
    assert answers["given"] == 2
    assert sum(answers.values()) == 32
    assert set(answers) <= {"given", "verdict-given", "claimed", "state", "output"}
    assert output.verdicts.filter(verdict="approve").count() == output.verdicts.count() == 2
    assert Release.objects.count() == 1
    assert LogSubmission.objects.filter(entry_id=output.reference).count() == 1
