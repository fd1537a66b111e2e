"""What each database role can and cannot do, tried against the server itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from rollbook.services.platform import config as settings
from rollbook.services.platform import database
from rollbook.services.platform.grants import GRANTS

pytestmark = pytest.mark.django_db


@contextmanager
def as_process(process: settings.Process) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**database.sign_in(settings.load(process=process)), autocommit=True) as connection:
        yield connection


def refused(connection: psycopg.Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


@pytest.mark.parametrize("process", ["web", "jobs", "log"])
def test_no_process_is_a_superuser_or_owns_a_table(process: settings.Process) -> None:
    with as_process(process) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False)
        owned = connection.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user").fetchone()
        assert owned == (0,)
        assert refused(connection, "CREATE TABLE public.own (x int)")


@pytest.mark.parametrize("process", ["web", "jobs", "log"])
@pytest.mark.parametrize("table", [table for table in GRANTS if table.startswith("identity.")])
def test_identity_tables_are_closed_without_the_zone(process: settings.Process, table: str) -> None:
    with as_process(process) as connection:
        assert refused(connection, f"SELECT 1 FROM {table}")


def test_web_and_jobs_reach_identity_only_by_taking_the_role() -> None:
    for process in ("web", "jobs"):
        with as_process(process) as connection, connection.transaction():
            connection.execute("SET LOCAL ROLE rollbook_people")
            connection.execute("SELECT 1 FROM identity.person")
    with as_process("log") as connection:
        assert refused(connection, "SET ROLE rollbook_people")


@pytest.mark.parametrize("process", ["web", "jobs", "log"])
@pytest.mark.parametrize(
    "statement", ["UPDATE records_audit SET deed = ''", "DELETE FROM records_audit", "TRUNCATE records_audit"]
)
def test_an_audit_row_stands(process: settings.Process, statement: str) -> None:
    with as_process(process) as connection:
        assert refused(connection, statement)


@pytest.mark.parametrize("process", ["web", "jobs"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_logsubmission SET state = 'appended'",
        "DELETE FROM records_logsubmission",
        "UPDATE records_logstate SET size = 0",
        "INSERT INTO records_logentry (index, type, entry_id, at, body) VALUES (0, 'x', 'x', now(), '{}')",
        "UPDATE records_decision SET reasons = ''",
    ],
)
def test_what_was_handed_to_the_log_stands(process: settings.Process, statement: str) -> None:
    with as_process(process) as connection:
        assert refused(connection, statement)


@pytest.mark.parametrize("role", ["rollbook_web", "rollbook_people"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_release SET released_at = now()",
        "UPDATE records_output SET \"table\" = '[]'",
        "INSERT INTO records_output DEFAULT VALUES",
        "UPDATE records_run SET state = 'done'",
        "UPDATE records_account SET role = 'custodian'",
        "DELETE FROM records_account",
        "UPDATE records_project_members SET account_id = 1",
    ],
)
def test_a_page_releases_no_table_and_gives_no_role(role: str, statement: str) -> None:
    with as_process("web") as connection, connection.transaction():
        connection.execute(f"SET LOCAL ROLE {role}")
        with connection.transaction(force_rollback=True):
            assert refused(connection, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM records_account",
        "SELECT 1 FROM records_output",
        "UPDATE records_logsubmission SET entry = '{}'",
        "DELETE FROM records_logsubmission",
        "SELECT 1 FROM django_session",
    ],
)
def test_the_log_writer_sees_the_log_alone(statement: str) -> None:
    with as_process("log") as connection:
        assert refused(connection, statement)


def test_the_log_process_can_hand_in_the_paper_of_an_entry_set_aside() -> None:
    columns = "entry_id, entry, refs, made_at, state, reasons"
    with as_process("log") as connection, connection.transaction(force_rollback=True):
        connection.execute(
            f"INSERT INTO records_logsubmission ({columns}) VALUES ('x', '{{}}', '{{}}', now(), 'waiting', '[]')"
        )
        connection.execute("UPDATE records_logsubmission SET state = 'set-aside' WHERE entry_id = 'x'")


def test_a_job_reads_no_session() -> None:
    with as_process("jobs") as connection:
        assert refused(connection, "SELECT 1 FROM django_session")


def test_grants_are_made_equal_to_the_table_again() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("GRANT DELETE ON records_audit TO rollbook_web")
    database.apply_grants()
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('rollbook_web', 'records_audit', 'DELETE')")
        assert cursor.fetchone() == (False,)


def test_no_role_but_ours_enters_the_database() -> None:
    with as_process("web") as connection:
        row = connection.execute("SELECT has_database_privilege('public', current_database(), 'CONNECT')").fetchone()
        assert row == (False,)
