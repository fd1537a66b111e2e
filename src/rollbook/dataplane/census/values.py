"""Reading one value of a return: text as sent, dates, counts and hours. What cannot be read raises ValueError."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Final

MAX_TEXT: Final = 200
PLAIN: Final = frozenset({"text", "code"})  # kinds whose value is the text itself
_COUNT: Final = re.compile(r"[0-9]{1,6}")
_HOURS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_FLAGS: Final = {"true": "1", "false": "0"}

Value = str | date | int | float


@lru_cache(maxsize=20_000)
def read_date(text: str) -> date:
    """An ISO day, `2025-01-16`, and no other form."""
    if not _DATE.fullmatch(text):
        raise ValueError("not an ISO day")
    return date.fromisoformat(text)


def read_moment(text: str) -> datetime:
    """An ISO date and time, `2025-01-16T10:36:42`, in local time: the format has no zone."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not an ISO date and time")
    return datetime.fromisoformat(text)


def read_value(text: str, kind: str) -> Value:
    """The value of an item of this catalogue kind. A flag may be written 0, 1, false or true and is kept as 0 or 1."""
    if kind == "date":
        return read_date(text)
    if kind in ("count", "hours"):
        return _number(text, kind)
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    return _FLAGS.get(text, text) if kind == "flag" else text


@lru_cache(maxsize=5_000)
def _number(text: str, kind: str) -> int | float:
    return int(_whole(_COUNT, text)) if kind == "count" else float(_whole(_HOURS, text))


def _whole(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not a number of this kind")
    return text
