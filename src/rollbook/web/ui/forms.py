"""From Django's forms to the parameters of the design system's fields.

So that each error stands both at its field and in the summary at the top.
"""

from typing import Any

from django.forms import BaseForm
from django.forms.boundfield import BoundField


def field(bound: BoundField, label: str = "", hint: str = "", **more: Any) -> dict[str, Any]:
    """Parameters for `govukInput`, `govukTextarea`, `govukPasswordInput` or `govukFileUpload` of one field."""
    params: dict[str, Any] = {
        "id": bound.id_for_label or f"id_{bound.html_name}",
        "name": bound.html_name,
        "label": {"text": label or str(bound.label), "classes": "govuk-label--s"},
        "hint": {"text": hint or str(bound.help_text)} if hint or bound.help_text else None,
        "value": "" if bound.value() is None else str(bound.value()),
        "errorMessage": {"text": " ".join(str(text) for text in bound.errors)} if bound.errors else None,
    }
    return {name: value for name, value in (params | more).items() if value is not None}


def error_summary(form: BaseForm) -> dict[str, Any] | None:
    """Parameters for `govukErrorSummary`, each error leading to its field; None when all is well."""
    if not form.errors:
        return None
    lines = [{"text": text} for text in form.non_field_errors()]
    for name in form.fields:
        bound = form[name]
        lines += [{"text": text, "href": f"#{bound.id_for_label or f'id_{name}'}"} for text in bound.errors]
    return {"titleText": "There is a problem", "errorList": lines}
