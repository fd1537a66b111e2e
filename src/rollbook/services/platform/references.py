"""References that Rollbook issues itself: a prefix, the year and a running number, without gaps."""

from django.db import connection, models

from rollbook.services.platform import clock


def next_reference(model: type[models.Model], prefix: str) -> str:
    """The next reference of `prefix` for `model`, which has a unique field `reference` and never loses rows.

    Called inside the deed's transaction: two deeds at once wait for one another here rather than take the same number.
    """
    start = f"{prefix}-{clock.now().year}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"reference:{prefix}"])
    taken = model._default_manager.filter(reference__startswith=start).count()
    return f"{start}{taken + 1:04}"
