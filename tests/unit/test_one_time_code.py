"""The authenticator's codes are those of RFC 6238, appendix B (SHA-1, last six of its eight digits)."""

from base64 import b32encode

import pytest

from rollbook.services.demo.one_time_code import code_at

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("posix_s", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_of_the_rfc(posix_s: int, expected: str) -> None:
    assert code_at(SECRET, posix_s) == expected
