"""The one writer of the log: takes what waits, and makes it public in steps of which each may be the last.

The specification of the log, section 7, fixes the order and what a restart does; the numbers in comments are its own.
The writer keeps the audited log in memory between passes and throws it away after any error, so that it never signs
from a doubtful state.
"""

import gc
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.db import connections

from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.services.log import state as rows
from rollbook.services.log.batch import Batch, take
from rollbook.services.log.folder import State, log_folder
from rollbook.services.log.trust import policy_of
from rollbook.services.log.witness_state import remember
from rollbook.services.log.witnesses import Witnesses, furthest
from rollbook.services.platform import clock
from rollbook.services.platform.keys import open_keys
from rollbook.tlog.audit import audit
from rollbook.tlog.checkpoint import Checkpoint, read_body, verify_checkpoint
from rollbook.tlog.history import History
from rollbook.tlog.notes import Body, write_note
from rollbook.tlog.tile_proofs import TileTree
from rollbook.tlog.tiles import CHECKPOINT, UNWITNESSED, Tiles, document_path, split_bundles
from rollbook.tlog.tree import Frontier, leaf_hash

RENEW_SECONDS: Final = 6 * 60 * 60
PAUSE_SECONDS: Final = 0.3
WITNESS_PAUSE_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Edge:
    """The log as this process knows it: audited history, growing tiles, and the time of its served signature.

    `due` is the recorded state that has yet to be signed, witnessed and published; `unanswered` are the entries from
    index `answered` on, whose submitters have not been told.
    """

    history: History
    tiles: Tiles
    signed_at: int
    answered: int
    due: State | None = None
    unanswered: list[bytes] = field(default_factory=list)

    @property
    def state(self) -> State:
        return State(self.tiles.size, self.tiles.tree.root())


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A batch that was judged, and the files it adds: everything that making it public needs."""

    old: State
    new: State
    batch: Batch
    files: Mapping[str, bytes]


class Writer:
    """A writer over one installation's folders and rows. Of two at once, one waits for the lock."""

    def __init__(self) -> None:
        self._config = settings.ROLLBOOK
        self._keys = open_keys(self._config)
        self._folder = log_folder(self._config)
        self._witnesses = Witnesses()
        self._edge: _Edge | None = None
        # Whether the last pass ended with a state that too few witnesses have cosigned.
        self.waits_for_witnesses = False

    def append_waiting(self) -> int:
        """One pass: append what waits; gives how many entries became public.

        Raises:
            StateBroken: the stores disagree, or a witness has seen another log; nothing was published.
        """
        with rows.writer_lock():  # 1
            edge = self._take_edge()
            appended = self._append(edge) if self._settle(edge) else 0
            self._edge = edge
        return appended

    def append_all(self) -> int:
        """Append batch after batch until nothing waits, each being made public while the next is judged.

        Only outside a transaction: the making public runs on a connection of its own.

        Raises:
            StateBroken: as `append_waiting`.
        """
        with rows.writer_lock():
            edge = self._take_edge()
            appended, self._edge = self._append_all(edge) if self._settle(edge) else (0, edge)
        return appended

    def renew(self) -> None:
        """Sign the served state again once its signature is some hours old, or verifiers would call the log stale."""
        with rows.writer_lock():
            edge = self._take_edge()
            if edge.tiles.size and _now() - edge.signed_at >= RENEW_SECONDS:
                edge.due = edge.state
                self._settle(edge)
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
        prepared = self._prepare(edge, rows.waiting(), {})
        shown = self._make_public(edge, prepared)
        return len(prepared.batch.raws) if shown else 0

    def _append_all(self, edge: _Edge) -> tuple[int, _Edge | None]:
        appended, places, after = 0, dict[int, int | None](), 0
        going: Future[bool] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="publisher") as publisher:
            try:
                while True:
                    # What is on its way has no place in the database yet; it is left out, and looked up in `places`.
                    prepared = self._prepare(edge, rows.waiting(after), places)
                    if going is not None and not going.result():
                        return appended, None  # the batch after it was judged in vain: read the log again
                    going = publisher.submit(self._make_public, edge, prepared)
                    appended += len(prepared.batch.raws)
                    if not prepared.batch.raws:
                        return appended, edge if going.result() else None
                    places, after = prepared.batch.places, prepared.batch.last
                    # The log in memory only grows: the collector need not walk all of it again for every batch.
                    gc.freeze()
            finally:
                publisher.submit(connections.close_all)

    def _prepare(self, edge: _Edge, pages: Iterator[list[rows.Waiting]], places: Mapping[int, int | None]) -> _Prepared:
        """Steps 2 and 3; `places` are those of a batch that is still being made public."""
        old = edge.state
        batch = take(edge.history, pages, clock.now(), places)
        files = edge.tiles.grow(batch.raws)
        files |= {document_path(bytes.fromhex(name)): data for name, data in batch.documents().items()}
        return _Prepared(old, edge.state, batch, files)

    def _make_public(self, edge: _Edge, prepared: _Prepared) -> bool:
        """Steps 4 to 10; False while the state waits for witnesses and may not be shown."""
        shown = True
        if prepared.batch.raws:
            self._folder.stage(prepared.new, prepared.files)  # 4
            rows.swap_state(prepared.old, prepared.new)  # 5
            self._folder.move(prepared.new)  # 6
            edge.due, edge.unanswered = prepared.new, [*edge.unanswered, *prepared.batch.raws]
            shown = self._settle(edge)
        if prepared.batch.refused:
            rows.refuse(prepared.batch.refused)
        return shown

    def _settle(self, edge: _Edge) -> bool:
        """Steps 7 to 10 for what is due of them; False while the state waits for witnesses and nothing may be shown."""
        if edge.due and self._sign_and_publish(edge, edge.due):
            edge.due = None
        self.waits_for_witnesses = edge.due is not None
        if edge.due and self._config.witnesses_away == "wait":
            return False
        if edge.unanswered:
            count, first = len(edge.unanswered), edge.answered
            rows.answer(first, edge.unanswered, [edge.history.body(first + place) for place in range(count)])  # 10
            edge.answered, edge.unanswered = first + count, []
        return True

    def _sign_and_publish(self, edge: _Edge, state: State) -> bool:
        """Steps 7 to 9; False where too few witnesses cosigned, so that verifiers would refuse the checkpoint.

        No signature for a size leaves this process before the state of that size is durable.
        """
        now, policy = _now(), policy_of(self._config)
        if rows.read_state() != state:
            raise _broken("unsigned", "The state to be signed is not the recorded one", "Start the writer again.")
        body = Body(self._config.log_origin, state.size, state.root)
        lines = self._keys.sign_checkpoint(body.text().encode(), now)  # 7
        prove = TileTree(state.size, self._folder.read).consistency
        asked = self._witnesses.collect(policy, write_note(body.text(), lines), body, prove, now)  # 8
        remember(self._config, asked.answers)
        note = write_note(body.text(), [*lines, *asked.lines])
        if not asked.met:
            if self._config.witnesses_away == "publish":
                self._folder.publish(note, UNWITNESSED)
            return False
        # What verifiers refuse is never served.
        verify_checkpoint(note, policy, now, fresh=True)
        self._folder.publish(note)  # 9
        edge.signed_at = now
        return True

    def _recovered(self) -> _Edge:
        served = self._served()
        state = rows.read_state()
        if state is None:
            if served is not None:
                raise _restored("The record of what was signed is missing, but a signed log is being served")
            state = rows.NOTHING
        raws = split_bundles(self._folder.bundles(state), state.size)
        edge = _Edge(self._audited(raws), Tiles(), served.time if served else 0, rows.answered())
        edge.tiles.grow(raws)
        if edge.state != state:
            raise _broken("log-root", "The log's files do not have the recorded root", "Bring them back from a mirror.")
        self._compare(state, raws)
        edge.unanswered = raws[edge.answered :]
        if state.size and (served is None or served.body.size < state.size):
            edge.due = state
            self._folder.move(state)  # go on at step 6
        self._settle(edge)
        self._folder.drop_staging()
        return edge

    def _served(self) -> Checkpoint | None:
        note = self._folder.checkpoint()
        return None if note is None else verify_checkpoint(note, policy_of(self._config), _now(), fresh=False)

    def _audited(self, raws: list[bytes]) -> History:
        history, faults = audit(raws, self._config.log_origin)
        if faults:
            raise _broken("log-faulty", f"The log breaks its own rules: {faults[0]}", "Have its files examined.")
        return history

    def _compare(self, state: State, raws: list[bytes]) -> None:
        """Refuse a record that is behind, or beside, anything this log has shown: served, or cosigned by a witness."""
        shown = [read_body(note) for name in (CHECKPOINT, UNWITNESSED) if (note := self._folder.checkpoint(name))]
        cosigned = furthest(policy_of(self._config), self._config.log_origin)
        for what, bodies in (("served log", shown), ("log that a witness cosigned", [cosigned] if cosigned else [])):
            for body in bodies:
                if body.size > state.size:
                    raise _restored(f"The {what} is larger than the record of what was signed")
                if Frontier(map(leaf_hash, raws[: body.size])).root() != body.root:
                    raise _restored(f"The {what} is not the beginning of what is recorded")


_writer: Writer | None = None


def append_waiting() -> int:
    """One pass of this process's writer; gives how many entries became public."""
    return _this().append_waiting()


def append_all() -> int:
    """Append batch after batch until nothing waits; gives how many entries became public."""
    return _this().append_all()


def recover() -> None:
    """Bring the stores together, or refuse: what a start does."""
    _this().recover()


def write_forever(stop: threading.Event) -> None:
    """Recover, then append until `stop` is set. Any error ends it: nothing may be signed from a doubtful state."""
    writer = _this()
    writer.recover()
    while not stop.is_set():
        if writer.append_all() == 0:
            writer.renew()
            stop.wait(WITNESS_PAUSE_SECONDS if writer.waits_for_witnesses else PAUSE_SECONDS)


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
    mend = "The database was restored from an old copy: bring the entries back, `rollbook log restore`. No override."
    return StateBroken(Reason("log-restored", message, mend=mend))


def _broken(code: str, message: str, mend: str) -> StateBroken:
    return StateBroken(Reason(code, message, mend=mend))
