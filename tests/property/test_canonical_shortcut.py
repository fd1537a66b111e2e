"""The quick way to read canonical JSON refuses exactly what the slow way does."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollbook.kernel import canonical
from rollbook.kernel.refusals import InputRefused

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=6) | st.sampled_from(
    ['"', "\\", "a:b", '":', "null", "1.5", "{[", "\x7f", "é"]
)
KEYS = st.sampled_from(["a", "b", "a1", "a_b", "true", "A", "1", "", "é", "a-b", 'a"', "a:"]) | TEXTS
LEAVES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def by_the_rules(data: bytes) -> dict[str, object] | None:
    """Rules 1 to 6 of the profile, each looked at in its own plain way."""
    try:
        value = json.loads(data.decode())
        same = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data
    except ValueError:
        return None
    return value if isinstance(value, dict) and same and fits(value, 0) else None


def fits(value: object, depth: int) -> bool:
    match value:
        case bool():
            return True
        case int():
            return abs(value) <= 2**53 - 1
        case str():
            return not any(sign < " " or "\ud800" <= sign <= "\udfff" for sign in value)
        case list():
            return depth <= 8 and all(fits(member, depth + 1) for member in value)
        case dict():
            keys = all(key[:1].islower() and key.isascii() and key.replace("_", "a").isalnum() for key in value)
            keys = keys and all(key == key.lower() for key in value)
            return keys and depth <= 8 and all(fits(member, depth + 1) for member in value.values())
    return False


@settings(max_examples=400)
@given(st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from([(",", ":"), (", ", ":"), (",", ": ")]))
@example({"a": [[[[[[[[1]]]]]]]]}, (",", ":"))
@example({"a": [[[[[[[[[1]]]]]]]]]}, (",", ":"))
@example({"a": 10**15}, (",", ":"))
@example({"a": 10**16}, (",", ":"))
@example({"a": -0.0}, (",", ":"))
@example({"a": "x", "b": '":1'}, (",", ":"))
def test_the_shortcut_agrees_with_the_rules(value: dict[str, object], separators: tuple[str, str]) -> None:
    text = json.dumps(value, sort_keys=True, separators=separators, ensure_ascii=False)
    data = text.encode("utf-8", "surrogatepass")
    wanted = by_the_rules(data)
    if wanted is None:
        with pytest.raises(InputRefused):
            canonical.loads(data)
    else:
        assert canonical.loads(data) == wanted
        assert canonical.dumps(wanted) == data
