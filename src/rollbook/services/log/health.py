"""Is the log well? What the public page says of it: who signed its head, what is overdue, what monitors found.

The log is read and audited anew for each new head, from the files that anyone can download.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings

from rollbook.services.log import reader
from rollbook.services.log.history import published_log
from rollbook.services.log.published_entry import PublishedEntry
from rollbook.services.log.trust import policy_of
from rollbook.services.platform import clock
from rollbook.tlog.duties import Overdue, SealCounts, overdue, seals
from rollbook.tlog.notes import KeyType, VerifierKey, open_note, verify_line
from rollbook.tlog.reading import Log

SHOWN = 10
KINDS = {
    KeyType.ED25519: "Ed25519",
    KeyType.ED25519_COSIGNATURE: "Ed25519, with its time",
    KeyType.ML_DSA_44_COSIGNATURE: "ML-DSA-44, with its time",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature that the policy knows. `at` is None where its kind states no time, or where it is missing."""

    name: str
    kind: str
    witness: bool
    there: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class MonitorRun:
    """What a monitor found, as its own entry in the log says."""

    index: int
    at: datetime
    monitor: str
    result: str
    size: int


@dataclass(frozen=True, slots=True)
class LogHealth:
    """The state of the log. `faults` and `unreadable` come from an audit by this installation of its own files."""

    head: reader.Head
    signatures: tuple[Signature, ...]
    faults: tuple[str, ...]
    unreadable: tuple[int, ...]
    seals: SealCounts
    overdue: tuple[tuple[Overdue, date], ...]
    runs: tuple[MonitorRun, ...]
    queue: reader.Health

    @property
    def witnesses(self) -> int:
        """How many witness keys signed the present head."""
        return sum(one.witness and one.there for one in self.signatures)


def log_health() -> LogHealth | None:
    """The health of the log, or None before it begins.

    Raises:
        VerificationFailed: what is served does not verify.
    """
    head = reader.head()
    if head is None:
        return None
    log, today = published_log(), clock.today().isoformat()
    return LogHealth(
        head=head,
        signatures=tuple(_signatures(log)),
        faults=tuple(map(str, log.faults)),
        unreadable=tuple(log.history.unverifiable()),
        seals=seals(log.history, today),
        overdue=tuple((one, date.fromisoformat(one.due)) for one in overdue(log.history, today)),
        runs=tuple(_run(entry) for entry in reversed(reader.entries("monitor-report")[-SHOWN:])),
        queue=reader.health(),
    )


def _signatures(log: Log) -> Iterator[Signature]:
    """Every key of the policy and whether it signed; the checkpoint was verified under this policy before."""
    policy = policy_of(settings.ROLLBOOK)
    text, lines = open_note(log.checkpoint.note)

    def signed(name: str, key: VerifierKey, witness: bool) -> Signature:
        mine = [line for line in lines if (line.name, line.key_id) == (key.name, key.id)]
        times = [verify_line(key, line, text, log.checkpoint.body) for line in mine]
        newest = max((time for time in times if time is not None), default=None)
        at = datetime.fromtimestamp(newest, UTC) if newest is not None else None
        return Signature(name, KINDS[key.type], witness, bool(mine), at)

    for key in policy.logs:
        yield signed(key.name, key, witness=False)
    for name, key in policy.witnesses.items():
        yield signed(name, key, witness=True)


def _run(entry: PublishedEntry) -> MonitorRun:
    fields = entry.fields
    return MonitorRun(entry.index, entry.at, fields["monitor"], fields["result"], fields["size"])
