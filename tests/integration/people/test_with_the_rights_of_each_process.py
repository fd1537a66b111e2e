"""The whole way, as the database roles of web and job process: nothing in it needs more than they may do.

And the other way round: without the zone the same rows cannot be read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from rollbook.records.models.accounts import School
from rollbook.services.platform import config as config_of
from rollbook.services.platform import database
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.portal import bundles
from tests import census_ground
from tests import run_ground as ground
from tests.integration.log import log_story
from tests.letters import let_in, letter_code, recorded
from tests.people import CUSTODIAN, DPO, OTHER_PARENT, PARENT, SCHOOL_DATA_MANAGER, account_of, browser_of

pytestmark = pytest.mark.django_db(transaction=True)
UPN = census_ground.upn(0)


@contextmanager
def process(name: config_of.Process, settings: Any) -> Iterator[None]:
    """Django's connection and keys as this process has them."""
    facts, before = database.sign_in(config_of.load(process=name)), dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=facts["user"], PASSWORD=facts["password"])
    settings.ROLLBOOK, config = config_of.load(process=name), settings.ROLLBOOK
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
        settings.ROLLBOOK = config


def test_from_the_letter_to_the_proof_file(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    ground.clean_folders()
    log_story.clear_rows()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    ground.executed(ground.study(ground.project(log)))
    clerk = browser_of(SCHOOL_DATA_MANAGER, school=School.objects.get(pk=census_ground.SCHOOL))
    account_of(CUSTODIAN)  # no page opens an account, nor reads whose it is
    with process("web", settings):
        code = letter_code(recorded(PARENT, UPN))
        form = {"code": code, "email": PARENT.email, "password": PARENT.password}
        assert browser_of(None).post("/account/start/", form).status_code == 200
        parent = browser_of(PARENT)
        number = re.search(r'id="account-number">([^<]+)<', parent.get("/record/").content.decode())
        waiting = re.search(r"/school/people/([^/]+)/", clerk.get("/school/").content.decode())
        assert number
        assert waiting
        answer = clerk.post(waiting[0], {"evidence": "passport", "number": number[1]})
        assert answer["Location"] == "/school/"
        handle = re.search(r"/record/([\w-]{22})/", parent.get("/record/").content.decode())
        assert handle
        for part in ("", "uses/", "choices/", "choices/object/", "proof/", "people/"):
            assert parent.get(f"{handle[0]}{part}").status_code == 200, part
        assert parent.post(f"{handle[0]}choices/object/").status_code == 302
        assert parent.post(f"{handle[0]}proof/").status_code == 302
    with process("jobs", settings), people_zone():
        from rollbook.records.models.identity import Bundle

        number_of_bundle = Bundle.objects.get().pk
    with process("jobs", settings):
        bundles.fill(number_of_bundle)
    with process("web", settings):
        file = re.search(rf"{handle[0]}proof/[\d-]+/1/", parent.get(f"{handle[0]}proof/").content.decode())
        assert file
        assert parent.post(file[0]).content.startswith(b"rollbook/pupil-proof@v1")


def test_deeds_of_officers_need_no_more_than_the_web_may(settings: Any) -> None:
    ground.pupils(3)
    school = School.objects.get(pk=census_ground.SCHOOL)
    account_of(SCHOOL_DATA_MANAGER, school=school)
    account_of(CUSTODIAN)
    account_of(DPO)
    with process("web", settings):
        family, other = let_in(PARENT, UPN, school), let_in(OTHER_PARENT, UPN, school)
        for person, mine in ((PARENT, family), (OTHER_PARENT, other)):
            assert browser_of(person).get(f"/record/{mine.handle}/").status_code == 200
        assert "Someone new" in browser_of(PARENT).get("/record/messages/").content.decode()
        officer = browser_of(DPO)
        assert officer.post("/casework/people/", {"upn": UPN}).status_code == 200
        stop = f"/casework/people/{family.responsibility}/stop/"
        assert officer.post(stop, {"why": "ROLE_DEACTIVATED_SAFEGUARDING"}).status_code == 200
        assert browser_of(PARENT).get(f"/record/{family.handle}/").status_code == 404


@pytest.mark.parametrize("name", ["web", "jobs"])
def test_without_the_zone_the_server_itself_refuses(name: config_of.Process, settings: Any) -> None:
    from rollbook.records.models.identity import Access, Bundle, Choice, Letter, NoticeGiven, Responsibility

    with process(name, settings):
        for model in (Access, Bundle, Choice, Letter, NoticeGiven, Responsibility):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                model.objects.exists()
            with people_zone():
                assert not model.objects.exists()
