"""The writer and real witnesses: nothing counts as public before the quorum, and a witness that knows more stops it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from rollbook.kernel.refusals import SetupFailed, StateBroken, VerificationFailed
from rollbook.records.models.log import LogState
from rollbook.services.log import genesis, reader, trust, witness_state, witnesses, writer
from rollbook.services.log.folder import LogFolder
from rollbook.services.outside import witness
from rollbook.services.outside.witness_http import WitnessServer
from rollbook.services.platform import config as config_module
from rollbook.tlog.checkpoint import read_body, verify_checkpoint
from rollbook.tlog.notes import open_note
from rollbook.tlog.tiles import UNWITNESSED
from tests import log_keys
from tests.integration.log import log_story as story

pytestmark = pytest.mark.django_db
NAMES = ("university", "charity", "newspaper")


class Ground:
    """Three witnesses of which two are enough, each to be stopped and started."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self.place, self._stack = place, stack
        self.running: dict[str, ExitStack] = {}
        self.servers: dict[str, WitnessServer] = {}
        self.log_policy = trust.policy_text(settings.ROLLBOOK)
        for name in NAMES:
            self.start(name)
        keys = {name: server.witness.keys for name, server in self.servers.items()}
        lines = "".join(witness.policy_lines(keys[name], server.address) for name, server in self.servers.items())
        (place / "witnesses").write_text(f"{lines}group two 2 {' '.join(NAMES)}\nquorum two\n")

    def start(self, name: str) -> None:
        running = self._stack.enter_context(ExitStack())
        port = self.servers[name].server_address[1] if name in self.servers else 0
        serving = log_keys.serving(self.place / name, self.log_policy, name, port)
        self.servers[name], self.running[name] = running.enter_context(serving), running

    def stop(self, *names: str) -> None:
        for name in names:
            self.running.pop(name).close()


