"""A date in the three boxes of the design system, for forms."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

PARTS = (("day", "Day", 2), ("month", "Month", 2), ("year", "Year", 4))


class ThreeBoxes(forms.Widget):
    """Reads `name-day`, `name-month` and `name-year` as one text in the order of ISO dates; all empty is nothing."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str | None:
        """The text, as the field reads it."""
        day, month, year = (str(data.get(f"{name}-{part}", "")).strip() for part, _, _ in PARTS)
        return f"{year}-{month}-{day}" if day or month or year else None

    def id_for_label(self, id_: str, index: str = "0") -> str:
        """The first box, so that the summary of errors leads there."""
        return f"{id_.removeprefix('id_')}-day"


class ThreeBoxDate(forms.DateField):
    """A date typed in three boxes."""

    widget = ThreeBoxes
    default_error_messages = {"invalid": "Give a real day as numbers, for example 27 3 2026"}

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **options)


def date_input(bound: BoundField) -> dict[str, Any]:
    """Parameters for `govukDateInput`, filled with what was typed."""
    typed = str(bound.value() or "--").split("-")
    year, month, day = [*typed, "", ""][:3]
    values = {"day": day, "month": month, "year": year}
    error = "govuk-input--error" if bound.errors else ""
    return {
        "id": bound.html_name,
        "namePrefix": bound.html_name,
        "fieldset": {"legend": {"text": str(bound.label), "classes": "govuk-fieldset__legend--s"}},
        "hint": {"text": str(bound.help_text or "For example, 27 3 2026")},
        "items": [
            {"name": part, "label": label, "value": values[part], "classes": f"govuk-input--width-{width} {error}"}
            for part, label, width in PARTS
        ],
        **({"errorMessage": {"text": " ".join(str(error) for error in bound.errors)}} if bound.errors else {}),
    }
