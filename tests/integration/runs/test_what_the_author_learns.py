"""A table that fails is stopped with its cells and rule named, and nothing of a record comes out by way of the
naming.
"""

from datetime import timedelta

import pytest

from rollbook.kernel.refusals import UseRefused
from rollbook.records.models.studies import Output, Run
from rollbook.services.log import reader
from rollbook.services.outputs import releases
from rollbook.services.outputs.run_outcome import without_figures
from rollbook.services.platform import clock
from rollbook.services.studies import studies
from rollbook.services.studies.run_pages import MOST_NAMED, UNNAMED, RunPage, run_page
from rollbook.services.uses.sets import published_log
from tests import run_ground as ground
from tests.people import RESEARCHER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def page(run: Run) -> RunPage:
    return run_page(by=actor_of(RESEARCHER), run_id=run.id)


# One pupil by pseudonym, everybody else: the single pupil's cell must stop the table.
ONE_APART = "CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'the one' ELSE 'others' END"


def test_a_cell_of_one_child_stops_the_table_whole(log: ground.Writer) -> None:
    run = ground.executed(ground.study(ground.project(log), ground.study_by(ONE_APART)))
    output = Output.objects.get(run=run)
    assert (run.state, output.state) == (Run.DONE, Output.STOPPED)
    table = page(run).table
    assert table.state == "stopped"
    assert [cell.rule for cell in table.failed] == ["SDC-THRESHOLD"]
    # The label itself is what one child has, so even the label stays inside.
    assert table.failed[0].place == (("group_of", UNNAMED),)
    assert "the one" not in str(page(run))
    log.write()
    (outcome,) = reader.entries("outcome")
    assert outcome.fields["result"] == "stopped"
    assert published_log().history.body(outcome.fields["of"])["id"] == f"run-{run.id}"
    assert releases.released_tables() == ()


def test_a_small_cell_of_common_labels_is_named_without_its_figure(log: ground.Writer) -> None:
    study = ground.study_by("CASE WHEN ppid < '8' THEN 'low' ELSE 'high' END")
    toml = study["study.toml"].decode().replace('["group_of"]', '["group_of", "other"]')
    # Both halves of both dimensions are common; one pupil alone is high and rare at once with a second common label.
    sql = """
        CREATE TABLE ranked AS
            SELECT ppid, row_number() OVER (ORDER BY ppid) AS place FROM (SELECT DISTINCT ppid FROM pupil);
        CREATE TABLE people AS SELECT ppid,
            CASE WHEN place <= 40 THEN 'low' ELSE 'high' END AS group_of,
            CASE WHEN place <= 43 AND place <> 7 THEN 'left' ELSE 'right' END AS other
        FROM ranked ORDER BY ppid;
    """
    run = ground.executed(ground.study(ground.project(log), {"study.toml": toml.encode(), "people.sql": sql.encode()}))
    table = page(run).table
    failed = {cell.place for cell in table.failed}
    assert failed == {
        (("group_of", "low"), ("other", "right")),
        (("group_of", "high"), ("other", "left")),
    }
    assert "persons" not in str(page(run))


def test_a_study_cannot_send_a_record_out_as_a_common_label_of_a_failing_table(log: ground.Writer) -> None:
    """Everybody gets one label that spells out somebody's record, and a second dimension makes the table fail."""
    sql = """
        CREATE TABLE people AS SELECT DISTINCT ON (ppid) ppid,
            (SELECT 'of the first ' || concat_ws(' ', sex, ethnicity) FROM pupil
                WHERE sex IS NOT NULL OR ethnicity IS NOT NULL ORDER BY ppid LIMIT 1) AS message,
            CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'one' ELSE 'others' END AS flag
        FROM pupil ORDER BY ppid;
    """
    toml = ground.study_by("''", items='"sex", "ethnicity"')["study.toml"].replace(
        b'["group_of"]', b'["message", "flag"]'
    )
    run = ground.executed(ground.study(ground.project(log), {"study.toml": toml, "people.sql": sql.encode()}))
    output = Output.objects.get(run=run)
    assert "of the first" in str(output.table)
    found = page(run).table
    assert found is not None
    assert found.failed != ()
    assert "of the first" not in str(found)
    assert "others" not in str(found.refused)


def test_codes_of_an_item_are_named_but_not_the_texts_of_a_study_that_brings_a_book(log: ground.Writer) -> None:
    sql = ground.STUDY["people.sql"].replace(b"'low'", b"'N'").replace(b"'high'", b"'a phrase'")
    book = ", ".join(f"'word {number}'" for number in range(600)).encode()
    sql = sql.replace(b"AS sex FROM", b"AS sex, CASE WHEN ppid = (SELECT min(ppid) FROM pupil) THEN 'x' ELSE 'F' END"
                      b" AS code FROM")  # fmt: skip
    sql += b"CREATE TABLE book AS SELECT [" + book + b"] AS words;"
    toml = ground.STUDY["study.toml"].replace(b'["sex"]\nmeasure', b'["sex", "code"]\nmeasure')
    run = ground.executed(ground.study(ground.project(log), {"study.toml": toml, "people.sql": sql}))
    table = page(run).table
    assert table is not None
    shown = {label for cell in table.failed for _, label in cell.place}
    assert shown <= {UNNAMED, "F", "N"}
    assert "a phrase" in str(Output.objects.get(run=run).table)


