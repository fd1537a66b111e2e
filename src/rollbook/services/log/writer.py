"""The one writer of the log: takes what waits, and makes it public in steps of which each may be the last.

The specification of the log, section 7, fixes the order and what a restart does; the numbers in comments are its own.
The writer keeps the audited log in memory between passes and throws it away after any error, so that it never signs
from a doubtful state.
"""

import threading
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services import clock
from rollbook.services.keys import open_keys
from rollbook.services.log import state as rows
from rollbook.services.log.batch import take
from rollbook.services.log.folder import State, log_folder
from rollbook.services.log.trust import policy_of
from rollbook.tlog.audit import audit
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.history import History
from rollbook.tlog.notes import Body, write_note
from rollbook.tlog.tiles import Tiles, document_path, split_bundles
from rollbook.tlog.tree import Frontier, leaf_hash

RENEW_SECONDS: Final = 6 * 60 * 60
PAUSE_SECONDS: Final = 0.3


@dataclass(slots=True)
class _Edge:
    """The log as this process knows it: audited history, growing tiles, and the time of its served signature."""

    history: History
    tiles: Tiles
    signed_at: int

    @property
    def state(self) -> State:
        return State(self.tiles.size, self.tiles.tree.root())


class Writer:
    """A writer over one installation's folders and rows. Of two at once, one waits for the lock."""

    def __init__(self) -> None:
        self._config = settings.ROLLBOOK
        self._keys = open_keys(self._config)
        self._policy = policy_of(self._config)
        self._folder = log_folder(self._config)
        self._edge: _Edge | None = None

    def append_waiting(self) -> int:
        """One pass: append what waits; gives how many entries became public.

        Raises:
            StateBroken: the stores disagree, and nothing was signed.
        """
        with rows.writer_lock():  # 1
            edge = self._take_edge()
            appended = self._append(edge)
            self._edge = edge
        return appended

    def renew(self) -> None:
        """Sign the served state again once its signature is some hours old, or verifiers would call the log stale."""
        with rows.writer_lock():
            edge = self._take_edge()
            if edge.tiles.size and _now() - edge.signed_at >= RENEW_SECONDS:
                self._sign_and_publish(edge)
            self._edge = edge

    def recover(self) -> None:
        """Bring stores together after a stop at any step, or refuse to start; see the end of section 7."""
        with rows.writer_lock():
            self._edge = None
            self._edge = self._take_edge()

    def _take_edge(self) -> _Edge:
        """The edge of the last pass, where the recorded state is still its own; forgotten until this pass ends."""
        edge, self._edge = self._edge, None
        if edge is None or rows.read_state() != edge.state or not edge.tiles.size:
            edge = self._recovered()
        return edge

    def _append(self, edge: _Edge) -> int:
        old = edge.state
        batch = take(edge.history, rows.waiting(), clock.now())  # 2 and 3
        if batch.raws:
            files = edge.tiles.grow(batch.raws)
            files |= {document_path(bytes.fromhex(name)): data for name, data in batch.documents().items()}
            self._folder.stage(edge.state, files)  # 4
            rows.swap_state(old, edge.state)  # 5
            self._folder.move(edge.state)  # 6
            self._sign_and_publish(edge)  # 7 to 9
            rows.answer(old.size, batch.raws)  # 10
        rows.refuse(batch.refused)
        return len(batch.raws)

    def _sign_and_publish(self, edge: _Edge) -> None:
        """Steps 7 to 9. No signature for a size leaves this process before the state of that size is durable."""
        state, now = edge.state, _now()
        if rows.read_state() != state:
            raise _broken("unsigned", "The state to be signed is not the recorded one", "Start the writer again.")
        body = Body(self._config.log_origin, state.size, state.root)
        note = write_note(body.text(), self._keys.sign_checkpoint(body.text().encode(), now))  # 7
        # 8: the policy says `quorum none`, so the log's own lines meet it. What verifiers refuse is never served.
        verify_checkpoint(note, self._policy, now, fresh=True)
        self._folder.publish(note)  # 9
        edge.signed_at = now

    def _recovered(self) -> _Edge:
        served = self._served()
        state = rows.read_state()
        if state is None:
            if served is not None:
                raise _restored("The record of what was signed is missing, but a signed log is being served")
            state = rows.NOTHING
        raws = split_bundles(self._folder.bundles(state), state.size)
        edge = _Edge(self._audited(raws), Tiles(), served.time if served else 0)
        edge.tiles.grow(raws)
        if edge.state != state:
            raise _broken("log-root", "The log's files do not have the recorded root", "Bring them back from a mirror.")
        self._compare(served, state, raws)
        if served is None or served.body.size < state.size:
            self._complete(edge)
        self._folder.drop_staging()
        known = rows.answered()
        rows.answer(known, raws[known:])
        return edge

    def _complete(self, edge: _Edge) -> None:
        """Go on at step 6: the state was recorded and not yet published."""
        if edge.tiles.size:
            self._folder.move(edge.state)
            self._sign_and_publish(edge)

    def _served(self) -> Checkpoint | None:
        note = self._folder.checkpoint()
        return None if note is None else verify_checkpoint(note, self._policy, _now(), fresh=False)

    def _audited(self, raws: list[bytes]) -> History:
        history, faults = audit(raws, self._config.log_origin)
        if faults:
            raise _broken("log-faulty", f"The log breaks its own rules: {faults[0]}", "Have its files examined.")
        return history

    def _compare(self, served: Checkpoint | None, state: State, raws: list[bytes]) -> None:
        if served is None:
            return
        if served.body.size > state.size:
            raise _restored("The served log is larger than the record of what was signed")
        if Frontier(map(leaf_hash, raws[: served.body.size])).root() != served.body.root:
            raise _restored("The served log is not the beginning of what is recorded")


_writer: Writer | None = None


def append_waiting() -> int:
    """One pass of this process's writer; gives how many entries became public."""
    return _this().append_waiting()


def recover() -> None:
    """Bring the stores together, or refuse: what a start does."""
    _this().recover()


def write_forever(stop: threading.Event) -> None:
    """Recover, then append until `stop` is set. Any error ends it: nothing may be signed from a doubtful state."""
    writer = _this()
    writer.recover()
    while not stop.is_set():
        if writer.append_waiting() == 0:
            writer.renew()
            stop.wait(PAUSE_SECONDS)


def forget() -> None:
    """Let the next call begin as a fresh process would: for tests, and after the folders were changed."""
    global _writer
    _writer = None


def _this() -> Writer:
    global _writer
    if _writer is None:
        _writer = Writer()
    return _writer


def _now() -> int:
    return int(clock.now().timestamp())


def _restored(message: str) -> StateBroken:
    mend = "The database was restored from an old copy: bring the entries back from a mirror. There is no override."
    return StateBroken(Reason("log-restored", message, mend=mend))


def _broken(code: str, message: str, mend: str) -> StateBroken:
    return StateBroken(Reason(code, message, mend=mend))
