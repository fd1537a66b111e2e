"""A throwaway installation for each test process: own folders, keys and, once a test asks for it, PostgreSQL server.

The settings are read when Django starts, so the environment is set while this file is imported. Under xdist every
worker imports it anew and so has an installation of its own.
"""

import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck
from hypothesis import settings as examples

from rollbook.services.platform import config as settings
from rollbook.services.platform import embedded, keys
from rollbook.services.platform.start import start_django

# A machine with other work on it is slow, and that is no fault of what is tested.
examples.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("any machine")

# Where the machine forbids Python to keep compiled modules, every program that a test starts would compile all of ours
# anew, and every worker of xdist every test.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_NAME = f"test-{secrets.token_hex(4)}"
# PostgreSQL never runs as root, and the user it runs as cannot reach root's temporary folders.
_TOP = settings.ROOT_HOME / _NAME if os.geteuid() == 0 else Path(tempfile.mkdtemp(prefix="rollbook-"))
_KEYS = Path(tempfile.mkdtemp(prefix="rollbook-keys-"))

for _setting in [name for name in os.environ if name.startswith("ROLLBOOK_")]:
    del os.environ[_setting]
os.environ.pop("DATABASE_URL", None)
os.environ.update(
    ROLLBOOK_DATA=str(_TOP / "data" if os.geteuid() else _TOP),
    ROLLBOOK_KEYS=str(_KEYS / "keys"),
    ROLLBOOK_DATABASE_FSYNC="off",
    # Playwright keeps an event loop in the thread of its tests; they call services only before and after the page.
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
)
CONFIG = settings.load(process="owner")
keys.create(CONFIG, _KEYS / "overseer")
start_django("owner")
django_settings.PASSWORD_HASHERS = ["tests.quick_passwords.OneRound"]
# A worker of xdist inherits the environment: with this name in it Django would start before the worker's own
# installation is named.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure() -> None:
    """Leave nothing behind: no server, no folder."""
    embedded.remove(CONFIG)
    for folder in (_TOP, _KEYS):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def config() -> settings.Config:
    """The throwaway installation."""
    return CONFIG


@pytest.fixture(scope="session")
def overseer_folder() -> Path:
    """Where the overseer's private key was handed over."""
    return _KEYS / "overseer"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """In place of a test database beside a real one: the installation's own, made as real ones are."""
    from rollbook.services.platform import database

    with django_db_blocker.unblock():
        database.prepare(CONFIG)
        database.migrate()
    _empty_hidden_tables_too()


def _empty_hidden_tables_too() -> None:
    """After a transactional test Django empties the tables it made; identity and the job queue are not among them."""
    from django.apps import apps
    from django.db.backends.postgresql.operations import DatabaseOperations

    tables = [(model._meta.db_table, model._meta.managed) for model in apps.get_models()]
    hidden = [table for table, managed in tables if table.startswith('"') or not managed]
    flush = DatabaseOperations.sql_flush

    def flush_all(self, style, tables, **options):  # type: ignore[no-untyped-def]
        return flush(self, style, [*tables, *hidden], **options)

    DatabaseOperations.sql_flush = flush_all  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _unordered_queries_come_back_shuffled() -> None:
    """What has no order in the database has none in a test: code that relies on luck fails here, not in service."""
    from django.db.models.expressions import OrderBy
    from django.db.models.functions import Random
    from django.db.models.sql.compiler import SQLCompiler

    get_order_by = SQLCompiler.get_order_by

    def shuffled(self):  # type: ignore[no-untyped-def]
        given, query = get_order_by(self), self.query
        plain = not (query.distinct or query.group_by is not None or query.combinator or query.subquery)
        if given or not plain or query.annotation_select or not query.default_cols:
            return given
        order = OrderBy(Random())
        return [(order, (*self.compile(order.resolve_expression(query)), None))]

    SQLCompiler.get_order_by = shuffled  # type: ignore[method-assign]
