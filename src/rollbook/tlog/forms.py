"""The forms that fields of log entries may have: the specification of the log, sections 8.1 and 8.2.

A form is a function from a parsed value to whether it has the form. Nothing here looks at other entries.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from rollbook.kernel.refusals import InputRefused
from rollbook.tlog.labels import is_month
from rollbook.tlog.notes import KeyType, parse_key

Form = Callable[[object], bool]
LONGEST_STRING: Final = 512
LONGEST_TITLE: Final = 200
_ABSENT: Final = object()
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_CLASS = re.compile(r"[1-5][A-E]\Z")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z")
# The hour 24, which newer readers of times take for the next day, is no hour here.
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_B32 = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\Z")
_ORIGIN = re.compile(r"[!-*,-~]{1,255}\Z")  # printable ASCII without space and plus sign


def is_code(value: object) -> bool:
    """CODE: a word from the lists kept by the policy room, small letters, digits and hyphens."""
    return isinstance(value, str) and _CODE.match(value) is not None


def is_class(value: object) -> bool:
    """CLASS: identifiability 1 to 5 and sensitivity A to E."""
    return isinstance(value, str) and _CLASS.match(value) is not None


def is_id(value: object) -> bool:
    """An entry's own id."""
    return isinstance(value, str) and _ID.match(value) is not None


def is_at(value: object) -> bool:
    """A real UTC time to the second."""
    return isinstance(value, str) and _AT.match(value) is not None and _is_real(datetime.fromisoformat, value)


def is_date(value: object) -> bool:
    """DATE: a real day."""
    return isinstance(value, str) and _DATE.match(value) is not None and _is_real(date.fromisoformat, value)


def is_month_value(value: object) -> bool:
    """MONTH: an epoch."""
    return isinstance(value, str) and is_month(value)


def is_nat(value: object) -> bool:
    """NAT, and the form of an index: a whole number, 0 or more. True and False are not numbers here."""
    return type(value) is int and value >= 0


def is_b32(value: object) -> bool:
    """B32 and DOC: base64 of exactly 32 bytes, in its one canonical form: the last letter leaves no bit over."""
    return isinstance(value, str) and _B32.match(value) is not None


def is_text(value: object) -> bool:
    """STR: 1 to 512 characters."""
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_STRING


def is_title(value: object) -> bool:
    """A title: 1 to 200 characters."""
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_TITLE


def is_origin(value: object) -> bool:
    """The name of a log: at most 255 printable ASCII characters, neither space nor plus sign."""
    return isinstance(value, str) and _ORIGIN.match(value) is not None


def is_ack_key(value: object) -> bool:
    """A type 0x01 verifier key, with which a recipient acknowledges."""
    try:
        return isinstance(value, str) and parse_key(value).type is KeyType.ED25519
    except InputRefused:
        return False


def is_object(value: object) -> bool:
    """Any object."""
    return isinstance(value, dict)


def one_of(*words: str) -> Form:
    """Exactly one of these words."""
    return lambda value: isinstance(value, str) and value in words


def list_of(form: Form) -> Form:
    """A list of one or more values of a form: lists in entries are never empty."""
    return lambda value: isinstance(value, list) and bool(value) and all(map(form, value))


def fields(**forms: Form) -> Form:
    """An object with exactly these fields; a name ending in `_optional` may be absent."""
    table = {name.removesuffix("_optional"): (form, name.endswith("_optional")) for name, form in forms.items()}
    return lambda value: wrong_field(value, table) is None


def wrong_field(value: object, table: Mapping[str, tuple[Form, bool]]) -> str | None:
    """The name of the first field of `value` that is missing, additional or malformed by `table`, or None.

    `table` maps a name to its form and whether it is optional.
    """
    if not isinstance(value, dict):
        return "value"
    matched = 0
    for name, (form, optional) in table.items():
        found = value.get(name, _ABSENT)
        if found is not _ABSENT:
            if not form(found):
                return name
            matched += 1
        elif not optional:
            return name
    return None if matched == len(value) else next(str(name) for name in value if name not in table)


def _is_real(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


is_org = fields(name=is_text, sector=is_code, id_optional=is_text, vkey_optional=is_ack_key)
is_set = fields(alg=is_text, root=is_b32, size_padded=is_nat, epoch=is_month_value)
is_counts = fields(asked=is_nat, matched=is_nat, returned=is_nat)
