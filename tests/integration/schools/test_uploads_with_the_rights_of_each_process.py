"""A return by the school's page as the database roles of web and job process, with the keys that each may open."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from rollbook.kernel.refusals import AccessDenied
from rollbook.records.models.uploads import Explanation, Query, Upload
from rollbook.services.platform.keys import open_keys
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import uploads
from rollbook.services.returns.explaining import explain, return_explanation
from rollbook.services.returns.explanation_desk import waiting_explanations
from rollbook.services.returns.upload_pages import current_upload, group_page, upload_page
from rollbook.services.returns.uploads import submit_upload, upload_return
from tests import census_ground as census
from tests import school_ground as ground
from tests.integration.people.test_with_the_rights_of_each_process import process
from tests.people import CUSTODIAN, actor_of

pytestmark = pytest.mark.django_db(transaction=True)


def as_jobs(settings: Any) -> None:
    with process("jobs", settings):
        ground.work()


def test_the_whole_way_needs_no_more_than_each_may_do(settings: Any) -> None:
    by, custodian = ground.open_school(), actor_of(CUSTODIAN)
    with process("web", settings):
        first = upload_return(by=by, name="a.xml", data=census.a_file(ground.WRONG_YEAR))
    as_jobs(settings)
    with process("web", settings):
        assert upload_page(by, first).state == "checked"
        explain(by=by, handle=first, rule=ground.YEAR_RULE, text="Moved up")
        second = upload_return(by=by, name="a.xml", data=census.a_file(ground.WRONG_YEAR, serial="002"))
    as_jobs(settings)
    with process("web", settings):
        assert upload_page(by, second).findings.kept == 1
        assert group_page(by, second, ground.YEAR_RULE) is not None
        submit_upload(by=by, handle=second)
    as_jobs(settings)
    with process("web", settings):
        assert (upload_page(by, second).state, current_upload(by)) == ("received", None)
        (line,) = waiting_explanations(custodian)
        return_explanation(by=custodian, handle=line.handle, words="Which agreement?")
    with process("jobs", settings):
        assert uploads.forget_expired() == 0


def test_the_web_process_can_make_no_mark_and_reads_no_row_outside_the_zone(settings: Any) -> None:
    ground.send(ground.open_school(), census.a_file(ground.WRONG_YEAR))
    with process("web", settings):
        with pytest.raises(AccessDenied):
            open_keys(settings.ROLLBOOK).marks([b"a value"])
        for model in (Upload, Query, Explanation):
            with pytest.raises(ProgrammingError), transaction.atomic():
                model.objects.first()
        with people_zone():
            assert Upload.objects.count() == 1
    assert connection.settings_dict["USER"] == "rollbook_owner"
