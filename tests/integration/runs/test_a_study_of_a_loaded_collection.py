"""A study inside reads a loaded collection by the real extract and sandbox; its table has the published counts.

Published: Exam has 2,169 pupils in mixed schools, 1,377 in girls' and 513 in boys' schools.
"""

import json
from pathlib import Path

import pytest
from django.test import Client

from rollbook.dataplane.store.populations import Population
from rollbook.records.models.studies import Output, Run
from rollbook.services.log import reader
from rollbook.services.outputs import check_pages, releases
from rollbook.services.outside.replay import replay
from rollbook.services.studies.run_plan import draw
from rollbook.services.uses import populations
from rollbook.tlog.labels import SMALLEST_SET
from tests import census_ground, collection_ground, grounds
from tests import run_ground as ground
from tests.people import CHECKER, actor_of

ITEMS = ["sex", "exam-school-gender", "exam-score", "exam-reading-test", "exam-school"]
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
    from rollbook.services.projects import projects
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

    more = STUDY["study.toml"].replace(b'"exam-score"]', b'"exam-score", "exam-intake-band"]')
    with pytest.raises(InputRefused, match="exam-intake-band"):
        ground.study(project, {**STUDY, "study.toml": more})


def test_a_census_pupil_without_a_number_is_still_left_out(project: str) -> None:
    from rollbook.records.models.governance import Request
    from rollbook.records.models.identity import Identifier
    from rollbook.services.platform.people_zone import people_zone

    ground.pupils(5)
    collection_ground.frame("exam")
    request = Request.objects.get()
    request.collections = [census_ground.SPRING]
    assert draw(request).size == 5
    with people_zone():
        Identifier.objects.filter(pk=Identifier.objects.order_by("pk").values("pk")[:1]).delete()
    assert (draw(request).size, draw(request).unnamed) == (4, 0)


STUDIES = collection_ground.EXAMPLES.parent / "studies"
CHEM_ITEMS = ["sex", "chem-points", "chem-school", "chem-age", "chem-gcse-average", "chem-gcse-centred"]


def example(name: str) -> dict[str, bytes]:
    """The files of a study that the repository ships."""
    return {file.name: file.read_bytes() for file in (STUDIES / name).iterdir()}


def released(project: str, name: str) -> dict[tuple[str, ...], str]:
    """What a study that the repository ships comes to: run, checked by two, released; the figures by their labels."""
    run = ground.executed(ground.study(project, example(name)))
    assert (run.state, run.reasons) == (Run.DONE, [])
    (output,) = run.outputs.all()
    assert output.rules["failures"] == output.rules["refused"] == []
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    (table,) = (one for one in releases.released_tables() if one.reference == output.reference)
    return {row[:-1]: row[-1] for row in table.rows}


def test_the_variance_components_of_exam_are_released_as_published(project: str, tmp_path: Path) -> None:
    """Goldstein and others (1993) and the manual of MLwiN; then the page, the chart and the record of the release."""
    figures = released(project, "exam-variance-components")
    published = {
        ("intercept", "estimate"): 0.002,
        ("reading", "estimate"): 0.563,
        ("between groups", "variance"): 0.092,
        ("within groups", "variance"): 0.566,
    }
    assert {labels: round(float(figures[labels]), 3) for labels in published} == published
    assert figures["model", "minus 2 log likelihood"] == "9357.2"
    assert (figures["model", "people"], figures["model", "groups"]) == ("4059", "65")

    (output,) = Output.objects.all()
    page = check_pages.check_page(by=actor_of(CHECKER), reference=output.reference)
    assert {(cell.rules, cell.people) for cell in page.cells} == {((), "4,059")}
    visitor = Client()
    address = f"/register/releases/{output.reference}"
    text = visitor.get(f"{address}/").content.decode()
    assert "between groups" in text
    assert "0.5634" in text
    assert 'aria-label="Exam scores by reading at intake' in text
    described = json.loads(visitor.get(f"{address}/chart.vl.json").content)
    assert [value["figure"] for value in described["data"]["values"]] == [0.002391, 0.5634]
    (tmp_path / "record.json").write_bytes(visitor.get(f"{address}/record.json").content)
    (tmp_path / "table.csv").write_bytes(visitor.get(f"{address}.csv").content)
    again = replay(tmp_path / "record.json", tmp_path / "table.csv")
    assert (again.same, again.cells) == (True, 9)

    _nearly_the_same_models_are_refused(project)


