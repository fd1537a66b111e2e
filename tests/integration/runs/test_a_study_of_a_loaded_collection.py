"""A study inside reads a loaded collection by the real extract and sandbox; its table has the published counts.

Published: Exam has 2,169 pupils in mixed schools, 1,377 in girls' and 513 in boys' schools.
"""

import pytest

from rollbook.dataplane.store.populations import Population
from rollbook.records.models.studies import Output, Run
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
    return open_project(monkeypatch, "exam", ITEMS)


def open_project(
    monkeypatch: pytest.MonkeyPatch, which: str, items: list[str], text: bytes = b"", data: bytes = b""
) -> str:
    """A project on a loaded collection, with a log of its own."""
    from rollbook.services import projects
    from tests.people import OPERATOR, RESEARCHER

    census_ground.empty_store()
    ground.clean_folders()
    log = ground.log_of_its_own(monkeypatch)
    if data:
        ground.pupils()
    text = text or collection_ground.mapping(which)
    made = collection_ground.opened(text)
    collection_ground.loaded(text, data or collection_ground.as_csv(which))
    log.write()
    number = grounds.organisation(grounds.UNIVERSITY, RESEARCHER)
    grounds.agreement(number, items=items)
    grounds.assessment(items=items)
    grounds.accredited()
    reference = grounds.ask(items=items, collections=[made.code])
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


CHEM_ITEMS = ["sex", "chem-points", "chem-school", "chem-age"]
CHEM = {
    "study.toml": b"""\
title = "Pupils by points"
purpose = "To count as the literature does."
items = ["chem-points"]
[[steps]]
sql = "people.sql"
[table]
name = "people"
dimensions = ["points"]
measure = "count"
""",
    "people.sql": b"CREATE TABLE people AS SELECT ppid, chem_points::VARCHAR AS points FROM chem ORDER BY ppid;",
}
CHEM_UNIQUE = {
    "study.toml": CHEM["study.toml"]
    .replace(b'["points"]', b'["school", "sex", "age"]')
    .replace(b'["chem-points"]', b'["sex", "chem-school", "chem-age"]'),
    "people.sql": b"CREATE TABLE people AS SELECT c.ppid, c.chem_school::VARCHAR AS school, p.sex,"
    b" c.chem_age::VARCHAR AS age FROM chem c JOIN pupil p USING (ppid) ORDER BY c.ppid;",
}


@pytest.fixture
def chem(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    return open_project(monkeypatch, "chem97", CHEM_ITEMS)


def test_chem97_by_points_has_the_published_counts(chem: str) -> None:
    """Published: 3,688 pupils with 0 points, 3,627 with 2, 4,619 with 4, 5,739 with 6, 6,668 with 8, 6,681 with 10."""
    run = ground.executed(ground.study(chem, CHEM))
    assert (run.state, run.reasons, run.people) == (Run.DONE, [], 31022)
    (output,) = run.outputs.all()
    assert output.state != Output.STOPPED
    cells = {cell["labels"][0]: cell["count"] for cell in output.table["cells"]}
    assert cells == {"0": 3688, "2": 3627, "4": 4619, "6": 5739, "8": 6668, "10": 6681}


def test_chem97_by_school_sex_and_age_in_months_does_not_come_out(chem: str) -> None:
    """Of its rows 38 in 100 are the only one of their school, sex and age, and 96 in 100 with the GCSE average too."""
    frame = collection_ground.frame("chem97")
    alone = [
        round(100 * int((frame.groupby(keys).size() == 1).sum()) / len(frame))
        for keys in (["school", "gender", "age"], ["school", "gender", "age", "gcsescore"])
    ]
    assert alone == [38, 96]
    run = ground.executed(ground.study(chem, CHEM_UNIQUE))
    # Thousands of schools are no dimension of a table: it is refused before a cell is counted.
    assert run.state == Run.FAILED
    assert [(reason["code"], reason["where"]) for reason in run.reasons] == [("table-labels", "school")]
    assert not run.outputs.exists()


def test_a_use_of_results_by_pupil_number_stands_in_the_persons_history(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollbook.records.models.accounts import School
    from rollbook.services.history import history
    from tests.integration.store import test_a_load_by_pupil_number as results
    from tests.letters import let_in
    from tests.people import OTHER_PARENT, PARENT

    project = open_project(
        monkeypatch, "made", ["made-paper"], results.MAPPING.encode(),
        results.a_file(*(results.row(census_ground.upn(number)) for number in range(40))),
    )  # fmt: skip
    study = {
        "study.toml": STUDY["study.toml"]
        .replace(b'["exam-school-gender", "exam-score"]', b'["made-paper"]')
        .replace(b'["school_gender"]', b'["paper"]'),
        "people.sql": b"CREATE TABLE people AS SELECT ppid, made_paper AS paper FROM made ORDER BY ppid;",
    }
    run = ground.executed(ground.study(project, study))
    assert (run.state, run.reasons, run.people) == (Run.DONE, [], 40)
    for number, inside in ((0, True), (50, False)):
        school = School.objects.get(pk=census_ground.SCHOOL)
        family = let_in(PARENT if inside else OTHER_PARENT, census_ground.upn(number), school)
        (use,) = history(family.parent, family.handle).uses
        assert use.inside is inside
