"""A file of a study leaves only by exception: allowed by the panel, judged by three by hand, public as such."""

import pytest

from rollbook.records.models.studies import Output
from rollbook.services import releases
from rollbook.services.released_files import released_files
from rollbook.services.run_pages import run_page
from tests import file_ground
from tests import run_ground as ground
from tests.people import RESEARCHER, actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


def test_the_whole_way_of_a_file(log: ground.Writer) -> None:
    output = file_ground.handed_in(file_ground.allowed(log))
    assert (output.kind, output.state, output.text) == (Output.FILE, Output.MADE, file_ground.TEXT)
    seen = run_page(by=actor_of(RESEARCHER), run_id=output.run_id)
    assert "0.41" not in str(seen)
    file_ground.checked(output)
    output.refresh_from_db()
    assert output.state == Output.DECIDING
    assert not hasattr(output, "release")
    file_ground.let_out(output)
    assert released_files() == ()
    releases.release(output.id)
    (file,) = released_files()
    assert releases.released_tables() == ()
    assert (file.text, file.reason, file.file) == (file_ground.TEXT, file_ground.WHY, "mixture.csv")
    assert file.decided_by == ("output-checker", "output-checker", "data-protection-officer")
