"""Passwords of made-up people, hashed as in service but with a single round: each real one costs a quarter of a second.

That an installation takes the full rounds is held where a command sets a password (`test_command_line.py`).
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """The same function and form of hash, for secrets that nobody has to guess."""

    iterations = 1
