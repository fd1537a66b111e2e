"""A study inside reads a loaded collection by the real extract and sandbox; its table has the published counts.

Published: Exam has 2,169 pupils in mixed schools, 1,377 in girls' and 513 in boys' schools.
"""

import pytest

from rollbook.dataplane.store.populations import Population
from rollbook.records.models.studies import Run
from rollbook.services import populations
from rollbook.services.log import reader
from rollbook.services.run_plan import draw
from rollbook.tlog.labels import SMALLEST_SET
from tests import census_ground, collection_ground, grounds
from tests import run_ground as ground

ITEMS = ["sex", "exam-school-gender", "exam-score"]
STUDY = {
    "study.toml": b"""\
title = "Pupils by gender of their school"
purpose = "To count as the literature does."
items = ["exam-school-gender", "exam-score"]
[[steps]]
sql = "people.sql"
[table]
name = "people"
dimensions = ["school_gender"]
measure = "count"
""",
    "people.sql": b"CREATE TABLE people AS SELECT ppid, exam_school_gender AS school_gender FROM exam"
    b" WHERE exam_score IS NOT NULL ORDER BY ppid;",
}


@pytest.fixture
def project(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    from rollbook.services import projects
    from tests.people import OPERATOR, RESEARCHER

    census_ground.empty_store()
    ground.clean_folders()
    log = ground.log_of_its_own(monkeypatch)
    made = collection_ground.opened(collection_ground.mapping("exam"))
    collection_ground.loaded(collection_ground.mapping("exam"), collection_ground.as_csv("exam"))
    log.write()
    number = grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    grounds.agreement(number, items=ITEMS)
    grounds.assessment(items=ITEMS)
    grounds.accredited()
    reference = grounds.ask(items=ITEMS, collections=[made.code])
    grounds.approve(reference)
    log.write()
    return projects.open_project(by=OPERATOR, request_ref=reference)


def test_the_count_by_school_gender_is_the_published_one(project: str) -> None:
    run = ground.executed(ground.study(project, STUDY))
    assert (run.state, run.reasons) == (Run.DONE, [])
    (output,) = run.outputs.all()
    cells = {tuple(cell["labels"]): cell["count"] for cell in output.table["cells"]}
    assert cells == {("mixed",): 2169, ("girls",): 1377, ("boys",): 513}
    assert run.people == 4059


def test_the_set_in_the_log_names_nobody_and_the_population_holds_everybody(project: str) -> None:
    run = ground.executed(ground.study(project, STUDY))
    (entry,) = reader.entries("disclosure")
    assert entry.fields["items"] == ["exam-school-gender", "exam-score"]
    assert entry.fields["set"]["size_padded"] == SMALLEST_SET
    people: Population = populations.read(run.population_file, run.epoch)
    assert len(people) == 4059


def test_an_item_of_the_collection_that_was_not_approved_is_refused(project: str) -> None:
    from rollbook.kernel.refusals import InputRefused

    more = STUDY["study.toml"].replace(b'"exam-score"]', b'"exam-score", "exam-reading-test"]')
    with pytest.raises(InputRefused, match="exam-reading-test"):
        ground.study(project, {**STUDY, "study.toml": more})


def test_a_census_pupil_without_a_number_is_still_left_out(project: str) -> None:
    from rollbook.records.models.governance import Request
    from rollbook.records.models.identity import Identifier
    from rollbook.services.people_zone import people_zone

    ground.pupils(5)
    collection_ground.frame("exam")
    request = Request.objects.get()
    request.collections = [census_ground.SPRING]
    assert draw(request).size == 5
    with people_zone():
        Identifier.objects.filter(pk=Identifier.objects.order_by("pk").values("pk")[:1]).delete()
    assert (draw(request).size, draw(request).unnamed) == (4, 0)
