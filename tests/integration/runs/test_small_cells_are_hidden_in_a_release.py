"""A study that asks for totals is released with its small cells hidden; what leaves has no small figure and no gap."""

import csv
import io
from pathlib import Path

import pytest
from django.test import Client

from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.studies import Output
from rollbook.sdc.hiding import MARK
from rollbook.sdc.nesting import TOTAL
from rollbook.services.outputs import check_pages, outputs, recheck, releases, revoking
from rollbook.services.outside.replay import replay
from rollbook.services.studies.run_pages import run_page
from tests import run_ground as ground
from tests.outsider import outsider
from tests.people import CHECKER, OPERATOR, RESEARCHER, SECOND_CHECKER, actor_of, browser_of

pytestmark = pytest.mark.django_db
# Of seventy pupils in order of pseudonym: 4 and 16 left, 12 and 12 in the middle, 13 and 13 right.
SPLIT = """\
CREATE TABLE ranked AS SELECT ppid, row_number() OVER (ORDER BY ppid) AS n FROM (SELECT DISTINCT ppid FROM pupil);
CREATE TABLE people AS SELECT ppid,
 CASE WHEN n <= 20 THEN 'left' WHEN n <= 44 THEN 'middle' ELSE 'right' END AS side,
 CASE WHEN n <= 4 OR n BETWEEN 21 AND 32 OR n BETWEEN 45 AND 57 THEN 'upper' ELSE 'lower' END AS half,
 FROM ranked ORDER BY ppid;
"""


def study(expression: str = SPLIT, *, suppress: bool = True) -> dict[str, bytes]:
    toml = ground.STUDY["study.toml"].decode().replace('["sex"]\nmeasure', '["side", "half"]\nmeasure')
    return {
        "study.toml": (toml + f"suppress = {str(suppress).lower()}\n").encode(),
        "people.sql": expression.encode(),
    }


