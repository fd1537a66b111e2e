"""The rules about numbers and names, stated over rows of the identity zone.

These rows say what accepted returns said of each pupil. They are read for one pass, a few returns at a time and each
return whole, and land nowhere. Letters count as in `kernel.upn`; `length` and `substr` count characters as Python does.
"""

from typing import Final

from rollbook.dataplane.census.landed_forms import CrossRow, NotLanded, Row, Setting, sql_list, sql_text
from rollbook.kernel.authorities import UPN_AUTHORITIES, may_stand_in_upn
from rollbook.kernel.upn import LETTERS

TABLE: Final = "identity"
FOLDED: Final = NotLanded("Names are alike when Unicode folds their letters alike, which the table engine cannot do.")
IN_TWO_ZONES: Final = NotLanded(
    "The number is in the identity zone and the day of entry among the landed rows; the two are not joined for a rule."
)
_LAST: Final = f"0123456789{LETTERS}"
_BODY: Final = f"[0-9]{{11}}[{_LAST}]"


def _digit(number: str, place: int) -> str:
    return f"(ascii(substr({number}, {place}, 1)) - 48)"


def _letter(number: str) -> str:
    """The check letter that belongs to a number whose other characters are well formed."""
    last = f"substr({number}, 13, 1)"
    total = " + ".join(f"{place} * {_digit(number, place)}" for place in range(2, 13))
    value = f"CASE WHEN ascii({last}) < 58 THEN ascii({last}) - 48 ELSE strpos('{LETTERS}', {last}) - 1 END"
    return f"substr('{LETTERS}', 1 + CAST(({total} + 13 * ({value})) % {len(LETTERS)} AS INTEGER), 1)"


def _formed(number: str) -> str:
    """That a number has 13 characters, of which the last twelve may stand there."""
    return f"regexp_full_match({number}, {sql_text('(?s).' + _BODY)})"


def _sound(number: str) -> str:
    return f"({_formed(number)} AND substr({number}, 1, 1) = {_letter(number)})"


def _unknown_authority(setting: Setting) -> str:
    """A number of another length is told by the rule on its form alone; without a census day nothing is looked up."""
    day = setting.day
    if day is None:
        return "false"
    known = [number for number in UPN_AUTHORITIES if may_stand_in_upn(number, day)]
    return f"length(upn) = 13 AND substr(upn, 2, 3) NOT IN {sql_list(known)}"


def _unusable(column: str) -> Row:
    return Row(TABLE, column, f"{column} IS NULL OR NOT regexp_matches({column}, '\\p{{L}}')")


MISSING: Final = (Row(TABLE, "upn", "upn IS NULL"),)
WRONG_LETTER: Final = (Row(TABLE, "upn", f"{_formed('upn')} AND substr(upn, 1, 1) <> {_letter('upn')}"),)
TWICE: Final = (
    CrossRow(TABLE, "upn", "upn IS NOT NULL AND nth_of_upn > 1", (
        ("nth_of_upn", "row_number() OVER (PARTITION BY no, upn ORDER BY pupil_no)"),
    )),
)  # fmt: skip
NO_AUTHORITY: Final = (Row(TABLE, "upn", _unknown_authority),)
NO_DIGITS: Final = (Row(TABLE, "upn", "upn <> '' AND NOT regexp_full_match(substr(upn, 5, 8), '[0-9]+')"),)
WRONG_LAST: Final = (Row(TABLE, "upn", f"length(upn) <> 13 OR NOT regexp_full_match(substr(upn, 13, 1), '[{_LAST}]')"),)
FORMER_BROKEN: Final = (Row(TABLE, "former-upn", f"NOT {_sound('former_upn')}"),)
FORMER_SAME: Final = (Row(TABLE, "former-upn", "former_upn = upn"),)
WRONG_ULN: Final = (
    Row(TABLE, "uln", "NOT (regexp_full_match(uln, '[0-9]{10}') AND ("
        + " + ".join(f"{11 - place} * {_digit('uln', place)}" for place in range(1, 11)) + ") % 11 = 10)"),
)  # fmt: skip
NO_NAME: Final = (_unusable("surname"), _unusable("forename"))
