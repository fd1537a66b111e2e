"""A study that asks for a figure other than a count: the cell and the rule are shown, and only a safe table leaves."""

import csv
import io
from pathlib import Path

import pytest
from django.test import Client

from rollbook.records.models.studies import Output
from rollbook.sdc.frequency import Verdict
from rollbook.sdc.measured import replays, table_from
from rollbook.services.outputs import check_pages, releases
from rollbook.services.outside.replay import replay
from rollbook.services.studies.run_pages import run_page
from tests import run_ground as ground
from tests.people import CHECKER, RESEARCHER, actor_of, browser_of

pytestmark = pytest.mark.django_db
# Of seventy pupils in order of pseudonym 35 are left and 35 right; their values are 10 to 14, save the first one's.
SPLIT = """\
CREATE TABLE ranked AS SELECT ppid, row_number() OVER (ORDER BY ppid) AS n FROM (SELECT DISTINCT ppid FROM pupil);
CREATE TABLE people AS SELECT ppid, CASE WHEN n <= 35 THEN 'left' ELSE 'right' END AS side,
 CASE WHEN n = 1 THEN {first} ELSE 10 + n % 5 END AS days FROM ranked ORDER BY ppid;
"""


def study(measure: str, first: str = "10") -> dict[str, bytes]:
    toml = ground.STUDY["study.toml"].decode().replace('["sex"]\nmeasure = "count"', f'["side"]\nmeasure = {measure}')
    return {"study.toml": toml.encode(), "people.sql": SPLIT.format(first=first).encode()}