def test_a_study_cannot_write_records_into_labels(log: ground.Writer) -> None:
    """Each pupil gets a label of their own: seventy failing cells, and not one label shown."""
    own = ground.study_by("'pupil ' || row_number() OVER (ORDER BY ppid)::VARCHAR")
    run = ground.executed(ground.study(ground.project(log), own))
    table = page(run).table
    assert len(Output.objects.get(run=run).rules["failures"]) == ground.PUPILS
    assert {cell.place for cell in table.failed} == {(("group_of", UNNAMED),)}
    assert table.more


def test_a_study_cannot_spell_a_record_by_which_of_its_own_words_fail(log: ground.Writer) -> None:
    """Seven times seven common words, one pupil or two in each pair of them: the pairs are a message of its own."""
    sql = """
        CREATE TABLE ranked AS
            SELECT ppid, row_number() OVER (ORDER BY ppid) - 1 AS n FROM (SELECT DISTINCT ppid FROM pupil);
        CREATE TABLE people AS SELECT ppid,
            ['a', 'b', 'c', 'd', 'e', 'f', 'g'][n % 7 + 1] AS one,
            ['h', 'i', 'j', 'k', 'l', 'm', 'n'][n // 7 % 7 + 1] AS two
        FROM ranked ORDER BY ppid;
    """
    toml = ground.STUDY["study.toml"].replace(b'["sex"]\nmeasure', b'["one", "two"]\nmeasure')
    run = ground.executed(ground.study(ground.project(log), {"study.toml": toml, "people.sql": sql.encode()}))
    table = page(run).table
    assert table is not None
    assert len(Output.objects.get(run=run).rules["failures"]) == 49
    assert UNNAMED not in str(table)
    assert len(table.failed) == MOST_NAMED <= 3
    assert table.more


def test_runs_are_rationed_because_each_tells_its_author_something(log: ground.Writer) -> None:
    project = ground.project(log)
    for _ in range(studies.RUNS_A_DAY):
        Run.objects.filter(id=ground.run(ground.study(project))).update(state=Run.FAILED)
    with pytest.raises(UseRefused) as refusal:
        ground.run(ground.study(project))
    assert [reason.code for reason in refusal.value.reasons] == ["run-ration"]
    Run.objects.update(queued_at=clock.now() - timedelta(days=1, minutes=1))
    assert ground.run(ground.study(project))


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE TABLE people AS SELECT repeat('a', 32) AS ppid, 'x' AS sex FROM range(17);", "table-strangers"),
        ("CREATE TABLE people AS SELECT ppid, sex FROM pupil UNION ALL SELECT ppid, sex FROM pupil;", "table-too-long"),
        ("CREATE TABLE people AS SELECT no_such_column FROM pupil;", "study-step-failed"),
        ("COPY (SELECT * FROM pupil) TO '/tmp/../extract/out.csv';", "study-step-failed"),
        ("CREATE TABLE people AS SELECT error('row ' || ppid) AS ppid, sex FROM pupil;", "study-step-failed"),
    ],
)
def test_a_study_that_fails_says_which_rule_and_no_word_or_number_of_its_own(
    log: ground.Writer, sql: str, code: str
) -> None:
    files = ground.STUDY | {"people.sql": sql.encode()}
    run = ground.executed(ground.study(ground.project(log), files))
    assert run.state == Run.FAILED
    assert [reason["code"] for reason in run.reasons] == [code]
    assert not any(letter.isdigit() for letter in run.reasons[0]["message"])
    assert not Output.objects.exists()
    log.write()
    assert [one.fields["result"] for one in reader.entries("outcome")] == ["failed"]


def test_numbers_are_taken_out_of_reasons() -> None:
    from rollbook.kernel.refusals import Reason

    (plain,) = without_figures([Reason("table-strangers", "1,234 rows have a ppid that is not of this run", "ppid")])
    assert plain.message == "some rows have a ppid that is not of this run"


def test_a_study_that_writes_outside_or_never_ends_is_refused_with_the_limit(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollbook.dataplane.runs.limits import Limits
    from rollbook.services.studies import run_inside

    monkeypatch.setattr(run_inside, "Limits", lambda: Limits(wall_seconds=2.0))
    forever = ground.study_by("(SELECT count(*) FROM range(1000000000000) t(n) WHERE n % 7 = 3)::VARCHAR")
    run = ground.executed(ground.study(ground.project(log), forever))
    assert run.state == Run.FAILED
    assert run.reasons[0]["code"].startswith("limit-")
