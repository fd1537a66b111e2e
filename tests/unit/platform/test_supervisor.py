"""Processes that end are started again: not for ever in a row, and always again after a quiet time."""

import sys
from collections.abc import Iterator

import pytest

from rollbook.kernel.refusals import StateBroken
from rollbook.services.platform.supervise import FIRST_PAUSE, MOST_RESTARTS, SECONDS_REMEMBERED, Supervisor

ENDS_AT_ONCE = (sys.executable, "-S", "-c", "raise SystemExit(3)")


class Watch:
    """A supervisor of one process that always ends, and its clock."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.supervisor = Supervisor({"jobs": ENDS_AT_ONCE}, now=lambda: self.time)
        self.supervisor.start()

    def dies(self) -> bool:
        """Let the process end and look; gives whether it was started again by this look."""
        before = self.supervisor.running["jobs"]
        before.wait()
        self.supervisor.look()
        return self.supervisor.running["jobs"] is not before


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    yield made
    made.supervisor.stop()


def test_one_that_keeps_ending_is_started_after_growing_pauses_and_then_stops_everything(watch: Watch) -> None:
    assert watch.dies()
    for number in range(1, MOST_RESTARTS):
        pause = FIRST_PAUSE * 2 ** (number - 1)
        assert not watch.dies()
        watch.time += pause - 0.1
        assert not watch.dies()
        watch.time += 0.1
        assert watch.dies()
    with pytest.raises(StateBroken, match="keeps ending \\(with 3\\)"):
        watch.dies()


def test_one_that_ends_once_in_a_while_is_always_started_again(watch: Watch) -> None:
    for _ in range(3 * MOST_RESTARTS):
        assert watch.dies()
        watch.time += SECONDS_REMEMBERED


def test_an_end_is_counted_once_however_often_it_is_looked_at(watch: Watch) -> None:
    watch.dies()
    for _ in range(50):
        assert not watch.dies()
    assert len(watch.supervisor.ends["jobs"]) == 2