@pytest.fixture
def ground(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    story.empty_log()
    monkeypatch.setattr(witnesses, "GRACE_SECONDS", 2.0)
    with ExitStack() as stack:
        made = Ground(tmp_path, stack)
        monkeypatch.setattr(settings, "ROLLBOOK", replace(settings.ROLLBOOK, witnesses=tmp_path / "witnesses"))
        writer.forget()
        genesis.found_log("A made-up authority")
        writer.append_waiting()
        yield made
    writer.forget()
    story.empty_log()


def served() -> LogFolder:
    return writer.log_folder(settings.ROLLBOOK)


def size() -> int:
    note = served().checkpoint()
    assert note is not None
    return read_body(note).size


def when_away(monkeypatch: pytest.MonkeyPatch, word: config_module.WhenAway) -> None:
    monkeypatch.setattr(settings, "ROLLBOOK", replace(settings.ROLLBOOK, witnesses_away=word))
    writer.forget()


def test_the_head_carries_both_lines_of_every_witness_and_no_warning(ground: Ground) -> None:
    head = reader.head()
    assert head is not None
    assert (head.size, head.warning) == (3, "")
    lines = open_note(head.note.encode())[1]
    assert [line.name for line in lines] == [head.origin] * 2 + [name for name in NAMES for _ in range(2)]
    state = witness_state.witness_state()
    assert state.quorum == "2 of 3: university, charity, newspaper"
    assert state.missing == ()
    assert state.waits == 0


def test_one_witness_away_is_named_and_holds_nothing_up(ground: Ground) -> None:
    ground.stop("charity")
    number = story.submit_publication(1)
    assert writer.append_waiting() == 1
    assert reader.wait_for(number, timeout_s=1) == 3
    missing = {line.name: line.fault for line in witness_state.witness_state().missing}
    assert missing == {"charity-ed": "does not answer", "charity-ml": "does not answer"}


def test_two_witnesses_away_and_nothing_new_is_shown_until_one_is_back(ground: Ground) -> None:
    ground.stop("charity", "newspaper")
    number = story.submit_publication(1)
    for _ in range(2):
        assert writer.append_waiting() == 0
    assert (size(), reader.entry(3), reader.index_of(number)) == (3, None, None)
    with pytest.raises(StateBroken, match="did not become public"):
        reader.wait_for(number, timeout_s=0.2)
    assert witness_state.witness_state().waits == 1
    assert writer._this().waits_for_witnesses
    ground.start("charity")
    writer.append_waiting()
    assert reader.wait_for(number, timeout_s=1) == 3
    assert story.read_as_client().size == 4


def test_a_restart_while_witnesses_are_away_goes_on_where_it_was(ground: Ground) -> None:
    ground.stop(*NAMES)
    number = story.submit_publication(1)
    writer.append_waiting()
    writer.forget()
    writer.append_waiting()
    assert size() == 3
    for name in NAMES:
        ground.start(name)
    writer.forget()
    writer.append_waiting()
    assert reader.wait_for(number, timeout_s=1) == 3


def test_entries_may_be_shown_before_the_quorum_but_nothing_leaves_under_them(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    when_away(monkeypatch, "publish")
    ground.stop(*NAMES)
    numbers = [story.submit_publication(1)]
    assert writer.append_waiting() == 1
    numbers.append(story.submit_publication(2))
    assert writer.append_waiting() == 1
    shown = reader.entry(4)
    assert shown is not None
    assert shown.id == "PUB-2"
    assert witness_state.witness_state().waits == 2
    assert [reader.index_of(number) for number in numbers] == [None, None]
    assert size() == 3
    plain = served().checkpoint(UNWITNESSED)
    assert plain is not None
    assert read_body(plain).size == 5
    with pytest.raises(VerificationFailed, match="Too few independent witnesses"):
        verify_checkpoint(plain, trust.policy_of(settings.ROLLBOOK), 2**40, fresh=False)
    for name in NAMES:
        ground.start(name)
    writer.append_waiting()
    assert [reader.index_of(number) for number in numbers] == [3, 4]
    assert served().checkpoint(UNWITNESSED) is None


def test_an_unchanged_log_gets_fresh_cosignatures(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    before = served().checkpoint()
    monkeypatch.setattr(writer, "RENEW_SECONDS", 0)
    writer._this().renew()
    after = served().checkpoint()
    assert after != before
    assert size() == 3


def test_database_and_files_put_back_together_are_found_out_by_a_witness(ground: Ground, tmp_path: Path) -> None:
    state = LogState.objects.get()
    shutil.copytree(served().served, tmp_path / "copy")
    story.submit_publication(1)
    writer.append_waiting()
    LogState.objects.filter(id=1).update(size=state.size, root=state.root)
    shutil.rmtree(served().served)
    shutil.copytree(tmp_path / "copy", served().served)
    for _ in range(2):
        writer.forget()
        with pytest.raises(StateBroken, match="a witness cosigned is larger") as refused:
            writer.append_waiting()
        assert refused.value.reasons[0].code == "log-restored"


def test_a_witness_that_saw_more_while_the_writer_ran_stops_it(ground: Ground) -> None:
    story.submit_publication(1)
    writer.append_waiting()
    university = ground.servers["university"].witness
    story.submit_publication(2)
    writer.append_waiting()
    ahead = dict(university._notes)
    university._notes = {origin: note.replace(b"\n5\n", b"\n9\n", 1) for origin, note in ahead.items()}
    story.submit_publication(3)
    with pytest.raises(StateBroken, match="cosigned 9 entries") as refused:
        writer.append_waiting()
    assert refused.value.reasons[0].code == "witness-ahead"
    assert size() == 5


def test_a_witness_with_other_entries_of_one_size_stops_the_writer(ground: Ground) -> None:
    university = ground.servers["university"].witness
    (origin, note) = next(iter(university._notes.items()))
    text, _ = open_note(note)
    university._notes = {origin: note.replace(text.split("\n")[2].encode(), b"A" * 43 + b"=")}
    story.submit_publication(1)
    with pytest.raises(StateBroken, match="cosigned other entries") as refused:
        writer.append_waiting()
    assert refused.value.reasons[0].code == "witness-conflict"
    assert size() == 3


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("quorum nobody\n", "names nothing"),
        ("log x+00000000+AAAA\nquorum none\n", "not a verifier key"),
        ("", "exactly one quorum"),
    ],
)
def test_a_file_of_witnesses_that_cannot_be_used_is_named(db: None, tmp_path: Path, lines: str, why: str) -> None:
    (tmp_path / "witnesses").write_text(f"# lines\n{lines}")
    with pytest.raises(SetupFailed, match=why):
        trust.policy_text(replace(settings.ROLLBOOK, witnesses=tmp_path / "witnesses"))


def test_production_takes_witnesses_and_refuses_a_file_without(ground: Ground) -> None:
    production = replace(settings.ROLLBOOK, production=True)
    assert "quorum two" in trust.policy_text(production)
    (ground.place / "witnesses").write_text("quorum none\n")
    with pytest.raises(SetupFailed, match="no independent witness"):
        trust.policy_text(production)


def test_the_logs_page_names_who_signed_and_who_is_missing(
    ground: Ground, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    when_away(monkeypatch, "publish")
    ground.stop("charity", "newspaper")
    story.submit_publication(1)
    writer.append_waiting()
    page = client.get("/register/log/").content.decode()
    assert "Needed: 2 of 3: university, charity, newspaper" in page
    assert "The last 1 entries are signed by the log and not yet by enough witnesses" in page
