"""The writer stopped at every storage step, in both ways a step can fail, and killed there; then started again.

A step is *lost* when it did nothing and failed, *kept* when it was done and reported as failed. Whatever happened,
the log after the restart extends every checkpoint that was ever signed, and holds every submission once.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from rollbook.kernel.refusals import StateBroken
from rollbook.records.models.log import LogState, LogSubmission
from rollbook.services.log import batch as batch_module
from rollbook.services.log import folder as folder_module
from rollbook.services.log import genesis, reader, writer
from rollbook.services.log import state as rows
from rollbook.services.log.folder import LogFolder, State
from rollbook.services.platform.keys import Keys
from rollbook.tlog.checkpoint import parse_body
from rollbook.tlog.notes import Body
from tests.integration.log import log_story as story

STEPS = {
    "4 stage": (LogFolder, "stage"),
    "5 swap": (rows, "swap_state"),
    "6 move": (LogFolder, "move"),
    "7 sign": (Keys, "sign_checkpoint"),
    "9 publish": (LogFolder, "publish"),
    "10 answer": (rows, "answer"),
}
# The calls that storage steps are made of; each is broken at its first, second, third ... use.
CALLS = {
    "write": (folder_module, "_write"),
    "rename": (os, "rename"),
    "sync": (os, "fsync"),
}


class StorageFailed(OSError):
    """The failure that these tests put in."""


class Signed(list[Body]):
    """Every checkpoint body the log's keys were asked to sign."""


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a real sync does no test can see; here it only has to be counted, and to fail when it is told to."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> Signed:
    seen, sign = Signed(), Keys.sign_checkpoint

    def sign_and_remember(keys: Keys, body: bytes, at: int) -> list[str]:
        seen.append(parse_body(body.decode()))
        return sign(keys, body, at)

    monkeypatch.setattr(Keys, "sign_checkpoint", sign_and_remember)
    return seen


def broken(step: Callable[..., Any], way: str, at: int = 1) -> Callable[..., Any]:
    """`step`, failing at its use number `at`."""
    uses: Iterator[int] = iter(range(1, 10**6))

    def fails(*args: Any, **more: Any) -> Any:
        if next(uses) != at:
            return step(*args, **more)
        if way == "kept":
            step(*args, **more)
        raise StorageFailed

    return fails


def begin() -> None:
    """A log of five entries, with three more waiting."""
    story.clear_rows()
    story.empty_log()
    genesis.found_log()
    writer.append_waiting()
    for number in range(2):
        story.submit_publication(number)
    writer.append_waiting()
    story.submit_decision(1, story.submit_request(1))
    story.submit_publication(9)


def require_whole(signed: list[Body], *, fresh: bool = True) -> None:
    """After a restart (or, not `fresh`, in the process that failed): everything is in the log once, and the log extends
    whatever was signed.
    """
    if fresh:
        writer.forget()
    writer.append_waiting()
    log = story.read_as_client()
    assert log.size == 8
    assert LogSubmission.objects.filter(state="appended").count() == 8
    for submission in LogSubmission.objects.all():
        assert log.history.body(submission.index)["id"] == submission.entry_id
    assert reader.entry(7) is not None
    assert all(log.root_at(body.size) == body.root for body in signed)
    assert not list(folder_module.log_folder(settings.ROLLBOOK).staging.glob("*"))


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["lost", "kept"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fresh", [True, False], ids=["restarted", "same-process"])
def test_each_step_fails(fresh: bool, step: str, way: str, signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    owner, name = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, broken(getattr(owner, name), way))
        with pytest.raises(StorageFailed):
            writer.append_waiting()
    require_whole(signed, fresh=fresh)


@pytest.mark.django_db
def test_nothing_is_signed_where_the_state_was_lost_without_a_word(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    before = len(signed)
    with monkeypatch.context() as patched:
        patched.setattr(rows, "swap_state", lambda old, new: None)
        with pytest.raises(StateBroken, match="not the recorded one"):
            writer.append_waiting()
    assert len(signed) == before


@pytest.mark.django_db
def test_a_second_writer_that_was_quicker_is_noticed_before_anything_is_signed(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    before, stage = len(signed), LogFolder.stage

    def stage_while_another_writes(folder: LogFolder, state: State, files: dict[str, bytes]) -> None:
        stage(folder, state, files)
        LogState.objects.filter(id=1).update(size=6)

    monkeypatch.setattr(LogFolder, "stage", stage_while_another_writes)
    with pytest.raises(StateBroken) as refused:
        writer.append_waiting()
    assert refused.value.reasons[0].code == "another-writer"
    assert len(signed) == before


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["lost", "kept"])
@pytest.mark.parametrize("call", CALLS)
def test_each_write_rename_and_sync_fails(call: str, way: str, signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name = CALLS[call]
    # A pass syncs many folders, all alike: every third is enough.
    for at in range(1, 100, 3 if call == "sync" else 1):
        begin()
        signed.clear()
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, broken(getattr(owner, name), way, at))
            try:
                writer.append_waiting()
            except StorageFailed:
                pass
            else:
                break
        require_whole(signed)
    assert at > 4


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["lost", "kept"])
@pytest.mark.parametrize("step", ["6 move", "7 sign", "9 publish", "10 answer"])
def test_the_recovery_itself_fails(step: str, way: str, signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    begin()
    owner, name = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(rows, "swap_state", broken(rows.swap_state, "kept"))
        with pytest.raises(StorageFailed):
            writer.append_waiting()
        patched.setattr(owner, name, broken(getattr(owner, name), way))
        writer.forget()
        with pytest.raises(StorageFailed):
            writer.recover()
    require_whole(signed)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["lost", "kept"])
def test_each_step_fails_while_the_next_batch_is_judged(
    way: str, signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_module, "LARGEST", 2)
    for step, (owner, name) in STEPS.items():
        # The second batch: it was judged while the first was under way.
        begin()
        signed.clear()
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, broken(getattr(owner, name), way, 2))
            with pytest.raises(StorageFailed):
                writer.append_all()
        writer.append_all()
        require_whole(signed, fresh=step < "6")


@pytest.mark.django_db(transaction=True)
def test_two_writers_at_once_write_one_log() -> None:
    begin()
    for number in range(20, 60):
        story.submit_publication(number)
    connection.close()
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            _write_to_the_end()
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    writer.forget()
    log = story.read_as_client()
    assert log.size == 48
    assert [entry.index for entry in reader.entries()] == list(range(48))
    assert LogSubmission.objects.filter(state="appended").count() == 48


def _write_to_the_end() -> None:
    code = 1
    try:
        writer.forget()
        batch_module.LARGEST = 3  # type: ignore[misc]
        while writer.append_waiting():
            pass
        code = 0
    finally:
        os._exit(code)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_the_process_is_killed_at_each_step(step: str, when: str) -> None:
    begin()
    connection.close()  # the child must not end this process's connection
    owner, name = STEPS[step]
    child = os.fork()
    if child == 0:
        _die_at(owner, name, when)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    require_whole([])


def _die_at(owner: Any, name: str, when: str) -> None:
    real = getattr(owner, name)

    def die(*args: Any, **more: Any) -> None:
        if when == "after":
            real(*args, **more)
        os._exit(9)

    setattr(owner, name, die)
    batch_module.LARGEST = 2  # type: ignore[misc]
    try:
        writer.append_all()
    finally:
        os._exit(1)
