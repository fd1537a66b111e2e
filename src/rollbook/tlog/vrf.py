"""The verifiable random function that gives each pupil one secret a month, and a proof that it is the only one.

ECVRF-RISTRETTO255-SHA512 of C2SP `vrf-r255` (RFC 9381 over ristretto255), as the specification of the log uses it in
9.1 and V6. Group arithmetic is libsodium's, through `rbcl`.
"""

import hashlib
from typing import Final

import rbcl

from rollbook.kernel.refusals import Reason, VerificationFailed

SUITE: Final = "c2sp.org/vrf-r255"
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
PROOF_BYTES: Final = 80
_SUITE_STRING = b"\xff" + SUITE.encode("ascii")
_IDENTITY = bytes(32)


def generate_secret_key() -> bytes:
    """A new secret scalar, 32 bytes little-endian, from libsodium's random source."""
    return bytes(rbcl.crypto_core_ristretto255_scalar_random())


def public_key(sk: bytes) -> bytes:
    """The public key of secret scalar `sk`: a canonical ristretto255 encoding, 32 bytes."""
    return bytes(rbcl.crypto_scalarmult_ristretto255_base(sk))


def is_public_key(pk: bytes) -> bool:
    """Whether `pk` is a canonical ristretto255 encoding and not the identity (log rule L7)."""
    return len(pk) == 32 and pk != _IDENTITY and bool(rbcl.crypto_core_ristretto255_is_valid_point(pk))


def evaluate(sk: bytes, alpha: bytes, pk: bytes | None = None) -> bytes:
    """`beta`, 64 bytes, of input `alpha` under `sk`, without a proof. Giving `pk` saves computing it for each input."""
    point = _hash_to_point(pk or public_key(sk), alpha)
    return _beta(rbcl.crypto_scalarmult_ristretto255(sk, point))


def prove(sk: bytes, alpha: bytes) -> bytes:
    """`pi`, 80 bytes: the proof that `evaluate(sk, alpha)` is the one value of `alpha` under the public key."""
    pk = public_key(sk)
    point = _hash_to_point(pk, alpha)
    gamma = rbcl.crypto_scalarmult_ristretto255(sk, point)
    # A nonce made from key and point never repeats for two inputs, so no weak random source can give the key away.
    nonce = rbcl.crypto_core_ristretto255_scalar_reduce(_hash(b"\x81", sk, point))
    c = _challenge(pk, point, gamma, _times_base(nonce), _times(nonce, point))
    product = rbcl.crypto_core_ristretto255_scalar_mul(c.ljust(32, b"\x00"), sk)
    return bytes(gamma + c + rbcl.crypto_core_ristretto255_scalar_add(nonce, product))


def verify(pk: bytes, alpha: bytes, pi: bytes) -> bytes:
    """`beta`, 64 bytes, where `pi` proves it for `alpha` under `pk` (V6).

    Raises:
        VerificationFailed: code `vrf-key` or `vrf-proof`.
    """
    if not is_public_key(pk):
        raise VerificationFailed(Reason("vrf-key", "The month's public key is not a valid key"))
    gamma, c, s = pi[:32], pi[32:48], pi[48:]
    if len(pi) != PROOF_BYTES or int.from_bytes(s, "little") >= ORDER:
        raise _wrong_proof()
    if not rbcl.crypto_core_ristretto255_is_valid_point(gamma):
        raise _wrong_proof()
    point = _hash_to_point(pk, alpha)
    scalar = c.ljust(32, b"\x00")
    u = rbcl.crypto_core_ristretto255_sub(_times_base(s), _times(scalar, pk))
    v = rbcl.crypto_core_ristretto255_sub(_times(s, point), _times(scalar, gamma))
    if _challenge(pk, point, gamma, u, v) != c:
        raise _wrong_proof()
    return _beta(gamma)


def _wrong_proof() -> VerificationFailed:
    mend = "The proof was made for another identifier or month, or it was changed."
    return VerificationFailed(Reason("vrf-proof", "The proof of the pupil's secret does not hold", mend=mend))


def _hash(front: bytes, *parts: bytes) -> bytes:
    return hashlib.sha512(_SUITE_STRING + front + b"".join(parts)).digest()


def _hash_to_point(pk: bytes, alpha: bytes) -> bytes:
    return bytes(rbcl.crypto_core_ristretto255_from_hash(_hash(b"\x82", pk, alpha)))


def _challenge(*points: bytes) -> bytes:
    return _hash(b"\x02", *points, b"\x00")[:16]


def _beta(gamma: bytes) -> bytes:
    return _hash(b"\x03", gamma, b"\x00")


def _times(scalar: bytes, point: bytes) -> bytes:
    # libsodium reports the identity as an error; here it is a value like any other and the challenge decides.
    return bytes(rbcl.crypto_scalarmult_ristretto255_allow_scalar_zero(scalar, point))


def _times_base(scalar: bytes) -> bytes:
    return bytes(rbcl.crypto_scalarmult_ristretto255_base_allow_scalar_zero(scalar))
