"""A throwaway installation for a benchmark that lands: keys, database and study tables of its own, gone afterwards."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rollbook.services.platform import config as settings
from rollbook.services.platform import database, embedded, keys
from rollbook.services.platform.config import Process
from rollbook.services.platform.processes import run_self
from rollbook.services.platform.start import start_django


@contextmanager
def throwaway(process: Process = "operator", *, durable: bool = False) -> Iterator[None]:
    """This process is the operator of a new, empty installation inside, and may be of no other in its life.

    `process` may name another part for it; `durable` lets the database wait for the disk, as installations do.
    """
    home = settings.ROOT_HOME / f"bench-{secrets.token_hex(4)}" if os.geteuid() == 0 else None
    data = home or Path(tempfile.mkdtemp(prefix="rollbook-bench-"))
    handed = Path(tempfile.mkdtemp(prefix="rollbook-bench-keys-"))
    settings.take_over(
        {
            "ROLLBOOK_DATA": str(data / "data"),
            "ROLLBOOK_KEYS": str(handed / "keys"),
            "ROLLBOOK_DATABASE_FSYNC": "on" if durable else "off",
        }
    )
    config = settings.load(process="owner")
    try:
        keys.create(config, handed / "overseer")
        database.prepare(config)
        run_self("migrate")
        start_django(process)
        yield
    finally:
        embedded.remove(config)
        for folder in (data, handed):
            shutil.rmtree(folder, ignore_errors=True)


def open_for(collection: str, schools: Sequence[str]) -> None:
    """Open a collection and register schools, with papers that stand in for published ones."""
    from rollbook.dataplane.census.catalogue import items_of
    from rollbook.records.models.governance import Assessment, Publication
    from rollbook.records.models.log import LogSubmission
    from rollbook.services.collections.collections import open_collection, register_school
    from rollbook.services.platform import clock
    from rollbook.services.platform.actors import operator

    items, papers = [item.id for item in items_of(collection)], {}
    for kind in ("notice", "assessment"):
        logged = LogSubmission.objects.create(
            entry_id=f"bench/{kind}", entry={}, made_at=clock.now(), state=LogSubmission.APPENDED
        )
        papers[kind] = Publication.objects.create(
            kind=kind, reference=kind, title=kind, body="Text.", document="x" * 44, submission=logged,
            made_at=clock.now(), starts=date(2020, 1, 1), review_by=date(2120, 1, 1), items=items,
        )  # fmt: skip
    made = papers["assessment"]
    Assessment.objects.create(
        publication=made, items=items, purposes=[], starts=made.starts, review_by=date(2120, 1, 1)
    )
    open_collection(by=operator(), code=collection, notice="notice", assessment="assessment")
    for laestab in schools:
        register_school(by=operator(), laestab=laestab, name=f"School {laestab}", phase="PS")
