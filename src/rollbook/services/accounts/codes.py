"""Single-use codes on letters: made to be typed from paper, kept only as a hash.

Sixteen letters of Crockford's alphabet carry 80 random bits, so a plain hash cannot be reversed by trying.
"""

import secrets
from hashlib import sha256

from django.utils.crypto import salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LETTERS = 16
NUMBER_LETTERS = 8
_TAG = b"rollbook/letter-code/v1\0"
# People misread these on paper; Crockford's alphabet leaves them out so that they can mean only one thing.
_MISREAD = str.maketrans("OIL", "011")


def new_code() -> str:
    """A fresh code in groups of four, as printed."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS)))


def code_hash(typed: str) -> str:
    """What is kept of a code, and what a typed one is looked up by: spaces, hyphens and case do not matter."""
    return sha256(_TAG + _plain(typed).encode()).hexdigest()


def account_number(account_id: int) -> str:
    """The number every account shows, whatever it may see. Whoever can read it aloud is signed in to that account.

    It ties the person who stands at the school's desk to the account that is to be let in. Someone who opened another
    person's letter cannot be let in when that other person proves who they are.
    """
    digest = salted_hmac("rollbook.services.codes.account_number", str(account_id), algorithm="sha256").digest()
    number = int.from_bytes(digest[:8], "big")
    return _grouped("".join(ALPHABET[number >> (5 * place) & 31] for place in range(NUMBER_LETTERS)))


def same_number(typed: str, account_id: int) -> bool:
    """Whether `typed` is the account's number."""
    return secrets.compare_digest(_plain(typed).encode(), _plain(account_number(account_id)).encode())


def _plain(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").upper().translate(_MISREAD)


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