@pytest.fixture
def project(db: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    ground.clean_folders()
    ground.pupils(getattr(request, "param", ground.PUPILS))
    return ground.project(ground.log_of_its_own(monkeypatch))


def made(project: str, files: dict[str, bytes]) -> Output:
    return Output.objects.get(run=ground.executed(ground.study(project, files)))


def test_the_released_table_hides_what_it_must_and_the_rest_is_true(
    project: str, client: Client, tmp_path: Path
) -> None:
    output = made(project, study())
    assert output.state == Output.CHECKING
    small = [cell for cell in output.table["cells"] if cell["count"] < 10]
    assert len(small) >= 1
    page = check_pages.check_page(by=actor_of(CHECKER), reference=output.reference)
    why = {cell.labels: cell.hidden for cell in page.cells}
    assert all("too few" in why[tuple(cell["labels"])] for cell in small)
    assert any("worked out" in reason for reason in why.values())
    assert {cell.figure for cell in page.cells if "too few" in cell.hidden} == {"below 10"}
    shown = browser_of(CHECKER).get(f"/casework/checking/{output.reference}/").content.decode()
    assert "hidden: too few people" in shown

    ground.approved_by_both(output.reference)
    releases.release(output.id)
    (table,) = releases.released_tables()
    head, *rows = csv.reader(io.StringIO(table.csv))
    assert head == ["side", "half", "count"]
    true = {tuple(cell["labels"]): cell["count"] for cell in output.table["cells"]}
    for *labels, figure in rows:
        whole = sum(
            count for names, count in true.items()
            if all(want in (name, TOTAL) for want, name in zip(labels, names, strict=True))
        )  # fmt: skip
        assert figure == MARK or (int(figure) == whole and (whole == 0 or whole >= 10))
    assert len(rows) == 12
    assert table.hidden == sum(row[-1] == MARK for row in rows) >= 4
    record, csv_file = tmp_path / "record.json", tmp_path / "table.csv"
    record.write_bytes(client.get(f"/register/releases/{output.reference}/record.json").content)
    csv_file.write_text(table.csv, newline="")
    again = replay(record, csv_file)
    assert (again.same, again.hidden, again.differences) == (True, table.hidden, ())
    # Judged again inside, from the evidence: hidden small cells count as hidden, until the rule asks for more.
    assert recheck.recheck(by=OPERATOR, parameters=recheck.parameters_with({})).fallen == ()
    (fallen,) = recheck.recheck(by=OPERATOR, parameters=recheck.parameters_with({"threshold": "40"})).fallen
    assert {reason.code for reason in fallen.reasons} >= {"SDC-THRESHOLD", "SDC-HIDE-OPEN"}
    assert "primary" not in record.read_text()
    csv_file.write_text(table.csv.replace("13", "14", 1), newline="")
    assert not replay(record, csv_file).same
    assert "[c] stands for a hidden figure" in client.get(f"/register/releases/{output.reference}/").content.decode()


@pytest.mark.parametrize("project", [200], indirect=True)
def test_a_hierarchy_leaves_with_its_subtotals_and_nobody_works_out_what_is_hidden(
    project: str, client: Client, tmp_path: Path
) -> None:
    """Three schools in each of two areas and one alone in a third: its area is its own figure."""
    output = made(project, ground.nested_study())
    assert output.state == Output.CHECKING, output.rules
    page = browser_of(CHECKER).get(f"/casework/checking/{output.reference}/").content.decode()
    assert "hidden: too few people" in page
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    (table,) = releases.released_tables()
    head, *rows = csv.reader(io.StringIO(table.csv))
    assert head == ["area", "school", "sex", "count"]
    figures = {tuple(row[:-1]): row[-1] for row in rows}
    assert len(figures) == (7 + 3 + 1) * 3
    assert figures["west", "w1", TOTAL] == figures["west", TOTAL, TOTAL] == MARK
    assert figures[TOTAL, TOTAL, TOTAL] == "200"
    for labels, (low, high) in outsider(table.csv, [["area", "school"], ["sex"]]).items():
        assert high - low >= 10 - 1e-6, labels
    record, csv_file = tmp_path / "record.json", tmp_path / "table.csv"
    record.write_bytes(client.get(f"/register/releases/{output.reference}/record.json").content)
    csv_file.write_bytes(client.get(f"/register/releases/{output.reference}.csv").content)
    assert replay(record, csv_file).same
    assert recheck.recheck(by=OPERATOR, parameters=recheck.parameters_with({})).fallen == ()
    # Somebody who puts the area's figure back gives the school away.
    csv_file.write_text(table.csv.replace(f"west,{TOTAL},{TOTAL},{MARK}", f"west,{TOTAL},{TOTAL},4"), newline="")
    assert any("can be worked out" in one for one in replay(record, csv_file).differences)


@pytest.mark.parametrize("project", [200], indirect=True)
def test_two_tables_of_the_same_pupils_leave_together_and_neither_tells_what_the_other_hides(
    project: str, client: Client, tmp_path: Path
) -> None:
    run = ground.executed(ground.study(project, ground.linked_study()))
    first, second = run.outputs.order_by("id")
    refused = [one.rules["refused"] for one in (first, second)]
    assert (first.state, second.state, second.lead_id) == (Output.CHECKING, Output.CHECKING, first.id), refused
    assert (first.audited, second.audited) == ([second.id], [first.id])
    page = browser_of(CHECKER).get(f"/casework/checking/{second.reference}/").content.decode()
    assert "Sex of pupils: by area and year (table-" in page
    assert page.count('name="tables"') == 2
    assert [line.reference for line in check_pages.outputs_for(actor_of(CHECKER))] == [first.reference]
    # Every table is voted on: a form that ticks one of two releases none.
    with pytest.raises(InputRefused) as stopped:
        outputs.give_verdict(
            by=actor_of(CHECKER), reference=first.reference, verdict="approve", tables=[first.reference]
        )
    assert [reason.code for reason in stopped.value.reasons] == ["tables"]
    for who in (CHECKER, SECOND_CHECKER):
        both = [first.reference, second.reference]
        outputs.give_verdict(by=actor_of(who), reference=first.reference, verdict="approve", tables=both)
    releases.release(first.id)
    tables = releases.released_tables()
    assert [(one.reference, one.beside, one.index) for one in tables] == [
        (first.reference, (second.reference,), tables[0].index), (second.reference, (first.reference,), tables[0].index)
    ]  # fmt: skip
    assert tables[1].csv.startswith("area,year,count")

    found = outsider(tables[0].csv, [("area", "school")], tables[1].csv)
    assert len(found) > 4
    assert all(high - low >= 10 - 1e-6 for low, high in found.values())
    paths = [tmp_path / f"{one.reference}.csv" for one in tables]
    for path, one in zip(paths, tables, strict=True):
        path.write_bytes(client.get(f"/register/releases/{one.reference}.csv").content)
        assert "left together" in client.get(f"/register/releases/{one.reference}/").content.decode()
    record = tmp_path / "record.json"
    record.write_bytes(client.get(f"/register/releases/{second.reference}/record.json").content)
    assert replay(record, paths[0], others=[paths[1]]).same
    with pytest.raises(InputRefused):
        replay(record, paths[0])
    # A figure that one of them hides, put back into the other, is told apart, and gives more away.
    hidden = next(line for line in tables[1].csv.splitlines() if line.endswith(MARK) and "west" in line)
    paths[1].write_text(tables[1].csv.replace(hidden, hidden.replace(MARK, "4")), newline="")
    assert not replay(record, paths[0], others=[paths[1]]).same

    assert recheck.recheck(by=OPERATOR, parameters=recheck.parameters_with({})).fallen == ()
    revoking.ask_revoke(
        by=actor_of(CHECKER), reference=second.reference, ground="could-identify", words="It tells of somebody."
    )
    assert {Output.objects.get(id=one.id).state for one in (first, second)} == {Output.REVOKED}
    assert all(one.revoked_at and not one.rows for one in releases.released_tables())


def test_one_table_that_fails_stops_those_beside_it(project: str) -> None:
    """Two halves of the same pupils that differ by one of them: nothing leaves, and the author reads why."""
    half = "CASE WHEN dense_rank() OVER (ORDER BY ppid) <= 33 THEN 'low' ELSE 'high' END"
    files = ground.study_by(half, dimension="half")
    other = files["people.sql"].replace(
        b" AS half", b" AS half, CASE WHEN dense_rank() OVER (ORDER BY ppid) <= 34 THEN 'a' ELSE 'b' END AS side"
    )
    assert other != files["people.sql"]
    also = b'[[also]]\ntitle = "by side"\ndimensions = ["side"]\nmeasure = "count"\n'
    run = ground.executed(ground.study(project, {"study.toml": files["study.toml"] + also, "people.sql": other}))
    told = [[one["code"] for one in output.rules["refused"]] for output in run.outputs.order_by("id")]
    assert told == [["beside-stopped"], ["differencing-beside"]]
    assert {output.state for output in run.outputs.all()} == {Output.STOPPED}
    page = run_page(by=actor_of(RESEARCHER), run_id=run.id)
    assert [[reason.code for reason in one.refused] for one in page.tables] == told
    assert browser_of(RESEARCHER).get(f"/casework/runs/{run.id}/").status_code == 200


def test_a_school_in_two_areas_is_refused_and_the_run_says_so(project: str) -> None:
    files = ground.nested_study()
    lie = files["people.sql"].replace(b"n < 4 THEN 'west'", b"n < 4 OR n % 7 = 0 THEN 'west'")
    run = ground.executed(ground.study(project, {**files, "people.sql": lie}))
    assert ([one["code"] for one in run.reasons], run.outputs.count()) == (["table-nesting"], 0)


def test_without_asking_the_same_table_is_stopped_whole(project: str) -> None:
    output = made(project, study(suppress=False))
    assert output.state == Output.STOPPED
    assert output.rules["hiding"] is None


def test_a_table_that_hiding_cannot_mend_is_stopped_with_that_reason(project: str) -> None:
    nobody = SPLIT.replace("FROM ranked ORDER", "FROM ranked WHERE n < 1 ORDER")
    output = made(project, study(nobody))
    table = run_page(by=actor_of(RESEARCHER), run_id=output.run_id).table
    assert table is not None
    assert (table.state, [reason.code for reason in table.refused]) == (Output.STOPPED, ["SDC-HIDE-OTHER"])


def test_suppress_is_true_or_false(project: str) -> None:
    files = study()
    files["study.toml"] = files["study.toml"].replace(b"suppress = true", b'suppress = "yes"')
    with pytest.raises(InputRefused) as refused:
        ground.study(project, files)
    assert [reason.code for reason in refused.value.reasons] == ["study-suppress"]
