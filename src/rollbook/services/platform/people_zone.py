"""The door to the identity schema.

Names, addresses and identifiers live in a schema that the login roles of the web and job processes cannot read. Only
inside this context does the transaction take the role that may, so a query that forgot to ask is refused by
PostgreSQL itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

ZONE_ROLE = "rollbook_people"
LOGIN_ROLES = frozenset({"rollbook_web", "rollbook_jobs"})


@contextmanager
def people_zone() -> Iterator[None]:
    """A transaction (or savepoint) in which identity tables may be read and written; the role is given back."""
    with transaction.atomic():
        outermost = _current_role() in LOGIN_ROLES
        if outermost:
            _execute(f"SET LOCAL ROLE {ZONE_ROLE}")
        yield
        # Not in a `finally`: after an error the rollback to the savepoint gives the role back by itself.
        if outermost:
            _execute("RESET ROLE")


def _current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
    return str(role)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
