"""If the log cannot be written nothing is opened, nothing leaves, nobody is told; when it can be again, everything
goes on.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from rollbook.kernel.refusals import StateBroken, UseRefused, VerificationFailed
from rollbook.records.models.collections import Return
from rollbook.records.models.log import LogState, LogSubmission
from rollbook.records.models.studies import Output, Release, Run
from rollbook.services.log import published, reader, receipts, writer
from rollbook.services.log.history import audit_published
from rollbook.services.outputs import releases, run_outcome
from rollbook.services.returns import ingest
from rollbook.services.studies import run_inside, runs
from rollbook.services.uses import set_files, sets
from tests import grounds
from tests import run_ground as ground
from tests.kills import killed_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(db: None, monkeypatch: pytest.MonkeyPatch) -> ground.Writer:
    ground.clean_folders()
    ground.pupils()
    return ground.log_of_its_own(monkeypatch)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs whose data was opened, in order."""
    seen: list[int] = []
    real = run_inside.extract

    def extract(*args: Any, **named: Any) -> Any:
        seen.append(LogSubmission.objects.filter(state=LogSubmission.WAITING).count())
        return real(*args, **named)

    monkeypatch.setattr(run_inside, "extract", extract)
    return seen


def test_the_gate_keeps_the_order_of_the_specification(log: ground.Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 8 of the specification, step by step; what must be durable before the hand-in lies on disk by then."""
    steps: list[str] = []

    def traced(place: Any, name: str, step: str) -> None:
        real = getattr(place, name)

        def noted(*args: Any, **named: Any) -> Any:
            steps.append(step)
            if step == "4 hand in":
                folders = [settings.ROLLBOOK.data / name for name in ("sets", "populations")]
                kept = [path.name for folder in folders for path in folder.iterdir()]
                assert sorted(name.endswith(".manifest") for name in kept) == [False, False, True]
            return real(*args, **named)

        monkeypatch.setattr(place, name, noted)

    number = ground.run(ground.study(ground.project(log)))
    for place, name, step in (
        (runs, "draw", "1 draw"), (runs, "gate_for_run", "gate"), (set_files, "write", "2 set"),
        (sets, "write_manifest", "3 manifest"), (runs, "submit", "4 hand in"),
        (writer, "append_waiting", "5 publish"), (receipts, "verify_proof", "6 read back"),
        (run_inside, "extract", "8 open"), (run_outcome, "finish", "10 end"),
    ):  # fmt: skip
        traced(place, name, step)
    runs.execute(number)
    order = [step for place, step in enumerate(steps) if place == 0 or steps[place - 1] != step]
    assert order == [
        "1 draw", "gate", "2 set", "3 manifest", "gate", "4 hand in", "5 publish", "6 read back", "gate", "8 open",
        "10 end",
    ]  # fmt: skip


def test_no_data_is_opened_while_the_writer_stands_still(log: ground.Writer, opened: list[int]) -> None:
    number = ground.run(ground.study(ground.project(log)))
    log.running = False
    with pytest.raises(StateBroken):
        runs.execute(number, wait_s=0)
    with pytest.raises(StateBroken):
        runs.recover(wait_s=0)
    assert opened == []
    assert Run.objects.get(id=number).state == Run.OPENED
    assert not list(settings.ROLLBOOK.scratch.glob("extracts/*"))

    log.running = True
    runs.recover()
    assert Run.objects.get(id=number).state == Run.DONE
    # Nothing was waiting for the log at the moment the data was opened.
    assert opened == [0]


def test_no_data_is_opened_when_the_served_files_do_not_prove_the_entry(log: ground.Writer, opened: list[int]) -> None:
    number = ground.run(ground.study(ground.project(log)))
    with killed_at(runs, "published", done=True):
        runs.execute(number)
    for tile in settings.ROLLBOOK.log.glob("tile/entries/**/*"):
        if tile.is_file():
            tile.write_bytes(tile.read_bytes().replace(b"safe-setting", b"safe-sett1ng"))
    with pytest.raises(VerificationFailed):
        runs.execute(number)
    assert opened == []


def test_no_data_is_opened_when_the_log_holds_another_entry_in_the_place(log: ground.Writer, opened: list[int]) -> None:
    number = ground.run(ground.study(ground.project(log)))
    with killed_at(runs, "published", done=True):
        runs.execute(number)
    row = LogSubmission.objects.get(entry_id=f"run-{number}")
    row.entry = {**row.entry, "items": ["ethnicity", "sex"]}
    row.save()
    with pytest.raises(VerificationFailed, match="another entry"):
        runs.execute(number)
    assert opened == []


def test_an_entry_the_log_refuses_ends_the_run_unopened(log: ground.Writer, opened: list[int]) -> None:
    number = ground.run(ground.study(ground.project(log)))
    log.running = False
    with pytest.raises(StateBroken):
        runs.execute(number, wait_s=0)
    # The panel takes its approval back, and the log's own rules no longer allow the entry.
    run = Run.objects.get(id=number)
    reasons = [{"code": "L10", "message": "It points to a decision that is not the latest", "where": "", "mend": ""}]
    LogSubmission.objects.filter(id=run.submission_id).update(state=LogSubmission.REFUSED, reasons=reasons)
    runs.recover()
    run.refresh_from_db()
    assert (run.state, run.reasons[0]["code"]) == (Run.FAILED, "L10")
    assert opened == []
    assert not LogSubmission.objects.filter(entry__type="outcome").exists()


@pytest.fixture
def agreed(log: ground.Writer) -> Output:
    """A table that both checkers approved, while the log's writer stands still."""
    run = ground.executed(ground.study(ground.project(log)))
    output = Output.objects.get(run=run)
    log.running = False
    ground.approved_by_both(output.reference)
    return output


def test_no_table_leaves_while_the_writer_stands_still(log: ground.Writer, agreed: Output) -> None:
    with pytest.raises(StateBroken):
        releases.release(agreed.id, wait_s=0)
    assert releases.released_tables() == ()
    log.running = True
    releases.recover()
    (table,) = releases.released_tables()
    assert table.reference == agreed.reference


def test_an_approval_taken_back_before_the_entry_is_public_keeps_the_table_inside(
    log: ground.Writer, agreed: Output
) -> None:
    grounds.refuse(agreed.run.study.project.request.reference, "The question has changed.")
    log.running = True
    releases.release(agreed.id)
    releases.recover()
    assert releases.released_tables() == ()
    agreed.refresh_from_db()
    assert agreed.state == Output.STOPPED
    assert [reason["code"] for reason in agreed.rules["refused"]] == ["approval-taken-back"]
    log.write()
    (entry,) = reader.entries("correction")
    assert (entry.fields["change"], entry.fields["reason"]) == ({"tables": 0}, "approval-taken-back")
    assert audit_published().faults == ()


def test_a_table_that_was_changed_after_its_entry_does_not_leave(log: ground.Writer, agreed: Output) -> None:
    log.running = True
    release = Release.objects.get(output=agreed)
    release.csv = release.csv.replace("low", "lou")
    release.save()
    with pytest.raises(VerificationFailed):
        releases.release(agreed.id)
    assert releases.released_tables() == ()


@pytest.mark.parametrize("done", [False, True], ids=["lost", "done-but-unacknowledged"])
@pytest.mark.parametrize("step", ["published", "verify_output", "_show", "audit"])
def test_a_release_killed_at_any_step_is_completed_once(
    log: ground.Writer, agreed: Output, step: str, done: bool
) -> None:
    log.running = True
    with killed_at(releases, step, done=done):
        releases.release(agreed.id)
    # Shown only if the last step of all was done.
    assert len(releases.released_tables()) == (1 if (step, done) == ("_show", True) else 0)
    releases.recover()
    releases.recover()
    assert len(releases.released_tables()) == 1
    assert len(reader.entries("output")) == 1


def test_the_approval_that_cannot_be_handed_in_to_the_log_is_not_given(
    log: ground.Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ground.executed(ground.study(ground.project(log)))
    output = Output.objects.get(run=run)

    def broken(*args: Any, **named: Any) -> int:
        raise UseRefused(published.Reason("outbox", "The outbox cannot be written"))

    monkeypatch.setattr(releases, "submit", broken)
    with pytest.raises(UseRefused):
        ground.approved_by_both(output.reference)
    output.refresh_from_db()
    assert (output.state, output.verdicts.count()) == (Output.CHECKING, 1)
    assert not Release.objects.exists()


def test_the_bytes_of_a_released_table_are_those_of_its_entry(log: ground.Writer, agreed: Output) -> None:
    from rollbook.tlog.release import verify_output

    log.running = True
    releases.release(agreed.id)
    release = Release.objects.select_related("submission").get(output=agreed)
    manifest = json.loads(release.manifest)
    assert manifest["origin"] == settings.ROLLBOOK.log_origin
    raw = published.published(release.submission_id, timeout_s=0)
    verify_output(
        raw,
        release.manifest.encode(),
        {"table.csv": release.csv.encode(), releases.RECORD: release.record.encode()},
        manifest["origin"],
    )


def test_a_database_older_than_the_log_removes_nothing_it_does_not_name(log: ground.Writer) -> None:
    """As after an old copy was put back: the returns and the populations it forgot are all there is of them."""
    runs.execute(ground.run(ground.study(ground.project(log))))
    kept = files_below(settings.ROLLBOOK.study) | files_below(settings.ROLLBOOK.data / "populations")
    assert kept
    LogState.objects.all().delete()
    Run.objects.update(population_file="")
    Return.objects.update(state=Return.REFUSED)
    for recover in (ingest.recover, runs.recover):
        with pytest.raises(StateBroken) as refused:
            recover()
        assert refused.value.reasons[0].code == "log-restored"
    assert files_below(settings.ROLLBOOK.study) | files_below(settings.ROLLBOOK.data / "populations") == kept


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
