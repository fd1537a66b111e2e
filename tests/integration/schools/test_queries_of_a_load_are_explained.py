"""Queries of a return that the authority's own load took in are explained on the school's page like any others."""

from pathlib import Path
from typing import Any

import pytest

from rollbook.records.models.uploads import Query, Upload
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns.crew import prepare_file
from rollbook.services.returns.explaining import accept_explanation, explain, return_explanation
from rollbook.services.returns.explanation_desk import query_counts, waiting_explanations
from rollbook.services.returns.ingest import ingest, take_in
from rollbook.services.returns.load import readers
from rollbook.services.returns.receipts import Receipt
from rollbook.services.returns.upload_pages import UploadPage, asked_again, current_upload, upload_of, upload_page
from rollbook.services.returns.uploads import submit_upload
from tests import census_ground as census
from tests import school_ground as ground
from tests.integration.people.test_with_the_rights_of_each_process import process
from tests.people import CUSTODIAN, OPERATOR, SCHOOL_DATA_MANAGER, actor_of, browser_of
from tests.school_ground import SECOND_WRONG_YEAR, WRONG_YEAR, YEAR_RULE

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = (WRONG_YEAR, SECOND_WRONG_YEAR)
WHY = "Moved up by agreement"


@pytest.fixture
def by() -> Any:
    return ground.open_school()


def loaded(*edits: str, serial: str = "001", **more: Any) -> Receipt:
    return ingest(by=OPERATOR, data=census.a_file(*edits, serial=serial, **more), name="return.xml")


def counts() -> list[tuple[int, ...]]:
    found = query_counts(actor_of(CUSTODIAN))
    return [(one.queries, one.given, one.accepted, one.returned, one.unexplained, one.silent) for one in found]


def test_the_school_explains_them_and_the_data_team_answers(by: Any) -> None:
    receipt = loaded(*BOTH)
    assert asked_again(by) == ((receipt.return_id, 2),)
    page = _page(by, receipt)
    assert (page.state, page.left, page.ready) == ("received", 2, False)
    assert counts() == [(2, 0, 0, 0, 2, 1)]
    browser, address = browser_of(SCHOOL_DATA_MANAGER), f"/school/files/{page.handle}/rules/{YEAR_RULE}/"
    assert browser.post(address, {"text": WHY, "which": "ticked", "places": "1"}).status_code == 302
    assert counts() == [(2, 1, 0, 0, 1, 1)]
    assert WHY in browser.get(address).content.decode()
    assert f"/rules/{YEAR_RULE}/" in browser.get(f"/school/returns/{receipt.return_id}/").content.decode()
    explain(by=by, handle=page.handle, rule=YEAR_RULE, text="Taught out of year")
    custodian = actor_of(CUSTODIAN)
    first, second = waiting_explanations(custodian)
    accept_explanation(by=custodian, handle=first.handle)
    return_explanation(by=custodian, handle=second.handle, words="Why?")
    assert (counts(), asked_again(by)) == ([(2, 0, 1, 1, 0, 0)], ((receipt.return_id, 1),))
    said = browser_of(CUSTODIAN).get("/casework/explanations/").content.decode()
    assert "Queries in returns that stand" in said


def test_another_school_reaches_none_of_them(by: Any) -> None:
    page = _page(by, loaded(WRONG_YEAR))
    other = browser_of(ground.OTHER_MANAGER)
    address = f"/school/files/{page.handle}/rules/{YEAR_RULE}/"
    assert [other.get(address).status_code, other.post(address, {"text": "Mine", "which": "all"}).status_code] == [
        404
    ] * 2
    assert counts() == [(1, 0, 0, 0, 1, 1)]


@pytest.mark.parametrize(("first", "second"), [("load", "load"), ("load", "page"), ("page", "load")])
def test_explanations_go_over_whichever_way_the_next_file_comes(by: Any, first: str, second: str) -> None:
    _explained(by, first, *BOTH)
    data = census.a_file(WRONG_YEAR, "P2/PupilStatus/NCyearActual = 12", serial="002")
    if second == "page":
        page = upload_page(by, ground.send(by, data))
    else:
        page = _page(by, ingest(by=OPERATOR, data=data, name="return.xml"))
    assert (page.findings.kept, page.explained, page.left) == (1, 1, 1)
    assert [(one.why, one.count) for one in page.findings.ended] == [("the facts behind it changed", 1)]


def _page(by: Any, receipt: Receipt) -> UploadPage:
    page = upload_of(by, receipt.return_id)
    assert page is not None
    return page


def _explained(by: Any, way: str, *edits: str) -> None:
    if way == "load":
        explain(by=by, handle=_page(by, loaded(*edits)).handle, rule=YEAR_RULE, text=WHY)
        return
    handle = ground.send(by, census.a_file(*edits))
    explain(by=by, handle=handle, rule=YEAR_RULE, text=WHY)
    submit_upload(by=by, handle=handle)
    ground.work()


def test_what_only_the_authority_could_ask_is_explained_too_and_goes_over(by: Any) -> None:
    loaded()
    former = f"+ P2/PupilIdentifiers <FormerUPN>{census.ADA}</FormerUPN>"
    doubt = loaded(former, upns=[census.upn(90)], serial="002")
    (line,) = doubt.queries
    page = _page(by, doubt)
    assert [(one.rule, one.left) for one in page.queries] == [(line.rule, 1)]
    explain(by=by, handle=page.handle, rule=line.rule, text=WHY)
    again = _page(by, loaded(former, upns=[census.upn(90)], serial="003"))
    assert (again.findings.kept, again.left) == (1, 0)


def test_a_load_hides_no_file_of_the_page_and_destroys_none(by: Any) -> None:
    handle = ground.send(by, census.a_file(WRONG_YEAR))
    loaded(SECOND_WRONG_YEAR, serial="002")
    file = current_upload(by)
    assert file is not None
    assert (file.handle, file.state) == (handle, "checked")


def test_a_folder_loaded_with_the_rights_of_the_operator_brings_them_too(
    by: Any, settings: Any, tmp_path: Path
) -> None:
    path = tmp_path / "return.xml"
    path.write_bytes(census.a_file(WRONG_YEAR))
    with readers(1) as pool:
        found = pool.submit(prepare_file, path).result()
    with process("operator", settings):
        take_in(by=OPERATOR, batch=[found])
    with people_zone():
        assert [(one.rule, one.line > 0, one.upn_end) for one in Query.objects.all()] == [(YEAR_RULE, True, "")]
    with process("web", settings):
        ((_, left),) = asked_again(by)
    assert left == 1


def test_a_refused_return_asks_nothing(by: Any) -> None:
    assert loaded(WRONG_YEAR, ground.NO_SURNAME).state == "refused"
    with people_zone():
        assert not Upload.objects.exists()
