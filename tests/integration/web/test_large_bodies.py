"""Nobody fills the disk by sending a file, signed in or not, whatever the address."""

import io
from typing import Any

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client

from rollbook.services.studies.study_upload import MAX_UPLOAD
from rollbook.web.bodies import MOST
from tests.people import RESEARCHER, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that reached the machine's disk."""
    names: list[str] = []
    before = TemporaryFileUploadHandler.new_file

    def new_file(self: Any, *args: Any, **kwargs: Any) -> None:
        names.append(args[1])
        before(self, *args, **kwargs)

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", new_file)
    return names


def a_file(size: int) -> dict[str, io.BytesIO]:
    file = io.BytesIO(bytes(size))
    file.name = "study.toml"
    return {"files": file}


@pytest.mark.parametrize("address", ["/account/sign-in/", "/casework/projects/none/", "/account/start/", "/nowhere/"])
def test_a_stranger_cannot_have_a_large_file_written(written: list[str], address: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(address, a_file(5 * 1024 * 1024))
    assert (answer.status_code, written) == (413, [])
    assert "too large" in answer.content.decode()


def test_neither_can_a_researcher_and_the_largest_study_still_comes_in(written: list[str]) -> None:
    browser = browser_of(RESEARCHER)
    assert browser.post("/casework/projects/none/", a_file(MOST)).status_code == 413
    assert browser.post("/casework/projects/none/", a_file(MAX_UPLOAD)).status_code == 403
    assert written == []


@pytest.mark.parametrize("length", ["-1", "1e3", "many", "99999999999999999999"])
def test_a_length_that_is_no_number_of_bytes_is_refused(length: str) -> None:
    assert Client().post("/account/sign-in/", CONTENT_LENGTH=length).status_code == 413
