"""`rollbook bench vrf`: the pupils' secrets of a month: a sample measured, nine million extrapolated, a later set free.

The floor is the two scalar operations on the curve that no implementation can avoid, called bare.
"""

import hashlib
import tempfile
from pathlib import Path

import rbcl

from rollbook.services.bench.measure import Result, clocked, take_turns
from rollbook.services.platform import config as settings
from rollbook.services.platform.keys import open_keys
from rollbook.services.uses.month_secrets import secrets_of

SAMPLE = 20_000
NEW = 200
NATION = 9_000_000
MONTH = "2026-09"


def run(scale: int = 1, runs: int = 3) -> Result:
    """Compute the secrets of `scale` x 20,000 pupils; then of the same and 200 more, and of the same once again."""
    people = SAMPLE * scale
    pupils = [f"uln:{number:010}" for number in range(people)]
    more = [*pupils, *(f"uln:{number:010}" for number in range(people, people + NEW))]
    with tempfile.TemporaryDirectory(prefix="rollbook-bench-") as folder:
        home = Path(folder)
        paths = {"ROLLBOOK_DATA": str(home / "data"), "ROLLBOOK_KEYS": str(home / "keys")}
        keys = open_keys(settings.load(paths, process="operator"))
        keys.vrf_public(MONTH)

        digest, scalar = hashlib.sha512(b"floor").digest(), rbcl.crypto_core_ristretto255_scalar_random()

        def floor() -> None:
            for _ in range(people):
                rbcl.crypto_scalarmult_ristretto255(scalar, rbcl.crypto_core_ristretto255_from_hash(digest))

        timed = take_turns({"ours": lambda: keys.vrf_evaluate(MONTH, pupils), "floor": floor}, runs)
        kept = home / "kept"
        first = clocked(lambda: list(secrets_of(kept, keys, MONTH, pupils)))
        added = clocked(lambda: list(secrets_of(kept, keys, MONTH, more)))
        again = clocked(lambda: list(secrets_of(kept, keys, MONTH, more)))
        size = sum(path.stat().st_size for path in (kept / MONTH).iterdir())
    each = timed["ours"].cpu_s / people
    return Result(
        name="vrf",
        work={"people": people, "new_people": NEW},
        runs=runs,
        ours=timed["ours"],
        floor_what="as many bare hashes to the curve and scalar multiplications",
        floor=timed["floor"],
        meaning="What the secrets of a month cost, once for each pupil; nine million are extrapolated from the sample.",
        facts={
            "each_us": round(each * 1e6, 1),
            "nine_million_core_minutes_extrapolated": round(each * NATION / 60, 1),
            "first_set_cpu_s": round(first.cpu_s, 3),
            "with_new_people_cpu_s": round(added.cpu_s, 3),
            "nobody_new_cpu_s": round(again.cpu_s, 3),
            "kept_bytes_a_person": round(size / (people + NEW), 1),
        },
    )
