"""`rollbook bench disclosure-set`: from row references to a durable set store and its root, beside bare SHA-256.

Ours counts labels, padding, sorting, the trie, encryption and the disk. The row references lie in one buffer, as a
column of a file gives them.
"""

import hashlib
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from rollbook.kernel.encoding import HASH_BYTES, u64
from rollbook.services.bench.measure import Result, clocked, take_turns
from rollbook.services.platform.keys import SegmentCipher
from rollbook.services.uses.set_files import prove, write
from rollbook.tlog.labels import dummies, label_of_row, padded
from rollbook.tlog.trie_proof import check

PEOPLE = 200_000
PROOFS = 200
# From this many people on, the work is run once.
LONG = 2_000_000


def run(scale: int = 1, runs: int = 3) -> Result:
    """Build the set of `scale` x 200,000 people (45 for nine million), and prove and check 200 of them from disk."""
    people, size = PEOPLE * scale, padded(PEOPLE * scale)
    rows = _invented(people)
    seed, roots = hashlib.sha256(b"bench").digest(), []
    with tempfile.TemporaryDirectory(prefix="rollbook-bench-") as folder:
        cipher, path = SegmentCipher(secrets.token_bytes(32), "set"), Path(folder) / "set"

        def ours() -> None:
            members = chain(map(label_of_row, _references(rows)), dummies(seed, size - people))
            roots.append(write(path, members, size, cipher).root)

        def floor() -> None:
            # A label for each row, then the leaves and about 1.44 inner nodes for each: the hashes no design can avoid.
            for _ in range(2):
                for row in _references(rows):
                    hashlib.sha256(row).digest()
            for _ in range(int(1.44 * people)):
                hashlib.sha256(seed).digest()

        if people >= LONG:
            runs, timed = 1, {"ours": clocked(ours), "floor": clocked(floor)}
        else:
            timed = take_turns({"ours": ours, "floor": floor}, runs)
        asked = [label_of_row(row) for row in _references(rows, max(1, people // PROOFS))]
        facts = _proofs(path, cipher, roots[-1], asked)
        facts |= {"store_bytes_per_label": round(path.stat().st_size / size, 2)}
    return Result(
        name="disclosure-set",
        work={"people": people, "labels": size},
        runs=runs,
        ours=timed["ours"],
        floor_what="as many bare SHA-256 calls as labels, leaves and inner nodes need",
        floor=timed["floor"],
        meaning="What committing to who was in a use costs, beside the hashing that nobody can avoid.",
        facts=facts | {"floor_cpu_s": round(timed["floor"].cpu_s, 2)},
    )


def _invented(people: int) -> bytearray:
    # One buffer made in place: a list of so many small things would count as our memory.
    rows = bytearray(people * HASH_BYTES)
    for number in range(people):
        rows[number * HASH_BYTES : (number + 1) * HASH_BYTES] = hashlib.sha256(u64(number)).digest()
    return rows


def _references(rows: bytearray, step: int = 1) -> Iterator[bytes]:
    return (bytes(rows[at : at + HASH_BYTES]) for at in range(0, len(rows), HASH_BYTES * step))


def _proofs(path: Path, cipher: SegmentCipher, root: bytes, asked: Sequence[bytes]) -> dict[str, float]:
    """Each proof opens the store anew, as a bundle's line does; the first comes after the file left memory."""
    handle = os.open(path, os.O_RDONLY)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)
    proofs, proved, checked = [], [], []
    for label in asked:
        started = time.perf_counter()
        proofs.append(prove(path, label, cipher))
        proved.append(time.perf_counter() - started)
    for label, proof in zip(asked, proofs, strict=True):
        started = time.perf_counter()
        check(proof, label, root)
        checked.append(time.perf_counter() - started)
    return {
        "proof_ms": round(statistics.median(proved) * 1000, 3),
        "proof_max_ms": round(max(proved) * 1000, 3),
        "first_proof_ms": round(proved[0] * 1000, 3),
        "verify_ms": round(statistics.median(checked) * 1000, 4),
        "verify_max_ms": round(max(checked) * 1000, 4),
        "mean_proof_bytes": round(statistics.mean(map(len, proofs)), 1),
    }
