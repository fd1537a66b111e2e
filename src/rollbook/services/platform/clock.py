"""The one place that reads the clock. Tests freeze time here."""

from datetime import UTC, date, datetime


def now() -> datetime:
    """The present moment, UTC, whole seconds kept as they are."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in UTC."""
    return now().date()
