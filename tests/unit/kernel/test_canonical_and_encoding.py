"""Bytes with one form only: what falls outside is refused with a path and without a value."""

import pytest

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, tag, u8, u16, u64, unb64
from rollbook.kernel.refusals import InputRefused


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": {"b": [1, None]}}, "a.b[1]"),
        ({"a": 1.5}, "a"),
        ({"a": 2**53}, "a"),
        ({"a": {"B": 1}}, "a"),
        ({"a": {1: 1}}, "a"),
        ({"a": "x\ud800"}, "a"),
        ({"a": b"x"}, "a"),
    ],
)
def test_a_value_outside_the_profile_is_refused_with_its_path(value: dict[str, object], path: str) -> None:
    with pytest.raises(InputRefused) as refused:
        canonical.dumps(value)
    assert refused.value.reasons[0].where == path


def test_the_top_level_is_an_object() -> None:
    with pytest.raises(InputRefused):
        canonical.dumps([1])  # type: ignore[arg-type]


def test_eight_levels_are_allowed_and_nine_are_not() -> None:
    value: object = 1
    for _ in range(8):
        value = [value]
    assert canonical.dumps({"a": value})
    with pytest.raises(InputRefused):
        canonical.dumps({"a": [value]})


@pytest.mark.parametrize("data", [b'{"a":' * 100_000, b'{"a":' + b"9" * 5_000 + b"}", b'{"a":NaN}', b"", b"null"])
def test_hostile_texts_are_refused(data: bytes) -> None:
    with pytest.raises(InputRefused):
        canonical.loads(data)


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "Q Q=", "QQ==\n", "QQ==QQ==", "-_==", "QÄ==", "===="])
def test_base64_has_one_form(text: str) -> None:
    with pytest.raises(InputRefused):
        unb64(text)


def test_base64_of_another_length_is_refused() -> None:
    assert unb64(b64(bytes(32)), 32) == bytes(32)
    with pytest.raises(InputRefused):
        unb64(b64(bytes(31)), 32)


def test_numbers_and_tags() -> None:
    assert (u8(1), u16(1), u64(1)) == (b"\x01", b"\x00\x01", bytes(7) + b"\x01")
    assert tag("x" * 31) == b"x" * 31 + b"\x00"
    with pytest.raises(ValueError, match="shorter"):
        tag("x" * 32)
