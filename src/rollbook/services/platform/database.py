"""Prepares the database: roles, schema, migrations, grants. Each step may be repeated.

Roles: `rollbook_owner` owns the tables and only migrates; `rollbook_web`, `rollbook_jobs` and `rollbook_log` are what
the processes sign in as; `rollbook_people` cannot sign in, and is taken inside `services.platform.people_zone` by web
and jobs, who do not inherit its rights.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from rollbook.kernel.refusals import Reason, SetupFailed
from rollbook.services.platform import embedded
from rollbook.services.platform.config import Config
from rollbook.services.platform.grants import LOGINS, OWNER, PEOPLE, statements
from rollbook.services.platform.keys import Keys, open_keys

DATABASE = "rollbook"
ADMINISTRATOR = "postgres"
# Half a second for connections that were closed a moment ago.
_LOOKS, _BETWEEN_LOOKS_S = 5, 0.1
# A server that is not ours keeps a log of its own. With any other value a name or identifier can stand in it.
QUIET = {
    "log_statement": ("none", "ddl"),
    "log_min_error_statement": ("panic",),
    "log_error_verbosity": ("terse",),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
}
# What this lock guards: two set-ups at once would make the same role twice.
_SETUP_LOCK = 7206011


def where(config: Config) -> dict[str, Any]:
    """Host, port and name of the installation's database, without user or password."""
    if config.database_url:
        named = conninfo_to_dict(config.database_url)
        facts = {name: named[name] for name in ("host", "port", "dbname", "sslmode", "sslrootcert") if named.get(name)}
        return {"dbname": DATABASE, **facts}
    answers = embedded.address(config)
    return {"host": answers.host, "port": answers.port, "dbname": DATABASE}


def sign_in(config: Config) -> dict[str, Any]:
    """How this process connects. Before set-up there is no password, and the server refuses in its own words."""
    password_of = "jobs" if config.process == "operator" else config.process
    password = open_keys(config).database_password(password_of) if config.keys.exists() else ""
    return {**where(config), "user": LOGINS[config.process], "password": password}


def prepare(config: Config) -> bool:
    """Start the embedded server (where one is used), make roles and database; True when this started the server."""
    keys = open_keys(config)
    started = False if config.database_url else embedded.ensure_running(config, keys.database_password("administrator"))
    try:
        with _administrator(config, keys, _maintenance_database(config)) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_SETUP_LOCK,))
            _make_roles(connection, keys)
            _make_database(connection, where(config)["dbname"])
        with _administrator(config, keys, where(config)["dbname"]) as connection:
            _open_to_roles(connection, where(config)["dbname"])
        if config.production and config.database_url:
            _refuse_a_server_that_writes_statements_down(config, keys)
    except BaseException:
        if started:
            embedded.stop(config)  # nobody else would
        raise
    return started


@contextmanager
def running(config: Config) -> Iterator[None]:
    """The embedded server runs inside; if this started it and nobody else came to use it, it is stopped again.

    Raises:
        SetupFailed: there is no installation yet.
    """
    if config.database_url:
        yield
        return
    if not (config.keys / "operator").exists():
        mend = "Run `rollbook setup` first, with the same ROLLBOOK_DATA and ROLLBOOK_KEYS."
        raise SetupFailed(Reason("not-set-up", "There is no installation here", where=str(config.keys), mend=mend))
    keys = open_keys(config)
    started = embedded.ensure_running(config, keys.database_password("administrator"))
    try:
        yield
    finally:
        if started and not _others_connected(config, keys):
            embedded.stop(config)


@contextmanager
def answering() -> Iterator[None]:
    """A server that cannot be reached is a matter of set-up, not a fault nobody foresaw.

    Raises:
        SetupFailed: with code `database`; without the server's words, which may name what they like.
    """
    from django.db import OperationalError

    try:
        yield
    except OperationalError as error:
        # What a server refuses has a state; only where none was reached is there no state.
        if not isinstance(error.__cause__, psycopg.OperationalError) or error.__cause__.sqlstate:
            raise
        mend = "Start it with `rollbook serve`, or check DATABASE_URL."
        raise SetupFailed(Reason("database", "The database does not answer", mend=mend)) from None


