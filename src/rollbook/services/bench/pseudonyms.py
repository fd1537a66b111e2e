"""`rollbook bench pseudonyms`: a pseudonym for each of many people, beside the bare block cipher and an HMAC loop."""

import hmac
import secrets
from platform import python_version

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rollbook.dataplane.store.pseudonyms import cmac_batch
from rollbook.services.bench.measure import Peer, Result, take_turns

PEOPLE = 1_000_000


def run(scale: int = 1, runs: int = 3) -> Result:
    """Pseudonymise `scale` million person keys."""
    people = PEOPLE * scale
    keys = list(range(people))
    key = secrets.token_bytes(32)
    buffer = bytes(16 * people)

    def floor() -> None:
        # ECB over one buffer is the arithmetic of single-block CMAC and nothing else; no message is encrypted here.
        cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - the floor is the bare cipher
        cipher.update(buffer)

    def hmac_loop() -> list[bytes]:
        return [hmac.digest(key, each.to_bytes(4), "sha256")[:16] for each in keys]

    timed = take_turns({"ours": lambda: cmac_batch(key, keys), "floor": floor, "hmac": hmac_loop}, runs)
    return Result(
        name="pseudonyms",
        work={"keys": people, "bytes": 16 * people},
        runs=runs,
        ours=timed["ours"],
        floor_what="AES-256 over one buffer of as many blocks",
        floor=timed["floor"],
        meaning="What a project's own pseudonym for every person costs, beside the cipher alone and a loop of HMACs.",
        peers=(Peer("hmac loop", f"Python {python_version()}", timed["hmac"]),),
    )
