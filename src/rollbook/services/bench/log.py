"""`rollbook bench log`: outbox rows to a signed durable head in batches of 1,000, then the whole log read and audited.

The rows are committed first. What is timed is the writer's own work, the database and every sync to disk included, up
to the point where all submitters are answered; then reading as any client would, from the served files. The floor of
the writing is as many bare SHA-256 calls as leaves and inner nodes, over the same bytes.
"""

import hashlib
import time
from typing import Final

from rollbook.services.bench.installation import throwaway
from rollbook.services.bench.measure import Result, Timed, clocked

ENTRIES: Final = 100_000
BATCH: Final = 1000


def run(scale: int = 1, runs: int = 1) -> Result:
    """Write, verify and audit `scale` x 100,000 entries, once: a second run would start from another log."""
    with throwaway("owner", durable=True):
        from rollbook.services.bench import log_rows
        from rollbook.services.log import genesis, writer

        genesis.found_log("A made-up authority")
        writer.append_waiting()
        entries = log_rows.hand_in(ENTRIES * scale)
        written = clocked(_write_all)
        writer.forget()
        raws, facts = _read()
    floor = clocked(lambda: _bare(raws))
    return Result(
        name="log",
        work={"entries": entries, "batch": BATCH, "bytes": sum(map(len, raws))},
        runs=1,
        ours=written,
        floor_what="bare SHA-256 of the same entries and of as many inner nodes",
        floor=floor,
        meaning="What it costs to make entries public, and to check all of them afterwards.",
        facts={
            "entries_per_s": round(entries / written.median_s),
            "write_cpu_s": round(written.cpu_s, 2),
            "floor_cpu_s": round(floor.cpu_s, 2),
            **facts,
        },
    )


def _write_all() -> None:
    from rollbook.services.log import writer

    while writer.append_all():
        pass


def _read() -> tuple[list[bytes], dict[str, float]]:
    """Bytes, tree and signatures, then every rule: each once, beginning with the files."""
    from django.conf import settings

    from rollbook.services.log.folder import log_folder
    from rollbook.services.log.log_source import open_source, read_bundles, read_checkpoint
    from rollbook.services.log.trust import policy_of
    from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
    from rollbook.tlog.reading import read_log, verify_entries

    fetch, policy = open_source(str(log_folder(settings.ROLLBOOK).served)), policy_of(settings.ROLLBOOK)
    kept: list[bytes] = []

    def head() -> Checkpoint:
        return verify_checkpoint(read_checkpoint(fetch), policy, int(time.time()), fresh=True)

    def verify() -> None:
        body = head().body
        kept.extend(verify_entries(body, read_bundles(fetch, body.size))[0])

    def audit() -> None:
        checkpoint = head()
        log = read_log(checkpoint, read_bundles(fetch, checkpoint.body.size))
        if log.faults:
            raise AssertionError(log.faults[0])

    verified, audited = clocked(verify), clocked(audit)
    return kept, {**_named("verify", verified), **_named("audit", audited), "audit_peak_mb": audited.peak_mb}


def _named(name: str, timed: Timed) -> dict[str, float]:
    return {f"{name}_s": round(timed.median_s, 2), f"{name}_cpu_s": round(timed.cpu_s, 2)}


def _bare(raws: list[bytes]) -> None:
    node = bytes(65)
    for raw in raws:
        hashlib.sha256(raw).digest()
        hashlib.sha256(node).digest()
