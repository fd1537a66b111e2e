"""What a reader knows of the log after its first entries: what the audit rules look at, and what proofs need.

Rules judge an entry against a `History` and never change it; `add` takes the entry in afterwards. A writer can so ask
whether an entry would stand without touching its own state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollbook.tlog.entries import SET_BEARING


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as read. `body` is None where the bytes broke L1 or L2; `verifiable` is false for *cannot verify*.

    `type` is empty where this client does not know the entry's own version; what it points at does not matter.
    """

    index: int
    body: Mapping[str, Any] | None
    verifiable: bool
    type: str


@dataclass(slots=True)
class Seal:
    """A seal in force: until when, and the index of its reveal once there is one."""

    reveal_by: str
    revealed_at: int | None = None


@dataclass(frozen=True, slots=True)
class EpochKey:
    """A VRF public key, base64, in force from the month `epoch_from`, announced by entry `index`."""

    epoch_from: str
    pk: str
    index: int


@dataclass(slots=True)
class History:
    """The log up to some entry, indexed for the rules. `origin` is that of the checkpoint."""

    origin: str
    entries: list[Entry] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    dids: set[str] = field(default_factory=set)
    last_at: str = ""
    keys: list[EpochKey] = field(default_factory=list)
    latest_set_epoch: str = ""
    decisions: dict[int, list[int]] = field(default_factory=dict)
    seals: dict[int, Seal] = field(default_factory=dict)
    closed: dict[int, str] = field(default_factory=dict)
    batches: set[tuple[int, str]] = field(default_factory=set)
    set_bearing: list[int] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)

    def body(self, index: int) -> Mapping[str, Any]:
        """The fields of an entry that passed L2."""
        body = self.entries[index].body
        if body is None:
            raise LookupError("this entry could not be read")
        return body

    def key_of(self, epoch: str, below: int | None = None) -> EpochKey | None:
        """`key(E)`: the VRF key in force in month `epoch`, from the entries `below` an index."""
        known = [key for key in self.keys if key.epoch_from <= epoch and (below is None or key.index < below)]
        return max(known, key=lambda key: key.epoch_from, default=None)

    def sets_of(self, epoch: str, below: int) -> dict[int, str]:
        """`W(below)` for a month: each set-bearing entry, marked `s` while sealed or `d` when it needs an answer."""
        marks = {}
        for index in self.set_bearing:
            if index < below and self.body(index)["set"]["epoch"] == epoch:
                seal = self.seals.get(index)
                sealed = seal is not None and (seal.revealed_at is None or seal.revealed_at >= below)
                marks[index] = "s" if sealed else "d"
        return marks

    def epochs(self) -> list[str]:
        """The months in which the log has a set-bearing entry, in order."""
        return sorted({str(self.body(index)["set"]["epoch"]) for index in self.set_bearing})

    def unverifiable(self) -> list[int]:
        """The indexes that a version 1 client must report as *cannot verify this entry*."""
        return [entry.index for entry in self.entries if entry.body is not None and not entry.verifiable]

    def add(self, entry: Entry, *, sound: bool = True) -> None:
        """Take `entry` in. One that broke a rule after L2 (`sound` false) still counts as there, but changes no key."""
        self.entries.append(entry)
        if not sound:
            self.faulty.add(entry.index)
        if entry.body is None:
            return
        self._add_common(entry.body)
        if not entry.type:
            return
        if entry.type in SET_BEARING:
            self.set_bearing.append(entry.index)
            self.dids.add(entry.body["did"])
            self.latest_set_epoch = max(self.latest_set_epoch, str(entry.body["set"]["epoch"]))
        if sound:
            self._add_state(entry.index, entry.type, entry.body)

    def _add_common(self, body: Mapping[str, Any]) -> None:
        known, at = body.get("id"), body.get("at")
        if isinstance(known, str):
            self.ids.add(known)
        if isinstance(at, str) and at > self.last_at:
            self.last_at = at

    def _add_state(self, index: int, type_: str, body: Mapping[str, Any]) -> None:
        match type_:
            case "vrf-key":
                self.keys.append(EpochKey(body["epoch_from"], body["pk"], index))
            case "decision":
                self.decisions.setdefault(body["of"], []).append(index)
            case "sealed":
                self.seals[index] = Seal(body["reveal_by"])
            case "seal-extend" if body["of"] in self.seals:
                self.seals[body["of"]].reveal_by = body["reveal_by"]
            case "reveal" if body["of"] in self.seals:
                self.seals[body["of"]].revealed_at = index
            case "lookup-close":
                self.closed[body["of"]] = body["on"]
            case "lookup-batch":
                self.batches.add((body["of"], body["day"]))
