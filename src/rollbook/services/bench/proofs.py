"""`rollbook bench proofs`: one person's month, made and verified: bundle lines over many sets, and the secret itself.

Ours makes a month's answers for one person after another from set stores on disk and verifies them, as a parent's own
machine does; the floor is as many bare SHA-256 calls as the paths of the proofs have nodes.
"""

import hashlib
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rollbook.kernel.encoding import u64
from rollbook.services.bench.measure import Result, take_turns
from rollbook.services.platform.keys import SegmentCipher
from rollbook.services.uses.set_files import prove, write
from rollbook.tlog import vrf
from rollbook.tlog.labels import alpha, dummies, label, padded, secret
from rollbook.tlog.trie_proof import check

SETS = 20
MEMBERS = 20_000
PERSONS = 20
MONTH = "2026-09"


def run(scale: int = 1, runs: int = 3) -> Result:
    """Answer for 20 people in each of `scale` x 20 sets of 20,000."""
    sets, key = SETS * scale, vrf.generate_secret_key()
    public, cipher = vrf.public_key(key), SegmentCipher(secrets.token_bytes(32), "set")
    names = [f"uln:{number:010}" for number in range(PERSONS)]
    known = [secret(vrf.evaluate(key, alpha(MONTH, name), public)) for name in names]
    with tempfile.TemporaryDirectory(prefix="rollbook-bench-") as folder:
        dids = [hashlib.sha256(u64(number)).digest() for number in range(sets)]
        roots = [_store(Path(folder), did, known[: PERSONS // 2], cipher) for did in dids]

        def bundle(y: bytes) -> list[bytes]:
            return [prove(Path(folder) / did.hex(), label(did, y), cipher) for did in dids]

        def verified(name: str, pi: bytes, lines: list[bytes]) -> int:
            y = secret(vrf.verify(public, alpha(MONTH, name), pi))
            return sum(check(line, label(did, y), root) for did, line, root in zip(dids, lines, roots, strict=True))

        proofs = [vrf.prove(key, alpha(MONTH, name)) for name in names]
        lines = [bundle(y) for y in known]
        inside = [verified(*one) for one in zip(names, proofs, lines, strict=True)]

        def ours() -> None:
            for name, pi, y in zip(names, proofs, known, strict=True):
                verified(name, pi, bundle(y))

        def floor() -> None:
            for _ in range(sum(one[0] + 1 for person in lines for one in person)):
                hashlib.sha256(public).digest()

        timed = take_turns({"ours": ours, "floor": floor}, runs)
        facts = {
            "right_answers": sum(count == (sets if place < PERSONS // 2 else 0) for place, count in enumerate(inside)),
            "make_line_ms": _ms(lambda: bundle(known[0])) / sets,
            "verify_line_ms": _ms(lambda: verified(names[0], proofs[0], lines[0])) / sets,
            "vrf_verify_ms": _ms(lambda: vrf.verify(public, alpha(MONTH, names[0]), proofs[0])),
            "vrf_prove_ms": _ms(lambda: vrf.prove(key, alpha(MONTH, names[0]))),
            "mean_proof_bytes": statistics.mean(len(one) for person in lines for one in person),
        }
    return Result(
        name="proofs",
        work={"people": PERSONS, "sets": sets, "members_of_each": MEMBERS},
        runs=runs,
        ours=timed["ours"],
        floor_what="as many bare SHA-256 calls as the proofs have nodes",
        floor=timed["floor"],
        meaning="What a month's answers cost to make from disk and to verify, every set opened anew for each person.",
        facts={name: round(value, 4) for name, value in facts.items()},
    )


def _store(folder: Path, did: bytes, members: list[bytes], cipher: SegmentCipher) -> bytes:
    size = padded(MEMBERS)
    labels = [label(did, y) for y in members]
    return write(folder / did.hex(), [*labels, *dummies(did, size - len(labels))], size, cipher).root


def _ms(work: Callable[[], object]) -> float:
    """The median of seven times, in milliseconds."""
    taken = []
    for _ in range(7):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
