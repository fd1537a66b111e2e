"""Reading the whole log: V4 of the specification, with the files as arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rollbook.kernel.refusals import Reason, VerificationFailed
from rollbook.tlog.audit import Fault, audit
from rollbook.tlog.checkpoint import FUTURE_SECONDS, Checkpoint
from rollbook.tlog.history import History
from rollbook.tlog.notes import Body
from rollbook.tlog.tiles import split_bundles
from rollbook.tlog.tree import Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class Log:
    """A whole log, hashed against a verified checkpoint and audited. `leaves` are its leaf hashes."""

    checkpoint: Checkpoint
    raws: Sequence[bytes] = field(repr=False)
    leaves: Sequence[bytes] = field(repr=False)
    history: History = field(repr=False)
    faults: tuple[Fault, ...]

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.checkpoint.body.size

    def root_at(self, size: int) -> bytes:
        """The root this log had when it held `size` entries."""
        return Frontier(self.leaves[:size]).root()


def format_at(seconds: int) -> str:
    """POSIX seconds as the `at` of an entry."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_log(checkpoint: Checkpoint, bundles: Sequence[bytes]) -> Log:
    """Read and audit the log of a verified checkpoint from its entry bundles (V4, steps 2, 3 and 5).

    Raises:
        VerificationFailed: code `bundle`, or `root` where the entries are not those the checkpoint signs. Broken audit
            rules are not refused here but given back as faults.
    """
    body = checkpoint.body
    raws, leaves = verify_entries(body, bundles)
    history, faults = audit(raws, body.origin, format_at(checkpoint.time + FUTURE_SECONDS))
    return Log(checkpoint, raws, leaves, history, faults)


def verify_entries(body: Body, bundles: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The entries of a verified checkpoint's log and their leaf hashes, from its bundles (V4, steps 2 and 3).

    Raises:
        VerificationFailed: code `bundle`, or `root`.
    """
    raws = split_bundles(bundles, body.size)
    leaves = [leaf_hash(raw) for raw in raws]
    if Frontier(leaves).root() != body.root:
        mend = "Entries were changed after they were signed, or the files belong to another log."
        raise VerificationFailed(Reason("root", "The entries of the log are not those that were signed", mend=mend))
    return raws, leaves


def require_growth(log: Log, earlier: Body) -> None:
    """Refuse a log that is not a growth of one seen earlier (V4, step 4).

    Raises:
        VerificationFailed: code `rewritten`; both checkpoints together are evidence.
    """
    shorter = earlier.size > log.size
    if earlier.origin == log.checkpoint.body.origin and (shorter or log.root_at(earlier.size) != earlier.root):
        message = f"The log was rewritten: it is not a growth of the one of {earlier.size} entries seen here before"
        mend = "Keep both checkpoints: together they are evidence. Show them to the regulator."
        raise VerificationFailed(Reason("rewritten", message, where=f"now {log.size} entries", mend=mend))
