"""The plain way to say who was in which use: a table of pairs, in SQLite and in PostgreSQL, as many as they hold."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from rollbook.services.platform import config as settings
from rollbook.services.platform.database import ADMINISTRATOR, where
from rollbook.services.platform.keys import open_keys

LookUp = Callable[[int], set[int]]


@dataclass(frozen=True, slots=True)
class Table:
    """A filled table of pairs: a look-up for one person, and the bytes it takes on disk."""

    version: str
    look_up: LookUp
    stored_bytes: int


def in_sqlite(path: Path, members: Sequence[Sequence[int]]) -> Table:
    """A table clustered by person, then use: one look-up reads neighbours."""
    path.unlink(missing_ok=True)
    store = sqlite3.connect(path)
    store.execute("CREATE TABLE pairs (person INTEGER, use INTEGER, PRIMARY KEY (person, use)) WITHOUT ROWID")
    with store:
        store.executemany("INSERT INTO pairs VALUES (?, ?)", _pairs(members))

    def look_up(person: int) -> set[int]:
        return {use for (use,) in store.execute("SELECT use FROM pairs WHERE person = ?", (person,))}

    return Table(f"SQLite {sqlite3.sqlite_version}", look_up, path.stat().st_size)


@contextmanager
def in_postgresql(members: Sequence[Sequence[int]]) -> Iterator[Table]:
    """A table with an index by person and use, in the server of the present throwaway installation."""
    config = settings.load(process="operator")
    password = open_keys(config).database_password("administrator")
    with psycopg.connect(**where(config), user=ADMINISTRATOR, password=password, autocommit=True) as store:
        store.execute("CREATE TEMP TABLE pairs (person bigint, use integer)")
        with store.cursor().copy("COPY pairs FROM STDIN") as copy:
            for pair in _pairs(members):
                copy.write_row(pair)
        store.execute("CREATE UNIQUE INDEX ON pairs (person, use)")
        store.execute("ANALYZE pairs")
        ((size, version),) = store.execute(
            "SELECT pg_total_relation_size('pairs'), split_part(current_setting('server_version'), ' ', 1)"
        ).fetchall()

        def look_up(person: int) -> set[int]:
            rows = store.execute("SELECT use FROM pairs WHERE person = %s", [person]).fetchall()
            return {use for (use,) in rows}

        yield Table(f"PostgreSQL {version}", look_up, size)


def _pairs(members: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    return ((person, use) for use, people in enumerate(members) for person in people)
