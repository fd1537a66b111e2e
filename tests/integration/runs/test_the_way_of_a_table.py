"""From a study to a released table, on real stores: what the public can read afterwards, and what it cannot."""

import pytest

from rollbook.kernel import canonical
from rollbook.records.models.studies import Output, Run
from rollbook.services.log import reader
from rollbook.services.outputs import releases
from rollbook.services.studies import runs
from rollbook.services.uses import populations
from tests import run_ground as ground

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def test_a_study_becomes_a_released_table_by_way_of_the_log(log: ground.Writer) -> None:
    run = ground.executed(ground.study(ground.project(log)))
    assert run.state == Run.DONE, run.reasons
    assert (run.people, run.left_out) == (ground.PUPILS, 0)
    output = Output.objects.get(run=run)
    assert output.state == Output.CHECKING
    assert releases.released_tables() == ()

    ground.approved_by_both(output.reference)
    assert releases.released_tables() == ()
    releases.release(output.id)

    (table,) = releases.released_tables()
    assert [label for label, _ in table.rows] == ["high", "low"]
    assert sum(int(figure) for _, figure in table.rows) == ground.PUPILS
    entry = reader.entry(table.index)
    assert entry is not None
    assert entry.type == "output"
    assert entry.fields["of"] == table.run
    disclosure = reader.entry(table.run)
    assert disclosure is not None
    assert disclosure.fields["mode"] == "safe-setting"
    assert disclosure.fields["set"]["size_padded"] == 1024
    assert "population" not in canonical.dumps(dict(disclosure.fields)).decode()


def test_the_population_is_kept_encrypted_and_is_the_one_that_was_used(log: ground.Writer) -> None:
    run = ground.executed(ground.study(ground.project(log)))
    people = populations.read(run.population_file, run.epoch)
    assert len(people) == ground.PUPILS
    assert populations.folder().joinpath(run.population_file).read_bytes() != populations.encode(people)
    assert runs.execute(run.id) is None
    assert Output.objects.count() == 1
