"""Canonical JSON: one text for each value, so that a hash of the text is a hash of the value.

RFC 8785, cut down to a profile in which every common JSON library is exact: the specification of the log, section 2.3.
"""

import json
import re
from typing import Any, NoReturn

from rollbook.kernel.refusals import InputRefused, Reason

LARGEST = 2**53 - 1
DEEPEST = 8
_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")
_FORBIDDEN = re.compile("[\x00-\x1f\ud800-\udfff]")
# Texts made of nothing but these, and with few containers, obey every rule; `_check` need not walk them. A text that
# escapes anything, or holds a long number, is walked.
_PLAIN = re.compile(
    r'(?:[{}\[\],]|"[a-z][a-z0-9_]*+":|"[^"\\]*+"(?!:)|true|false|(?:0|-?[1-9][0-9]{0,14})(?![0-9.eE]))*+\Z'
)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_decode = json.JSONDecoder().decode


def dumps(value: dict[str, Any]) -> bytes:
    """The canonical bytes of `value`.

    Raises:
        InputRefused: code `canonical-json`, where the value is outside the profile; `where` is the path to it.
    """
    if not isinstance(value, dict):
        _refuse("The top level must be an object", "")
    _check(value, "", 0)
    return _encode(value).encode("utf-8")


def check_written(value: object, text: str) -> None:
    """Refuse a value that came out of JSON where it is outside the profile; `text` is what was written of it.

    Raises:
        InputRefused: code `canonical-json`; `where` is the path to it.
    """
    if not isinstance(value, dict):
        _refuse("The top level must be an object", "")
    if text.count("{") + text.count("[") > DEEPEST + 1 or not _PLAIN.match(text):
        _check(value, "", 0)


def write(value: dict[str, Any]) -> bytes:
    """What `dumps` gives, for a value that came out of JSON.

    Raises:
        InputRefused: code `canonical-json`; `where` is the path.
    """
    text = _encode(value)
    check_written(value, text)
    return text.encode("utf-8")


def loads(data: bytes) -> dict[str, Any]:
    """The object whose canonical bytes are exactly `data`.

    Raises:
        InputRefused: code `canonical-json`, where `data` is not the canonical form of anything.
    """
    try:
        text = data.decode("utf-8")
        value: dict[str, Any] = _decode(text)
        again = _encode(value)
    except (ValueError, RecursionError):
        _refuse("This is not JSON of the profile", "")
    check_written(value, text)
    # Duplicate keys, spaces, escapes and key order all show here, since they do not survive being written again.
    if again != text:
        _refuse("This JSON is not in its one canonical form", "")
    return value


def _check(value: object, path: str, depth: int) -> None:
    if isinstance(value, str):
        if _FORBIDDEN.search(value):
            _refuse("A string holds a control character or half a character", path)
    elif isinstance(value, dict | list):
        _check_container(value, path, depth)
    elif isinstance(value, int):  # True and False count as integers here, and are allowed
        if not -LARGEST <= value <= LARGEST:
            _refuse("A number is too large to be exact everywhere", path)
    else:
        _refuse("Only texts, whole numbers, true, false, lists and objects are allowed", path)


def _check_container(value: dict[Any, Any] | list[Any], path: str, depth: int) -> None:
    if depth > DEEPEST:
        _refuse(f"Values are nested more than {DEEPEST} deep", path)
    if isinstance(value, list):
        for place, member in enumerate(value):
            _check(member, f"{path}[{place}]", depth + 1)
        return
    for key, member in value.items():
        if not isinstance(key, str) or not _KEY.match(key):
            _refuse("A key is not made of small letters, digits and underscores", path)
        _check(member, f"{path}.{key}".lstrip("."), depth + 1)


def _refuse(message: str, path: str) -> NoReturn:
    raise InputRefused(Reason("canonical-json", message, where=path))
