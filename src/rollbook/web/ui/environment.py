"""The Jinja environment of every page: where templates are, and how days, numbers and addresses are written."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader

from rollbook.web.ui.forms import error_summary, field

LONDON = ZoneInfo("Europe/London")


def environment(**options: Any) -> Environment:
    """The environment, as Django's settings name it."""
    design_system = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    options["loader"] = ChoiceLoader([options["loader"], design_system])
    options |= {"trim_blocks": True, "lstrip_blocks": True}
    options.pop("autoescape", None)
    made = Environment(autoescape=True, **options)
    made.globals.update(static=static, url=_url, field=field, error_summary=error_summary)
    made.filters.update(day=day, moment=moment, month=month, part=part, number=number, words=words)
    return made


def day(value: date | None) -> str:
    """A date as "3 March 2025", of a moment its day in London; nothing for none."""
    if isinstance(value, datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(LONDON)
    return f"{value.day} {value:%B %Y}" if value else ""


def part(text: str) -> str:
    """What tells one of several facts of a kind from the others: a date in words, anything else as it is."""
    try:
        return day(date.fromisoformat(text)) if len(text) == len("2025-03-31") else text
    except ValueError:
        return text


def month(text: str) -> str:
    """A month such as 2025-03 as "March 2025"."""
    return f"{date.fromisoformat(f'{text}-01'):%B %Y}"


def moment(value: datetime | None) -> str:
    """A time as "3 March 2025 at 14:05", in London."""
    if value is None:
        return ""
    local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(LONDON)
    return f"{day(local)} at {local:%H:%M}"


def number(value: int) -> str:
    """A count as "1,234"."""
    return f"{value:,}"


def words(code: str) -> str:
    """A code such as `panel-member` as "panel member"."""
    return code.replace("-", " ").replace("_", " ")


def _url(name: str, *args: object, **kwargs: object) -> str:
    return reverse(name, args=args or None, kwargs=kwargs or None)
