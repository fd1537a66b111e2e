"""The history of a record is the same with the index of uses and without, and ends with a month's key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from rollbook.dataplane.store import history_index
from rollbook.records.models.accounts import School
from rollbook.records.models.log import LogSubmission
from rollbook.records.models.studies import Run
from rollbook.services.platform.keys import open_keys
from rollbook.services.portal.history import history
from rollbook.services.uses import people_of_uses, populations
from rollbook.services.work import upkeep
from tests import census_ground
from tests import run_ground as ground
from tests.letters import Family, let_in
from tests.people import PARENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def family(log: ground.Writer) -> Family:
    return let_in(PARENT, census_ground.upn(0), School.objects.get(pk=census_ground.SCHOOL))


@pytest.fixture
def uses(family: Family, log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Run]]:
    """Three uses, where two make a segment."""
    monkeypatch.setattr(history_index, "MOST_USES", 2)
    people_of_uses._index.cache_clear()
    project = ground.project(log)
    yield [ground.executed(ground.study(project)) for _ in range(3)]
    for path in segments():
        path.unlink()


@pytest.fixture
def month_ends(uses: list[Run]) -> Iterator[str]:
    """The month of the uses, whose key the test may destroy: other tests of this installation need it anew."""
    yield uses[0].epoch
    place: Path = settings.ROLLBOOK.keys / "populations" / "epochs"
    place.joinpath(f"{uses[0].epoch}.destroyed").unlink(missing_ok=True)


def segments() -> list[Path]:
    return list(people_of_uses.folder().glob("*.segment"))


def inside(family: Family) -> list[bool | None]:
    return [use.inside for use in history(family.parent, family.handle).uses]


def test_upkeep_makes_segments_and_the_history_stays_the_same(family: Family, uses: list[Run]) -> None:
    before = history(family.parent, family.handle)
    assert [use.inside for use in before.uses] == [True, True, True]
    upkeep.keep_in_order()
    assert len(segments()) == 1
    assert history(family.parent, family.handle) == before


def test_uses_in_a_segment_are_answered_without_their_populations(family: Family, uses: list[Run]) -> None:
    assert people_of_uses.compact() == 1
    for run in uses:
        populations.folder().joinpath(run.population_file).unlink()
    assert inside(family) == [None, True, True], "the newest has no segment, and is not guessed"


def test_a_use_that_is_not_in_the_log_is_not_in_the_index(family: Family, uses: list[Run]) -> None:
    LogSubmission.objects.filter(entry__type="disclosure").update(state=LogSubmission.WAITING, index=None)
    assert people_of_uses.compact() == 0


def test_a_destroyed_month_ends_index_and_history(family: Family, uses: list[Run], month_ends: str) -> None:
    people_of_uses.compact()
    assert inside(family) == [True, True, True]
    open_keys(settings.ROLLBOOK).destroy_epoch(month_ends)
    assert inside(family) == [None, None, None]
    assert people_of_uses.compact() == 0
    assert segments() == []
