"""CASE-08 and CASE-12: what was asked, decided, agreed or published cannot be changed or removed, whoever tries."""

import psycopg
import pytest

from rollbook.services.platform import config as settings
from rollbook.services.platform import database

pytestmark = pytest.mark.django_db

EDITS = [
    "UPDATE records_request SET title = ''",
    "UPDATE records_request SET items = '[]'",
    "UPDATE records_request SET power = ''",
    "DELETE FROM records_request",
    "UPDATE records_decision SET result = 'approve'",
    "UPDATE records_decision SET expires = '2099-01-01'",
    "DELETE FROM records_decision",
    "UPDATE records_publication SET body = ''",
    "UPDATE records_publication SET review_by = '2099-01-01'",
    "DELETE FROM records_publication",
    "UPDATE records_agreement SET review_by = '2099-01-01'",
    "DELETE FROM records_agreement",
    "UPDATE records_assessment SET items = '[]'",
    "DELETE FROM records_assessment",
    "UPDATE records_accreditation SET expires = '2099-01-01'",
    "DELETE FROM records_accreditation",
]


@pytest.mark.parametrize("process", ["web", "jobs", "operator", "log"])
def test_no_process_may_change_what_stands_on_the_register(process: settings.Process) -> None:
    with psycopg.connect(**database.sign_in(settings.load(process=process)), autocommit=True) as connection:
        for statement in EDITS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_web_may_not_even_add_a_paper() -> None:
    with psycopg.connect(**database.sign_in(settings.load(process="web")), autocommit=True) as connection:
        for table in ("publication", "agreement", "assessment", "accreditation", "organisation"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"INSERT INTO records_{table} DEFAULT VALUES")
