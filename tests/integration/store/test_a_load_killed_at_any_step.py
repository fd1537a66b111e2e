"""A load killed at any step is all there or not at all after the next start, and the same file then lands once."""

from typing import Any

import pytest
from django.conf import settings

from rollbook.dataplane.store import loading as landing
from rollbook.dataplane.store.tables import files_of
from rollbook.kernel.refusals import InputRefused
from rollbook.records.models.collections import Load
from rollbook.records.models.identity import ListedPupil, Person
from rollbook.services.collections import loading
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.returns import ingest, returns
from tests import collection_ground as ground
from tests.census_ground import empty_store
from tests.kills import killed_at

MAPPING = b"""
code = "small-set"
title = "A small set"
table = "small"
day = 2020-01-01
[source]
name = "Made for a test"
licence = "none"
url = "none"
[file]
key = ["id"]
[pupil]
by = "opaque"
columns = ["id"]
[school]
by = "none"
[[items]]
column = "mark"
id = "small-mark"
kind = "count"
risk = "5E"
name = "Mark"
description = "A mark."
"""
FIRST, SECOND = b"id,mark\na,1\nb,2\n", b"id,mark\na,1\nb,3\nc,4\n"
STEPS: list[tuple[Any, str]] = [
    (loading, "with_keys"), (landing, "append"), (loading, "land_load"), (loading, "_supersede"),
    (loading, "submit"), (loading, "write_people"), (loading, "audit"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def store(transactional_db: None) -> None:
    empty_store()
    ground.opened(MAPPING)
    ground.loaded(MAPPING, FIRST)


def held() -> tuple[int, int, int, int]:
    """Loads, rows of the present load, people on the list and people."""
    (current,) = returns.current_return_ids(["small-set"])
    with people_zone():
        listed, people = ListedPupil.objects.count(), Person.objects.count()
    return Load.objects.count(), len(returns.people_in([current])), listed, people


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done-but-unacknowledged"])
def test_nothing_is_half_landed_and_the_file_then_lands_once(done: bool) -> None:
    before = held()
    for place, step in STEPS:
        with killed_at(place, step, done=done):
            ground.loaded(MAPPING, SECOND)
        ingest.recover()
        assert held() == before, step
        named = {str(one) for one in Load.objects.values_list("pk", flat=True)}
        files = list(files_of(settings.ROLLBOOK.study, "small"))
        assert {name for file in files for name in (file.first_return, file.last_return)} <= named, step
    ground.loaded(MAPPING, SECOND)
    assert held() == (2, 3, 3, 3)
    with pytest.raises(InputRefused, match="already received"):
        ground.loaded(MAPPING, SECOND)


def test_a_death_after_the_commit_has_landed_it() -> None:
    with killed_at(loading, "_commit", done=True):
        ground.loaded(MAPPING, SECOND)
    ingest.recover()
    assert held() == (2, 3, 3, 3)
    with pytest.raises(InputRefused, match="already received"):
        ground.loaded(MAPPING, SECOND)


def test_a_failure_that_is_reported_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    before = held()

    def fail(*args: Any, **named: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(loading, "write_people", fail)
    with pytest.raises(OSError, match="disk"):
        ground.loaded(MAPPING, SECOND)
    assert held() == before
    assert {one.first_return for one in files_of(settings.ROLLBOOK.study, "small")} == {str(Load.objects.get().pk)}
