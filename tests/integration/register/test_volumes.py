"""Published figures: counted from the log, twice, and not published where the counts differ (CASE-06)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.test import Client

from rollbook.kernel.refusals import StateBroken, UseRefused
from rollbook.records.models.governance import Agreement
from rollbook.records.models.identity import GatewayCase
from rollbook.records.models.log import LogEntry, LogSubmission
from rollbook.services.log.counting import Volume, count
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.platform import clock
from rollbook.services.platform.people_zone import people_zone
from rollbook.services.platform.sizes import Interval
from rollbook.services.register.volumes import refuse_wrong, volumes
from tests import grounds
from tests.people import POLICE_OFFICER, account_of
from tests.register_ground import Register

MARCH, APRIL = datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 4, 5, tzinfo=UTC)


def entry(index: int, kind: str, at: datetime = MARCH, **fields: object) -> PublishedEntry:
    return PublishedEntry(index, f"e-{index}", kind, at, fields)


def sized(padded: int) -> dict[str, object]:
    return {"size_padded": padded}


ENTRIES = (
    entry(0, "genesis"),
    entry(1, "request", basis="pwr-03"),
    entry(2, "decision", of=1, result="approve"),
    entry(3, "disclosure", of=2, basis="pwr-03", set=sized(2048)),
    entry(4, "disclosure", of=2, basis="pwr-03", set=sized(1024)),
    entry(5, "sealed", basis="pwr-10", set=sized(1024)),
    entry(6, "output", of=3),
    entry(7, "sealed", at=APRIL, basis="pwr-10", set=sized(1024)),
    entry(8, "reveal", at=APRIL, of=5),
    entry(9, "publication"),
)


def test_entries_are_counted_by_month_kind_and_power_with_the_power_they_inherit() -> None:
    rows = [(row.month, row.kind, row.power, row.count) for row in count(ENTRIES)]
    assert rows == [
        ("2026-03", "request", "PWR-03", 1),
        ("2026-03", "decision-approve", "PWR-03", 1),
        ("2026-03", "disclosure", "PWR-03", 2),
        ("2026-03", "output", "PWR-03", 1),
        ("2026-03", "sealed", "PWR-10", 1),
        ("2026-04", "sealed", "PWR-10", 1),
        ("2026-04", "reveal", "PWR-10", 1),
    ]


def test_people_are_given_as_the_sum_of_intervals_and_never_exactly() -> None:
    disclosures = next(row for row in count(ENTRIES) if row.kind == "disclosure")
    assert disclosures.people == Interval(1985, 3072)
    assert next(row for row in count(ENTRIES) if row.kind == "request").people is None


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[1:],
        lambda rows: (*rows, replace(rows[0], month="2026-05")),
        lambda rows: (replace(rows[0], count=rows[0].count + 1), *rows[1:]),
        lambda rows: (replace(rows[2], people=Interval(1, 2)), *rows[:2], *rows[3:]),
        lambda rows: (replace(rows[0], power="PWR-10"), *rows[1:]),
    ],
)
def test_a_figure_that_is_not_the_counted_one_is_refused(change: object) -> None:
    rows: tuple[Volume, ...] = count(ENTRIES)
    refuse_wrong(rows, rows)
    with pytest.raises(UseRefused) as refused:
        refuse_wrong(change(rows), rows)  # type: ignore[operator]
    assert {reason.code for reason in refused.value.reasons} == {"figures-differ"}
    assert all(reason.where for reason in refused.value.reasons)


def test_the_volumes_of_a_written_log_cite_its_head(register: Register) -> None:
    found = volumes()
    assert found is not None
    assert {row.kind: row.count for row in found.rows} == {"request": 3, "decision-approve": 1, "decision-refuse": 1}
    assert found.size == LogEntry.objects.count()


def test_when_index_and_files_differ_no_figure_is_published(client: Client, register: Register) -> None:
    row = LogEntry.objects.filter(type="decision").first()
    assert row is not None
    row.body = {**row.body, "result": "approve"}
    row.save()
    LogEntry.objects.filter(type="request").first().delete()  # type: ignore[union-attr]
    with pytest.raises(StateBroken) as broken:
        volumes()
    assert {reason.code for reason in broken.value.reasons} == {"figures-differ"}
    answer = client.get("/register/volumes/")
    assert answer.status_code == 503
    assert "This figure is not the one counted from the log" in answer.content.decode()
    assert client.get("/register/volumes.csv").status_code == 503


def test_a_case_that_the_log_does_not_know_stops_the_figures(register: Register) -> None:
    """CASE-05 and CASE-07: a case that was written and that the log does not hold is found."""
    ground = grounds.case_ground()
    hidden = LogSubmission.objects.create(
        entry_id="sealed-hidden", entry={"type": "sealed"}, made_at=clock.now(), state="appended", index=None
    )
    with people_zone():
        GatewayCase.objects.create(
            reference="case-1", agreement=Agreement.objects.get(publication__reference=ground.agreement),
            power="PWR-10", purpose="crime-investigation", items=["surname"], asked_by=account_of(POLICE_OFFICER),
            asked_at=clock.now(), state="disclosed", submission=hidden,
        )  # fmt: skip
    volumes()  # it has no place in the log yet, so it is not counted
    LogSubmission.objects.filter(id=hidden.id).update(index=-1)
    with pytest.raises(StateBroken):
        volumes()