def _others_connected(config: Config, keys: Keys) -> bool:
    from django.conf import settings
    from django.db import connections

    if settings.configured:
        connections.close_all()
    query = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    try:
        with _administrator(config, keys, "postgres") as connection:
            for _ in range(_LOOKS):
                if connection.execute(query).fetchone() is None:
                    return False
                time.sleep(_BETWEEN_LOOKS_S)  # our own connections take a moment to end
    except SetupFailed:
        return False  # who holds these keys cannot sign in, so nobody of this installation has
    return True


def migrate() -> None:
    """Bring the tables to this version and set the grants; Django runs as the owner."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    apply_grants()


def apply_grants() -> None:
    """Make the grants equal to `rollbook.services.platform.grants`."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def _maintenance_database(config: Config) -> str:
    return "postgres" if not config.database_url else str(where(config)["dbname"])


@contextmanager
def _administrator(config: Config, keys: Keys, dbname: str) -> Iterator[psycopg.Connection]:
    facts = where(config) | {"dbname": dbname}
    if config.database_url:
        named = conninfo_to_dict(config.database_url)
        facts |= {name: named[name] for name in ("user", "password") if named.get(name)}
    else:
        facts |= {"user": ADMINISTRATOR, "password": keys.database_password("administrator")}
    try:
        connection = psycopg.connect(**facts, autocommit=True)
    except psycopg.OperationalError as error:
        mend = _mend_of_no_answer(config, str(error))
        raise SetupFailed(Reason("database", f"The database does not answer: {_last_line(error)}", mend=mend)) from None
    with connection:
        yield connection


def _mend_of_no_answer(config: Config, said: str) -> str:
    if config.database_url:
        return "Check DATABASE_URL, or unset it to use the embedded server."
    if "password authentication failed" in said:
        # Most often an earlier installation's server: as root it does not lie in the data folder.
        return f"Put back the keys that belong to the server in {config.cluster}, or name another ROLLBOOK_DATA."
    # After a power cut the number in that file can be another program's, which then passes for the server.
    return f"See {config.cluster}/server.log. If no server runs there, remove {config.cluster}/data/postmaster.pid."


def _refuse_a_server_that_writes_statements_down(config: Config, keys: Keys) -> None:
    """Asked as each role that handles people's data, because a role can have settings of its own."""
    reasons = []
    for role in ("web", "jobs"):
        with psycopg.connect(**where(config), user=LOGINS[role], password=keys.database_password(role)) as connection:
            for name, quiet in QUIET.items():
                row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
                if row is None or row[0] not in quiet:
                    mend = f"ALTER ROLE {LOGINS[role]} SET {name} = '{quiet[0]}';"
                    message = "The database server would write names into its own log"
                    reasons.append(Reason("database-log", message, where=f"{LOGINS[role]}: {name}", mend=mend))
    if reasons:
        raise SetupFailed(reasons)


def _make_roles(connection: psycopg.Connection, keys: Keys) -> None:
    for role in ("owner", "web", "jobs", "log"):
        _make_login(connection, LOGINS[role], keys.database_password(role))
    if not _exists(connection, "pg_roles", "rolname", PEOPLE):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(PEOPLE)))
    for role in ("web", "jobs"):
        grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
        connection.execute(grant.format(sql.Identifier(PEOPLE), sql.Identifier(LOGINS[role])))


def _make_login(connection: psycopg.Connection, name: str, password: str) -> None:
    # The server receives the verifier, not the password, so no log of it can hold one.
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    verb = "ALTER" if _exists(connection, "pg_roles", "rolname", name) else "CREATE"
    statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
    connection.execute(statement.format(sql.SQL(verb), sql.Identifier(name), sql.Literal(verifier)))


def _make_database(connection: psycopg.Connection, name: str) -> None:
    if not _exists(connection, "pg_database", "datname", name):
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER)))


def _open_to_roles(connection: psycopg.Connection, name: str) -> None:
    """Nobody but our roles connects; the owner alone makes tables."""
    database, roles = (
        sql.Identifier(name),
        sql.SQL(", ").join(sql.Identifier(role) for role in sorted(set(LOGINS.values()))),
    )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, roles))
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, sql.Identifier(OWNER)))
    connection.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(sql.Identifier(OWNER)))
    # Here rather than in a migration: the sign-in library's tables must be able to name the first migration of ours as
    # the one that makes accounts.
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS identity AUTHORIZATION {}").format(sql.Identifier(OWNER)))


def _exists(connection: psycopg.Connection, catalogue: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalogue), sql.Identifier(column))
    return connection.execute(query, (name,)).fetchone() is not None


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
