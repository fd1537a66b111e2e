"""The code an authenticator app shows: RFC 6238 with SHA-1, six digits, thirty seconds."""

import hmac
import time
from base64 import b32decode

PERIOD_S = 30


def code_at(secret: str, posix_s: float) -> str:
    """The code for a base 32 `secret` at a time."""
    key = b32decode(secret.replace(" ", "").upper())
    digest = hmac.digest(key, int(posix_s // PERIOD_S).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def code_now(secret: str) -> tuple[str, int]:
    """The code an authenticator shows now, and for how many seconds more."""
    now = time.time()
    return code_at(secret, now), PERIOD_S - int(now) % PERIOD_S
