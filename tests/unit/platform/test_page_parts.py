"""Small parts of pages: numbers, days, pages of a list, fields of a form."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.http import Http404
from django.test import RequestFactory

from rollbook.web.ui import environment
from rollbook.web.ui.forms import error_summary, field
from rollbook.web.ui.paging import paginate

SUMMER, WINTER = datetime(2025, 7, 1, 12, 5, tzinfo=UTC), datetime(2025, 1, 16, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (environment.day(date(2025, 3, 3)), "3 March 2025"),
        (environment.day(None), ""),
        (environment.part("2017-01-24"), "24 January 2017"),
        (environment.part("2017-13-24"), "2017-13-24"),
        (environment.part("O"), "O"),
        (environment.moment(SUMMER), "1 July 2025 at 13:05"),
        (environment.moment(WINTER), "16 January 2025 at 12:05"),
        (environment.moment(None), ""),
        (environment.number(1234567), "1,234,567"),
        (environment.words("panel-member"), "panel member"),
    ],
)
def test_how_things_are_written(written: str, expected: str) -> None:
    assert written == expected


def get(query: str) -> object:
    return RequestFactory().get(f"/register/requests/{query}")


def test_a_short_list_has_no_pages() -> None:
    page = paginate([1, 2], get(""), per_page=2)  # type: ignore[arg-type]
    assert (list(page.items), page.total, page.pagination) == ([1, 2], 2, None)


def test_a_page_of_a_long_list_keeps_the_question() -> None:
    page = paginate(list(range(5)), get("?state=refused&page=2"), per_page=2)  # type: ignore[arg-type]
    assert list(page.items) == [2, 3]
    assert page.pagination is not None
    assert page.pagination["next"] == {"href": "?state=refused&page=3"}
    assert page.pagination["previous"] == {"href": "?state=refused&page=1"}
    assert [item["number"] for item in page.pagination["items"] if item["current"]] == [2]


@pytest.mark.parametrize("query", ["?page=0", "?page=4", "?page=x", "?page=-1", "?page=²", f"?page={'1' * 5000}"])
def test_a_page_that_is_not_there_is_not_found(query: str) -> None:
    with pytest.raises(Http404):
        paginate(list(range(5)), get(query), per_page=2)  # type: ignore[arg-type]


class Form(forms.Form):
    title = forms.CharField(label="Title", max_length=5)
    note = forms.CharField(label="Note", required=False, help_text="Anything else")

    def clean(self) -> None:
        self.add_error(None, "Both together are wrong")


def test_an_error_stands_at_its_field_and_in_the_summary() -> None:
    form = Form({"title": "far too long"})
    shown = field(form["title"])
    assert shown["value"] == "far too long"
    assert "at most 5" in shown["errorMessage"]["text"]
    summary = error_summary(form)
    assert summary is not None
    assert {line.get("href") for line in summary["errorList"]} == {None, "#id_title"}
    assert summary["errorList"][0]["text"] == "Both together are wrong"


def test_a_fresh_form_has_no_summary() -> None:
    assert error_summary(Form()) is None
    assert field(Form()["note"], hint="")["hint"] == {"text": "Anything else"}
    assert "errorMessage" not in field(Form()["title"])
