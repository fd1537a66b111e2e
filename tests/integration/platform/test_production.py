"""Production settings, and a PostgreSQL server that is somebody else's."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings

from rollbook.cli.main import COMMANDS, Command
from rollbook.kernel.refusals import SetupFailed, UseRefused
from rollbook.services.accounts.accounts import set_second_factor
from rollbook.services.platform import config as settings
from rollbook.services.platform import database, embedded, keys
from rollbook.services.platform.start import start_django
from tests.people import OPERATOR


def test_django_finds_nothing_to_warn_about_in_production(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ROLLBOOK_PRODUCTION": "1",
        "ROLLBOOK_PROCESS": "web",
        "ROLLBOOK_PUBLIC_URL": "https://rollbook.example",
        "ROLLBOOK_DATA": str(tmp_path / "data"),
        "ROLLBOOK_KEYS": str(tmp_path / "keys"),
        "DJANGO_SETTINGS_MODULE": "rollbook.web.settings",
    }
    keys.create(settings.load(environ, process="owner"), tmp_path / "overseer")
    command = [sys.executable, "-W", "error", "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_no_operator_knows_a_second_factor_in_production(config: settings.Config, settings: object) -> None:
    import dataclasses

    settings.ROLLBOOK = dataclasses.replace(config, production=True)  # type: ignore[attr-defined]
    with pytest.raises(UseRefused):
        set_second_factor(by=OPERATOR, account_id=1, secret="A" * 32)


@pytest.mark.django_db
def test_a_server_of_somebody_elses_is_prepared_through_its_address(config: settings.Config, tmp_path: Path) -> None:
    """Here the embedded server plays that part, reached through DATABASE_URL alone."""
    where = embedded.address(config)
    password = keys.open_keys(config).database_password("administrator")
    server = {"host": where.host, "port": where.port, "user": "postgres", "password": password}
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS elsewhere")
        connection.execute("CREATE DATABASE elsewhere")
        try:
            _prepare_elsewhere(config, where, password)
        finally:
            connection.execute("DROP DATABASE elsewhere WITH (FORCE)")


def _prepare_elsewhere(config: settings.Config, where: embedded.Address, password: str) -> None:
    url = f"postgresql://postgres:{password}@/elsewhere?host={where.host}&port={where.port}"
    environ = {"DATABASE_URL": url, "ROLLBOOK_DATA": "/nonexistent/data", "ROLLBOOK_KEYS": str(config.keys)}
    theirs = settings.load(environ, process="owner")
    assert database.prepare(theirs) is False
    with psycopg.connect(**database.sign_in(theirs)) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
        assert row == ("rollbook_owner", "elsewhere")
        connection.execute("CREATE TABLE identity.one (x int)")
        connection.execute("CREATE TABLE public.two (x int)")
    _refuse_in_production(environ, where, password)


def _refuse_in_production(environ: dict[str, str], where: embedded.Address, password: str) -> None:
    """Its log would hold names, of statements that fail or are slow; our own server's settings are quiet."""
    production = {"ROLLBOOK_PRODUCTION": "1", "ROLLBOOK_PUBLIC_URL": "https://rollbook.example"}
    theirs = settings.load(environ | production, process="owner")
    database.prepare(theirs)
    server = {"host": where.host, "port": where.port, "user": "postgres", "password": password}
    loud = {"log_min_error_statement": "error", "log_min_duration_statement": "250", "log_statement": "mod"}
    with psycopg.connect(**server, dbname="elsewhere", autocommit=True) as connection:
        for name, value in loud.items():
            connection.execute(f"ALTER ROLE rollbook_jobs IN DATABASE elsewhere SET {name} = '{value}'")
    with pytest.raises(SetupFailed) as refused:
        database.prepare(theirs)
    assert {reason.where for reason in refused.value.reasons} == {f"rollbook_jobs: {name}" for name in loud}
    assert database.prepare(settings.load(environ, process="owner")) is False


def test_a_server_that_does_not_answer_is_named_without_its_password(config: settings.Config) -> None:
    environ = {"DATABASE_URL": "postgresql://postgres:secret-word@127.0.0.1:1/none", "ROLLBOOK_KEYS": str(config.keys)}
    with pytest.raises(SetupFailed, match="DATABASE_URL") as refusal:
        database.prepare(settings.load(environ, process="owner"))
    assert "secret-word" not in str(refusal.value)


def begin(command: Command, words: list[str]) -> None:
    """What the program does first with a command."""
    if command.process:
        start_django(django_settings.ROLLBOOK.process)
    else:
        command.load()(args=words, standalone_mode=False)


@pytest.mark.parametrize("words", [["serve"], ["setup"], ["log", "head"], ["jobs"]], ids=lambda words: words[0])
def test_nothing_runs_as_root_in_production(words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("ROLLBOOK_PRODUCTION", "1")
    monkeypatch.setenv("ROLLBOOK_DATABASE_FSYNC", "on")
    monkeypatch.setenv("ROLLBOOK_PUBLIC_URL", "https://rollbook.example")
    monkeypatch.setenv("ROLLBOOK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ROLLBOOK_KEYS", str(tmp_path / "keys"))
    config = settings.load()
    monkeypatch.setattr(django_settings, "ROLLBOOK", config)
    with pytest.raises(SetupFailed) as refusal:
        begin(COMMANDS[words[0]], words[1:])
    assert refusal.value.reasons[0].code == "root"
    assert list(tmp_path.iterdir()) == []
