"""Uses and entries as the public reads them: sealed cases tell only what they must; every type has a sentence."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from rollbook.records.models.log import LogEntry
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.register.entries import SENTENCES, latest
from rollbook.services.register.uses import reveal_dates, uses_in
from rollbook.tlog import entries as wire
from tests.register_ground import Register

AT = datetime(2026, 3, 5, tzinfo=UTC)
POLICE = {"name": "Ostleshire Police", "sector": "police-force", "id": "PF900077"}
REQUEST = {"type": "request", "title": "Absence", "org": POLICE}
SEALED = {
    "type": "sealed",
    "basis": "pwr-10",
    "by": "custodian",
    "set": {"size_padded": 1024},
    "reveal_by": "2026-06-01",
}
RUN = {
    "type": "disclosure", "of": 2, "mode": "safe-setting", "recipient": {"name": "Quillmere University"},
    "basis": "pwr-03", "items": ["sex"], "set": {"size_padded": 2048},
}  # fmt: skip
REVEAL = {"type": "reveal", "of": 4, "body": {"recipient": POLICE, "items": ["surname"]}}


def published(*bodies: dict[str, object]) -> tuple[PublishedEntry, ...]:
    return tuple(
        PublishedEntry(index, f"e-{index}", str(body["type"]), AT, body) for index, body in enumerate(bodies, start=1)
    )


def test_a_run_is_traced_to_its_request() -> None:
    (use,) = uses_in(published(REQUEST, {"type": "decision", "of": 1, "result": "approve"}, RUN))
    assert (use.index, use.request, use.organisation, use.power) == (3, "e-1", "Quillmere University", "PWR-03")
    assert str(use.people) == "between 1,985 and 2,048"
    assert not use.sealed


@pytest.mark.parametrize(
    ("more", "result"),
    [
        ([], ""),
        ([{"type": "outcome", "of": 1, "result": "stopped"}], "stopped"),
        ([{"type": "output", "of": 1}], "released"),
        ([{"type": "outcome", "of": 9, "result": "failed"}], ""),
    ],
)
def test_a_run_says_what_came_of_it(more: list[dict[str, object]], result: str) -> None:
    (use,) = uses_in(published(RUN, *more))
    assert use.result == result


def test_a_sealed_case_tells_power_size_and_day_and_nothing_else() -> None:
    (use,) = uses_in(published(REQUEST, {"type": "decision", "of": 1, "result": "approve"}, REQUEST, SEALED))
    assert use.sealed
    assert (use.organisation, use.request, use.items, use.power) == ("", "", (), "PWR-10")
    assert str(use.people) == "at most 1,024"
    assert str(use.reveal_by) == "2026-06-01"


def test_after_the_reveal_it_tells_who_asked_for_what() -> None:
    filler = [REQUEST, REQUEST, REQUEST]
    (use,) = uses_in(published(*filler, SEALED, REVEAL))
    assert not use.sealed
    assert (use.organisation, use.items) == ("Ostleshire Police", ("surname",))


def test_an_extension_moves_the_day() -> None:
    entries = published(SEALED, {"type": "seal-extend", "of": 1, "reveal_by": "2026-09-01"})
    assert str(dict(reveal_dates(entries))[1]) == "2026-09-01"


def test_a_late_entry_is_marked() -> None:
    (use,) = uses_in(published({**RUN, "late": {"released": "2026-01-01", "reason": "emergency"}}))
    assert use.late


def test_every_type_of_the_log_has_a_sentence_and_no_other() -> None:
    assert set(SENTENCES) == set(wire.FIELDS)


@pytest.mark.django_db
def test_an_entry_of_an_unknown_type_is_said_to_be_unreadable() -> None:
    LogEntry.objects.create(index=0, type="riddle", entry_id="x", at=AT, body={"type": "riddle"})
    assert latest(1)[0].sentence == "This entry cannot be read by this version of Rollbook."


def test_the_pages_of_sealed_cases_show_no_organisation(client: Client, register: Register) -> None:
    LogEntry.objects.create(index=900, type="sealed", entry_id="sealed-900", at=AT, body=SEALED)
    for address in ("/register/uses/", "/register/log/", "/register/log/900/", "/register/uses.csv"):
        page = client.get(address).content.decode()
        assert "Ostleshire" not in page
        assert "PWR-10" in page or "pwr-10" in page
