"""`rollbook bench disclosure-set`: from row references to the root of a padded set, beside as many bare SHA-256."""

import hashlib
import statistics
import time

from rollbook.kernel.encoding import u64
from rollbook.services.bench.measure import Result, take_turns
from rollbook.tlog.labels import dummies, label_of_row, padded
from rollbook.tlog.trie import Trie
from rollbook.tlog.trie_proof import check

PEOPLE = 200_000
PROOFS = 200


def run(scale: int = 1, runs: int = 3) -> Result:
    """Build the set of `scale` x 200,000 people, and prove and check 200 of them."""
    people = PEOPLE * scale
    rows = [hashlib.sha256(u64(i)).digest() for i in range(people)]
    seed = hashlib.sha256(b"bench").digest()
    pads = padded(people) - people

    def ours() -> Trie:
        trie = Trie([*map(label_of_row, rows), *dummies(seed, pads)])
        trie.root()
        return trie

    def floor() -> None:
        # A label for each row, then the leaves and about 1.44 inner nodes for each: the hashes no design can avoid.
        for row in rows:
            hashlib.sha256(row).digest()
        for row in rows:
            hashlib.sha256(row).digest()
        for _ in range(int(1.44 * people)):
            hashlib.sha256(seed).digest()

    timed = take_turns({"ours": ours, "floor": floor}, runs)
    return Result(
        name="disclosure-set",
        work={"people": people, "labels": people + pads},
        runs=runs,
        ours=timed["ours"],
        floor_what="as many bare SHA-256 calls as labels, leaves and inner nodes need",
        floor=timed["floor"],
        meaning="What committing to who was in a use costs, beside the hashing that nobody can avoid.",
        facts=_proofs(ours(), [label_of_row(row) for row in rows[:: max(1, people // PROOFS)]]),
    )


def _proofs(trie: Trie, labels: list[bytes]) -> dict[str, float]:
    root = trie.root()
    started = time.perf_counter()
    proofs = [trie.prove(label) for label in labels]
    proved = time.perf_counter()
    for label, proof in zip(labels, proofs, strict=True):
        check(proof, label, root)
    checked = time.perf_counter()
    return {
        "proof_ms": round((proved - started) / len(labels) * 1000, 4),
        "verify_ms": round((checked - proved) / len(labels) * 1000, 4),
        "mean_proof_bytes": round(statistics.mean(map(len, proofs)), 1),
    }
