"""A real gateway case, as the public sees it: that it is, its power, its padded size and its day; never who or whom."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from rollbook.services.gateway import gateway
from rollbook.services.platform import clock
from rollbook.services.register.duties import DutyKind, overdue
from rollbook.services.register.volumes import volumes
from tests import case_ground, run_ground

pytestmark = pytest.mark.django_db

PAGES = ("/register/uses/", "/register/uses.json", "/register/volumes/", "/register/volumes.csv", "/register/log/")


def test_a_case_is_counted_tells_nothing_else_and_shows_when_overdue(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ground.clean_folders()
    run_ground.pupils(12)
    log = run_ground.log_of_its_own(monkeypatch)
    case = case_ground.confirmed(case_ground.police(log))
    gateway.seal(case.id)

    found = volumes()
    assert found is not None
    assert [(row.power, row.count, str(row.people)) for row in found.rows if row.kind == "sealed"] == [
        ("PWR-10", 1, "at most 1,024")
    ]
    assert (found.seals.in_force, found.seals.overdue) == (1, 0)
    (use,) = json.loads(client.get("/register/uses.json").content)
    assert (use["organisation"], use["request"], use["items"], use["revealed"]) == ("", "", [], False)
    child = case_ground.CHILD
    entry = case_ground.row_of(case.reference).submission
    assert entry is not None
    for address in (*PAGES, f"/register/log/{entry.index}/"):
        page = client.get(address).content.decode()
        for secret in (child["surname"], child["forename"], case.reference, "crime-investigation", "Ostleshire"):
            assert secret not in page, (secret, address)

    # Nobody tells it by its day: that shows by itself.
    reveal_by = case_ground.row_of(case.reference).reveal_by
    assert reveal_by is not None
    later = clock.now() + timedelta(days=(reveal_by - clock.today()).days + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert DutyKind.REVEAL in {duty.kind for duty in overdue(clock.today())}
    assert "Telling a sealed case" in client.get("/register/duties/").content.decode()
    found = volumes()
    assert found is not None
    assert (found.seals.in_force, found.seals.overdue) == (1, 1)