def _nearly_the_same_models_are_refused(project: str) -> None:
    """Taken from one another two of them would show what one pupil does to the estimates."""
    files = example("exam-variance-components")
    less = files["people.sql"].replace(b"FROM exam", b"FROM exam WHERE ppid <> (SELECT min(ppid) FROM exam)")
    run = ground.executed(ground.study(project, {**files, "people.sql": less}))
    (output,) = run.outputs.all()
    assert output.state == Output.STOPPED
    assert [(reason["code"], reason["where"].split(": ")[1]) for reason in output.rules["refused"]] == [
        ("differencing", "one of its figures beside one of this one's")
    ]
    # So is the model of the same pupils in which one has another outcome.
    other = b"CASE WHEN ppid = (SELECT min(ppid) FROM exam) THEN 3 ELSE exam_score END AS score"
    run = ground.executed(
        ground.study(project, {**files, "people.sql": files["people.sql"].replace(b"exam_score AS score", other)})
    )
    assert [reason["code"] for reason in run.outputs.get().rules["refused"]] == ["differencing"]
    # So is the one of the same pupils and outcomes in which the term of one is another.
    other = b"CASE WHEN ppid = (SELECT min(ppid) FROM exam) THEN 3 ELSE exam_reading_test END AS reading"
    moved = files["people.sql"].replace(b"exam_reading_test AS reading", other)
    assert moved != files["people.sql"]
    run = ground.executed(ground.study(project, {**files, "people.sql": moved}))
    assert [reason["code"] for reason in run.outputs.get().rules["refused"]] == ["differencing"]
    # The model without one sex differs by many, and is only held to the rules.
    girls = files["people.sql"].replace(b"FROM exam", b"FROM exam WHERE ppid < '8'")
    run = ground.executed(ground.study(project, {**files, "people.sql": girls}))
    assert run.outputs.get().state == Output.CHECKING


@pytest.fixture
def chem(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    return open_project(monkeypatch, "chem97", CHEM_ITEMS)


def test_the_tables_of_chem97_are_released_as_published(chem: str) -> None:
    """Published: counts by points, the mean 5.8126 and the model of points by GCSE average with varying schools."""
    counts = released(chem, "chem97-points")
    assert {int(label): int(figure) for (label,), figure in counts.items()} == {
        0: 3688, 2: 3627, 4: 4619, 6: 5739, 8: 6668, 10: 6681,
    }  # fmt: skip
    model = released(chem, "chem97-points-by-gcse")
    published = {
        ("intercept", "estimate"): 5.628,
        ("gcse_centred", "estimate"): 2.472,
        ("between groups", "variance"): 1.179,
        ("within groups", "variance"): 5.154,
    }
    assert {labels: float(model[labels]) for labels in published} == published
    assert model["model", "minus 2 log likelihood"] == "141690"  # 141,687.0 to five digits
    means = released(chem, "chem97-mean-points")
    frame = collection_ground.frame("chem97")
    group = frame["gcsescore"].clip(lower=4).clip(upper=7.5).astype(int)
    names = {4: "below 5", 5: "5 to below 6", 6: "6 to below 7", 7: "7 and over"}
    theirs = frame.groupby(group)["score"]
    assert {names[at]: f"{mean:.4g}" for at, mean in theirs.mean().items()} == {
        label: figure for (label,), figure in means.items()
    }
    whole = sum(float(means[names[at],]) * size for at, size in theirs.size().items()) / len(frame)
    assert whole == pytest.approx(5.8126, abs=0.0005)


def test_chem97_by_school_sex_and_age_in_months_does_not_come_out(chem: str) -> None:
    """Of its rows 38 in 100 are the only one of their school, sex and age, and 96 in 100 with the GCSE average too."""
    frame = collection_ground.frame("chem97")
    alone = [
        round(100 * int((frame.groupby(keys).size() == 1).sum()) / len(frame))
        for keys in (["school", "gender", "age"], ["school", "gender", "age", "gcsescore"])
    ]
    assert alone == [38, 96]
    run = ground.executed(ground.study(chem, example("chem97-too-fine")))
    # Thousands of schools are no dimension of a table: it is refused before a cell is counted.
    assert run.state == Run.FAILED
    assert [(reason["code"], reason["where"]) for reason in run.reasons] == [("table-labels", "school")]
    assert not run.outputs.exists()


def test_a_use_of_results_by_pupil_number_stands_in_the_persons_history(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollbook.records.models.accounts import School
    from rollbook.services.portal.history import history
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
