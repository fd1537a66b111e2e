"""Joining, keeping apart and looking, as the database roles of the web and job processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from rollbook.services.people import dividing, divisions, doubles, linking, merging
from rollbook.services.people.do_not_link import keep_apart, lift
from rollbook.services.platform import config as config_of
from rollbook.services.platform import database
from rollbook.services.platform.actors import system
from rollbook.services.returns.ingest import ingest
from tests import census_ground as ground
from tests.integration.log import log_story
from tests.people import CUSTODIAN, DPO, OPERATOR, SECOND_CUSTODIAN, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def process(name: config_of.Process) -> Iterator[None]:
    """Django's connection as this process has it."""
    facts: dict[str, Any] = database.sign_in(config_of.load(process=name))
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=facts["user"], PASSWORD=facts["password"])
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def test_each_deed_within_the_rights_of_its_process() -> None:
    ground.empty_store()
    log_story.clear_rows()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")
    numbers = [ground.upn(n) for n in range(501, 505)]
    ingest(by=OPERATOR, data=ground.a_file(school=ground.OTHER_SCHOOL, upns=numbers), name="two.xml")
    first, second, officer = actor_of(CUSTODIAN), actor_of(SECOND_CUSTODIAN), actor_of(DPO)
    with process("web"):
        pair = merging.report_double(by=first, upn=numbers[0], other_upn=numbers[1])
        merging.propose(by=first, pair=pair)
        merging.join(by=second, pair=pair)
        assert doubles.one_double(first, pair).state == "joined"
        merging.leave_apart(by=first, pair=pair, why="custodian")
        keep_apart(by=officer, upn=numbers[0], other_upn=numbers[1], why="adoption")
        assert len(doubles.kept_apart_list(officer)) == 1
    with process("jobs"):
        assert linking.find_doubles(by=system(), collection=ground.SPRING).people == 8


def test_dividing_within_the_rights_of_the_web() -> None:
    ground.empty_store()
    log_story.clear_rows()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="one.xml")
    numbers = [ground.ADA, *(ground.upn(n) for n in range(502, 505))]
    edits = ("P1/PupilIdentifiers/DOB = 2014-11-23", "P1/PupilStatus/EnrolStatus = S")
    ingest(by=OPERATOR, data=ground.a_file(*edits, school=ground.OTHER_SCHOOL, upns=numbers), name="two.xml")
    first, second, officer = actor_of(CUSTODIAN), actor_of(SECOND_CUSTODIAN), actor_of(DPO)
    with process("web"):
        handle = dividing.report_mixed(by=first, upn=ground.ADA)
        goes = [one.number for one in divisions.one_division(first, handle).said][1:]
        dividing.propose_division(by=first, division=handle, goes=goes, adults={})
        dividing.divide(by=second, division=handle)
        (entry,) = doubles.kept_apart_list(officer)
        lift(by=officer, entry=entry.number, why="test")
        dividing.propose_undoing(by=first, division=handle)
        dividing.undo(by=second, division=handle)
        assert divisions.one_division(first, handle).state == "undone"
