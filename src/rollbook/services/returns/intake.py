"""What every way in shares: one file at a time between new keys and commit, and the removal of rows nothing names."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from rollbook.dataplane.store import landing
from rollbook.records.models.collections import Load, Return
from rollbook.services.log.reader import require_own_database
from rollbook.services.platform.work_locks import LANDING


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of this database under which files are taken in. It ends with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LANDING])
    try:
        yield
    finally:
        # A broken connection has given the lock back by itself.
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LANDING])


def forget_unnamed() -> dict[str, int]:
    """Remove the study rows that no accepted return or load names; called under the lock. Gives rows by table."""
    require_own_database()
    named = {str(pk) for pk in Return.objects.exclude(state=Return.REFUSED).values_list("pk", flat=True)}
    named |= {str(pk) for pk in Load.objects.exclude(state=Load.REFUSED).values_list("pk", flat=True)}
    return landing.forget_unnamed(settings.ROLLBOOK.study, named)