@pytest.fixture
def project(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    ground.clean_folders()
    ground.pupils()
    return ground.project(ground.log_of_its_own(monkeypatch))


def made(project: str, files: dict[str, bytes]) -> Output:
    return Output.objects.get(run=ground.executed(ground.study(project, files)))


def test_a_mean_is_checked_released_and_can_be_judged_again(project: str) -> None:
    output = made(project, study('"mean"\nvalue = "days"'))
    assert (output.state, output.measure) == (Output.CHECKING, "mean")
    assert replays(Verdict.from_data(output.rules), table_from(output.table))
    page = check_pages.check_page(by=actor_of(CHECKER), reference=output.reference)
    # 35 pupils with 10, 11, 12, 13, 14 seven times each; the first has 10 in place of 11.
    assert [(cell.labels, cell.figure, cell.rules) for cell in page.cells] == [
        (("left",), "11.97", ()),
        (("right",), "12", ()),
    ]
    assert "SDC-NK" in browser_of(CHECKER).get(f"/casework/checking/{output.reference}/").content.decode()

    ground.approved_by_both(output.reference)
    releases.release(output.id)
    (table,) = releases.released_tables()
    assert list(csv.reader(io.StringIO(table.csv))) == [["side", "mean"], ["left", "11.97"], ["right", "12"]]


def test_a_sum_that_one_pupil_dominates_is_stopped_and_the_author_told_the_rule(project: str) -> None:
    output = made(project, study('"sum"\nvalue = "days"', first="100000"))
    assert output.state == Output.STOPPED
    table = run_page(by=actor_of(RESEARCHER), run_id=output.run_id).table
    assert table is not None
    assert {cell.rule for cell in table.failed} == {"SDC-NK", "SDC-P"}
    assert {cell.place for cell in table.failed} == {(("side", "left"),)}


def test_a_survival_table_is_released_with_its_curve_and_can_be_judged_again(project: str, tmp_path: Path) -> None:
    # Of each side's 35 pupils twelve leave in month 1, eleven in month 2, and twelve are seen to month 3.
    toml = study('"survival"\ntime = "months"\nevent = "gone"\npoints = [1, 2]')["study.toml"]
    months = "CASE WHEN place <= 12 THEN 1 WHEN place <= 23 THEN 2 ELSE 3 END"
    sql = f"""
        CREATE TABLE ranked AS
        SELECT ppid, row_number() OVER (ORDER BY ppid) AS n FROM (SELECT DISTINCT ppid FROM pupil);
        CREATE TABLE placed AS SELECT *, (n + 1) // 2 AS place FROM ranked;
        CREATE TABLE people AS SELECT ppid, CASE WHEN n % 2 = 0 THEN 'left' ELSE 'right' END AS side,
        {months} AS months, (place <= 23)::INTEGER AS gone FROM placed ORDER BY ppid;
    """
    output = made(project, {"study.toml": toml, "people.sql": sql.encode()})
    assert (output.state, output.measure, output.rules["failures"]) == (Output.CHECKING, "survival", [])
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    (table,) = releases.released_tables()
    figures = {row[:-1]: row[-1] for row in table.rows}
    assert figures["left", "up to 1", "survival"] == "0.6571"  # 23 of 35
    assert figures["left", "up to 2", "at risk"] == "23"
    assert figures["right", "up to 2", "survival"] == "0.3429"  # 12 of 35
    assert figures["all curves", "all times", "log-rank chi-squared"] == "0"
    address = f"/register/releases/{table.reference}"
    page = Client().get(f"{address}/").content.decode()
    assert "share without the event" in page
    assert page.count('stroke="#f47738"') == 4
    (tmp_path / "record.json").write_bytes(Client().get(f"{address}/record.json").content)
    (tmp_path / "table.csv").write_bytes(Client().get(f"{address}.csv").content)
    assert replay(tmp_path / "record.json", tmp_path / "table.csv").same
    # A step of fewer events is told apart, whoever wrote it.
    fewer = table.csv.replace("up to 2,at risk,23", "up to 2,at risk,15")
    (tmp_path / "table.csv").write_text(fewer)
    found = replay(tmp_path / "record.json", tmp_path / "table.csv")
    assert "left, up to 2: fewer than 10 left before it" in found.differences


def test_a_model_that_foretells_is_stopped_and_the_author_told_by_which_rule_and_level(project: str) -> None:
    asked = study('"logit"\noutcome = "gone"\ncategories = ["side"]')["study.toml"]
    toml = asked.replace(b'dimensions = ["side"]\n', b"")
    sql = """
        CREATE TABLE ranked AS
        SELECT ppid, row_number() OVER (ORDER BY ppid) AS n FROM (SELECT DISTINCT ppid FROM pupil);
        CREATE TABLE people AS SELECT ppid, CASE WHEN n <= 35 THEN 'left' ELSE 'right' END AS side,
        (n <= 35)::INTEGER AS gone FROM ranked ORDER BY ppid;
    """
    output = made(project, {"study.toml": toml, "people.sql": sql.encode()})
    assert (output.state, output.table["cells"]) == (Output.STOPPED, [])
    table = run_page(by=actor_of(RESEARCHER), run_id=output.run_id).table
    assert table is not None
    assert {(cell.rule, cell.place) for cell in table.failed} == {
        ("SDC-FIT", (("term", "model"),)),
        ("SDC-GROUP", (("gone", "0"),)),
        ("SDC-GROUP", (("gone", "1"),)),
    }


def test_a_rounded_count_leaves_with_totals_that_add_up_and_is_held_against_by_its_people(
    project: str, tmp_path: Path
) -> None:
    """Of seventy pupils 33 and 37 to the nearest ten: 30 and 40, together 70; and one pupil moved is still found."""

    def halves(low: int) -> dict[str, bytes]:
        files = ground.study_by(
            f"CASE WHEN dense_rank() OVER (ORDER BY ppid) <= {low} THEN 'low' ELSE 'high' END", dimension="half"
        )
        return {
            **files,
            "study.toml": files["study.toml"].replace(b'measure = "count"', b'measure = "count"\nround = 10'),
        }

    output = made(project, halves(33))
    assert output.state == Output.CHECKING
    ground.approved_by_both(output.reference)
    releases.release(output.id)
    table = releases.released_tables()[0]
    assert table.csv.splitlines() == ["half,count to the nearest 10", "high,40", "low,30", "Total,70"]
    record, figures = tmp_path / "record.json", tmp_path / "table.csv"
    record.write_text(table.record)
    figures.write_text(table.csv)
    assert replay(record, figures).same
    figures.write_text(table.csv.replace("Total,70", "Total,80"))
    assert "Total: not the sum of its cells" in replay(record, figures).differences
    # The same rounded figures, and other people: exactly one.
    assert made(project, halves(34)).state == Output.STOPPED


def test_hidden_cells_are_for_plain_counts(project: str) -> None:
    from rollbook.kernel.refusals import InputRefused

    with pytest.raises(InputRefused) as refused:
        ground.study(project, study('"mean"\nvalue = "days"\nsuppress = true'))
    assert [reason.code for reason in refused.value.reasons] == ["study-suppress"]
