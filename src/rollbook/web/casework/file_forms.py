"""The forms by which a file is let out by exception: a verdict with a ground for each criterion."""

from collections.abc import Sequence
from typing import Any

from django import forms

from rollbook.services.outputs.file_pages import LONGEST_GROUND
from rollbook.services.outputs.outputs import APPROVE, LONGEST_COMMENT, REJECT, RETURN


class VerdictForm(forms.Form):
    """One person's verdict on an output."""

    verdict = forms.ChoiceField(
        label="Your verdict",
        choices=[
            (APPROVE, "Release this table"),
            (RETURN, "Return it to the author"),
            (REJECT, "Turn it down for good"),
        ],
        error_messages={"required": "Choose a verdict"},
    )
    comment = forms.CharField(
        label="Comment to the author",
        help_text="Needed when it does not go out. The author reads it once it is decided.",
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea,
    )
    turn = forms.IntegerField(required=False, widget=forms.HiddenInput)


class FileVerdictForm(VerdictForm):
    """A verdict on a file: no choice lets it out without a ground for each criterion."""

    def __init__(self, criteria: Sequence[tuple[str, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["verdict"].choices = [  # type: ignore[attr-defined]
            (APPROVE, "Let this file out"),
            (RETURN, "Return it to the author"),
            (REJECT, "Turn it down for good"),
        ]
        self.criteria = tuple(name for name, _ in criteria)
        for name, words in criteria:
            self.fields[name] = forms.CharField(
                label=words, required=False, max_length=LONGEST_GROUND, widget=forms.Textarea
            )

    def grounds(self) -> dict[str, str]:
        """What was written, by criterion."""
        return {name: self.cleaned_data[name] for name in self.criteria}
