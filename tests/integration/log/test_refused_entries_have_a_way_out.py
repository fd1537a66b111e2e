"""What an operator does with an entry that the log refused: again where the cause has passed, or aside in public."""

from typing import Any

import pytest
from typer.testing import CliRunner

from rollbook.cli.log import app
from rollbook.kernel.encoding import unb64
from rollbook.kernel.refusals import AccessDenied, InputRefused, RollbookError, UseRefused
from rollbook.records.models.control import Audit
from rollbook.records.models.log import LogDocument, LogSubmission
from rollbook.services.log import genesis, reader, refused, writer
from rollbook.services.log.documents import text_document
from rollbook.services.log.outbox import submit
from rollbook.services.platform import clock
from rollbook.services.register.duties import DutyKind, overdue
from tests.integration.log import log_story as story
from tests.people import CUSTODIAN, OPERATOR, actor_of

pytestmark = pytest.mark.django_db
GROUND, NOTE = "cannot-be-entered", "The notice was printed and never used."


@pytest.fixture(autouse=True)
def bad() -> int:
    """A submission that the log has refused."""
    story.empty_log()
    genesis.found_log("A made-up authority")
    number = story.submit_publication(1, review_by="2025-01-01")
    writer.append_waiting()
    assert open_duties() == {"PUB-1"}
    return number


def open_duties() -> set[str]:
    return {one.reference for one in overdue(clock.today()) if one.kind is DutyKind.LOG_REFUSED}


def correction_of(number: int) -> int:
    digest, data = text_document("why")
    entry = {"type": "correction", "id": "COR-1", "reason": "typing-error", "change": {"title": "x"}}
    return submit(entry | {"note_text": digest}, refs={"of": number}, documents=[data])


def test_one_whose_cause_has_passed_is_taken_and_so_is_what_points_at_it(bad: int) -> None:
    behind = correction_of(bad)
    assert writer.append_waiting() == 0
    with pytest.raises(UseRefused, match="has no place"):
        refused.hand_in_again(by=OPERATOR, entry_id="COR-1")
    # Nothing edits what was handed in, so the cause is put right here as no deed could.
    row = LogSubmission.objects.get(id=bad)
    LogSubmission.objects.filter(id=bad).update(entry={**row.entry, "review_by": "2026-06-01"})
    refused.hand_in_again(by=OPERATOR, entry_id="PUB-1")
    refused.hand_in_again(by=OPERATOR, entry_id="COR-1")
    assert writer.append_waiting() == 2
    assert reader.index_of(behind) == (reader.index_of(bad) or 0) + 1
    assert open_duties() == set()
    assert Audit.objects.filter(deed="hand-in-again").count() == 2


def test_one_that_still_breaks_a_rule_is_refused_again_with_its_reason(bad: int) -> None:
    refused.hand_in_again(by=OPERATOR, entry_id="PUB-1")
    assert writer.append_waiting() == 0
    assert open_duties() == {"PUB-1"}
    with pytest.raises(UseRefused, match="L14"):
        reader.index_of(bad)


def test_setting_aside_is_told_by_the_log_with_the_whole_entry(bad: int) -> None:
    done = CliRunner().invoke(app, ["set-aside", "PUB-1", GROUND, "--note", NOTE])
    assert done.exit_code == 0, done.output
    assert writer.append_waiting() == 1
    (paper,) = [one for one in reader.entries("publication") if one.fields["kind"] == "set-aside"]
    served = LogDocument.objects.get(digest=unb64(paper.fields["document"]).hex(), published=True)
    said = bytes(served.body or b"").decode()
    for words in ("L14", '"id":"PUB-1"', '"review_by":"2025-01-01"', NOTE):
        assert words in said
    assert paper.id in done.output
    assert open_duties() == set()
    assert story.read_as_client().faults == ()
    with pytest.raises(UseRefused, match="L14"):
        reader.index_of(bad)


def test_what_was_set_aside_does_not_come_back_and_nothing_can_point_at_it(bad: int) -> None:
    refused.set_aside(by=OPERATOR, entry_id="PUB-1", ground=GROUND, note=NOTE)
    behind = correction_of(bad)
    writer.append_waiting()
    with pytest.raises(UseRefused, match="itself refused"):
        reader.index_of(behind)
    for again in ("PUB-1", "LOG"):
        with pytest.raises(UseRefused, match="not refused but"):
            refused.hand_in_again(by=OPERATOR, entry_id=again)


@pytest.mark.parametrize("type_", ["disclosure", "sealed", "lookup-batch", "output"])
def test_the_entry_of_a_use_is_never_handed_in_again(bad: int, type_: str) -> None:
    row = LogSubmission.objects.get(id=bad)
    LogSubmission.objects.filter(id=bad).update(entry={**row.entry, "type": type_})
    with pytest.raises(UseRefused) as said:
        refused.hand_in_again(by=OPERATOR, entry_id="PUB-1")
    assert said.value.reasons[0].code == "entry-of-a-use"
    assert LogSubmission.objects.get(id=bad).state == LogSubmission.REFUSED


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"entry_id": "PUB-9"}, InputRefused, "entry-unknown"),
        ({"entry_id": "LOG"}, UseRefused, "entry-not-refused"),
        ({"ground": "because"}, InputRefused, "ground"),
        ({"note": "  "}, InputRefused, "note"),
        ({"note": "x" * 1001}, InputRefused, "note"),
        ({"by": None}, AccessDenied, "role"),
    ],
)
def test_nothing_is_set_aside_without_ground_note_and_operator(
    change: dict[str, Any], error: type[RollbookError], code: str
) -> None:
    asked: dict[str, Any] = {"by": OPERATOR, "entry_id": "PUB-1", "ground": GROUND, "note": NOTE, **change}
    with pytest.raises(error) as said:
        refused.set_aside(**asked | {"by": asked["by"] or actor_of(CUSTODIAN)})
    assert said.value.reasons[0].code == code
    assert open_duties() == {"PUB-1"}
