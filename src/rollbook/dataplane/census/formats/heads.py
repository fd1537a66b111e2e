"""Headers of the formats, as the one `Header` that rules and reports know."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from rollbook.dataplane.census.parsed import Header
from rollbook.dataplane.census.values import MAX_TEXT, read_date, read_moment

Texts = Mapping[str, tuple[str, int]]
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def header_of(texts: Texts, line: int) -> Header:
    """The header made of texts with their lines. What cannot be read as a date is left to the header's rules."""
    plain = {name: text[:MAX_TEXT].strip() or None for name, (text, _) in texts.items()}
    day, moment = plain.pop("reference_date", None), plain.pop("date_time", None)
    return Header(
        **plain, reference_date=day_of(day), date_time=_moment_of(moment), line=line,
        lines={name: at for name, (_, at) in texts.items()},
    )  # fmt: skip


def day_of(text: str | None) -> date | None:
    """A day, None when missing or unreadable."""
    try:
        return read_date(iso(text or ""))
    except ValueError:
        return None


def _moment_of(text: str | None) -> datetime | None:
    day, _, clock = (text or "").strip().replace("T", " ").partition(" ")
    try:
        return read_moment(f"{iso(day)}T{clock or '00:00:00'}")
    except ValueError:
        return None


def iso(text: str) -> str:
    """A day as the collection system writes it, `2025-Jan-16 00:00:00`, as an ISO day. Other texts stay as they are."""
    day, _, clock = text.partition(" ")
    parts = day.split("-")
    if len(parts) == 3 and parts[1].lower() in _MONTHS:
        parts[1] = f"{_MONTHS.index(parts[1].lower()) + 1:02d}"
        return "-".join(parts)
    return day if clock.strip("0:.") == "" else text
