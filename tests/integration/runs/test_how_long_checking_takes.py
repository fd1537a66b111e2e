"""Turnaround in public: computed from the turns, right by hand, and silent where it would be about single people."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollbook.records.models.studies import Output, Turn, Verdict
from rollbook.services.platform import clock
from rollbook.services.register.turnaround import percentile, turnaround
from tests import run_ground as ground
from tests.people import CHECKER, RESEARCHER, SECOND_CHECKER, Person, account_of

pytestmark = pytest.mark.django_db
CHECKERS = (CHECKER, SECOND_CHECKER, Person("third-checker", "Orla Wendlequick", CHECKER.role),
            Person("fourth-checker", "Jory Astelmoor", CHECKER.role))  # fmt: skip


@pytest.fixture
def output(db: None, monkeypatch: pytest.MonkeyPatch) -> Output:
    ground.clean_folders()
    ground.pupils()
    log = ground.log_of_its_own(monkeypatch)
    return Output.objects.get(run=ground.undeclared(ground.study(ground.project(log))))


def turns(output: Output, hours: list[float], checkers: tuple[Person, ...] = CHECKERS) -> None:
    """Decided turns that took so long, each with two verdicts of these checkers in turn."""
    begun: datetime = clock.now() - timedelta(days=100)
    for number, took in enumerate(hours):
        turn = Turn.objects.create(
            output=output, number=number, context={}, submitted_by=account_of(RESEARCHER), submitted_at=begun,
            decided_at=begun + timedelta(hours=took), result="returned",
        )  # fmt: skip
        for place in (2 * number, 2 * number + 1):
            checker = account_of(checkers[place % len(checkers)])
            Verdict.objects.create(output=output, turn=turn, checker=checker, verdict="return", made_at=begun)


def test_percentiles_are_by_nearest_rank() -> None:
    # The worked example of nearest rank: 15, 20, 35, 40, 50 has 20 at 40 % and 35 at 50 %.
    assert [percentile([35, 20, 15, 50, 40], share) for share in (0.4, 0.5, 1.0)] == [20, 35, 50]
    assert percentile([0.01], 0.95) == 1


def test_the_figures_by_kind_on_the_page_in_csv_and_json(output: Output, client: Any) -> None:
    assert turnaround() == ()
    turns(output, [float(hour) for hour in range(1, 21)])
    Turn.objects.create(
        output=output, number=99, context={}, submitted_by=account_of(RESEARCHER), submitted_at=clock.now()
    )
    wanted = {"decided": 20, "median_hours": 10, "p95_hours": 19, "waiting": 1}
    listed = json.loads(client.get("/register/turnaround.json").content)
    assert listed == [{"kind": "all", **wanted}, {"kind": "count", **wanted}]
    lines = list(csv.DictReader(io.StringIO(client.get("/register/turnaround.csv").content.decode())))
    assert [line["p95_hours"] for line in lines] == ["19", "19"]
    page = client.get("/register/turnaround/").content.decode()
    assert "All outputs" in page
    assert "too few" not in page
    assert not any(person.name in page for person in CHECKERS)


@pytest.mark.parametrize(
    ("count", "checkers", "median", "p95"),
    [(9, 4, False, False), (10, 4, True, False), (19, 4, True, False), (20, 4, True, True), (40, 3, False, False)],
)
def test_few_turns_or_few_checkers_show_nothing(
    output: Output, count: int, checkers: int, median: bool, p95: bool, client: Any
) -> None:
    turns(output, [3.5] * count, CHECKERS[:checkers])
    row = turnaround()[0]
    assert row.decided == count
    assert (row.median_hours, row.p95_hours) == (4 if median else None, 4 if p95 else None)
    assert ("too few" in client.get("/register/turnaround/").content.decode()) == (not p95)
