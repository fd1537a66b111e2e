"""What must happen though nobody asks for it happens, and one part that fails stops no other."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.records.models.collections import IntakeDay, Return
from rollbook.records.models.control import Audit
from rollbook.services.platform import clock
from rollbook.services.returns.ingest import ingest
from rollbook.services.work import tasks, upkeep
from tests import census_ground as ground
from tests.people import OPERATOR


@pytest.mark.django_db
def test_the_returns_of_a_day_are_counted_in_the_log_once_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    ground.empty_store()
    ground.open_spring()
    ingest(by=OPERATOR, data=ground.a_file(), name="return.xml")
    came = clock.now()
    upkeep.keep_in_order()
    assert not IntakeDay.objects.exists()
    monkeypatch.setattr(clock, "now", lambda: came + timedelta(days=1))
    upkeep.keep_in_order()
    upkeep.keep_in_order()
    (day,) = IntakeDay.objects.all()
    assert (day.collection_id, day.day) == (ground.SPRING, came.date())
    assert Return.objects.get().intake_id == day.pk
    assert Audit.objects.get(deed="log-intake").actor == "system@process"


@pytest.mark.parametrize("fault", [StateBroken(Reason("log-wait", "No log")), RuntimeError("Ivo Thrennet")])
def test_one_part_that_fails_stops_no_other_and_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    done: list[str] = []

    def fails() -> None:
        raise fault

    monkeypatch.setattr(upkeep, "PARTS", {"first": fails, "second": lambda: done.append("second")})
    upkeep.keep_in_order()
    assert done == ["second"]
    assert "first" in caplog.text
    assert "Thrennet" not in caplog.text


def test_the_parts_are_those_that_documents_promise() -> None:
    assert len(upkeep.PARTS) == 8
    promised = {
        "portal.bundles.forget_expired",
        "returns.uploads.forget_expired",
        "count_yesterday",
        "uses.people_of_uses.compact",
    }
    promised |= {"log.genesis.announce_this_month", "accounts.post.send_waiting"}
    assert promised | {"outputs.releases.recover", "gateway.gateway_seal.recover"} == {
        _name(part) for part in upkeep.PARTS.values()
    }


def _name(part: Any) -> str:
    function = getattr(part, "func", part)
    module = function.__module__.removeprefix("rollbook.services.")
    return function.__name__ if module == "work.upkeep" else f"{module}.{function.__name__}"


def test_the_job_process_keeps_things_in_order_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = threading.Semaphore(0)
    monkeypatch.setattr(upkeep, "keep_in_order", lambda: rounds.release())
    stop = upkeep.start(every_s=0.01)
    assert all(rounds.acquire(timeout=10) for _ in range(3))
    stop.set()

    started: list[threading.Event] = []

    class Worker:
        def with_connector(self, connector: object) -> "Worker":
            return self

        def run_worker(self, *, wait: bool, **how: object) -> None:
            assert len(started) == wait
            assert not any(one.is_set() for one in started)

    class App(Worker):
        connector = type("C", (), {"get_worker_connector": lambda self: None})()

    def start() -> threading.Event:
        started.append(threading.Event())
        return started[-1]

    monkeypatch.setattr(tasks, "app", App())
    monkeypatch.setattr(tasks, "finish_what_was_left", lambda: None)
    monkeypatch.setattr(upkeep, "start", start)
    tasks.run_worker(wait=False)
    tasks.run_worker(wait=True)
    assert [one.is_set() for one in started] == [True]
