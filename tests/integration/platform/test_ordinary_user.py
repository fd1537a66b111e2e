"""The embedded server for an ordinary user: in the data folder itself, under that user, and passwords all the same."""

import os
import stat
import tempfile
import traceback
from collections.abc import Callable, Iterator
from encodings import idna  # noqa: F401 - loaded before the privileges go: the interpreter may lie in root's home
from pathlib import Path

import psycopg
import pytest

from rollbook.services.platform import config as settings
from rollbook.services.platform import database, embedded, keys
from rollbook.services.platform.system_user import system_user

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rollbook-user-") as made:
        if os.geteuid() == 0:
            os.chown(made, NOBODY, NOBODY)
        yield Path(made)


def as_ordinary_user(work: Callable[[], None]) -> None:
    """Run `work` in a child process without root's rights; its failure is this test's."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root, the packages may lie where no ordinary user can look: the copy for the system user is used instead."""
    if os.geteuid() == 0:
        reachable = embedded._programs(system_user())
        monkeypatch.setattr(embedded, "_programs", lambda user: reachable)


@pytest.mark.usefixtures("programs")
def test_the_server_lives_in_the_data_folder(folder: Path) -> None:
    environ = {
        "ROLLBOOK_DATA": str(folder / "data"),
        "ROLLBOOK_KEYS": str(folder / "keys"),
        "ROLLBOOK_DATABASE_FSYNC": "off",
    }
    before = stat.S_IMODE(folder.stat().st_mode)

    def work() -> None:
        config = settings.load(environ, process="owner")
        keys.create(config, folder / "overseer")
        assert config.cluster == folder / "data" / "postgres"
        try:
            assert database.prepare(config) is True
            with psycopg.connect(**database.sign_in(config)) as connection:
                assert connection.execute("SELECT current_user").fetchone() == ("rollbook_owner",)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(**database.sign_in(config) | {"password": "guess"})
            assert stat.S_IMODE(config.cluster.stat().st_mode) == 0o700
        finally:
            embedded.remove(config)

    as_ordinary_user(work)
    assert stat.S_IMODE(folder.stat().st_mode) == before
