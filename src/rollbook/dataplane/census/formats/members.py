"""The tables of a zip with their lines numbered through, so that one number still names a place.

`ParsedReturn.place` turns such a number back.
"""

from collections.abc import Mapping

from rollbook.dataplane.census.formats.archive import unpack
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.sheets import Sheet, sheet_of
from rollbook.dataplane.census.untrusted import Limits

Members = dict[str, tuple[int, Sheet]]


def sheets_of(data: bytes, name: str, limits: Limits) -> dict[str, Sheet]:
    """The tables of a zip by member name, in order of name: the order of packing changes nothing."""
    members = unpack(data, name, limits)
    for member, content in members.items():
        if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
            where = f"{name}, {member}"
            raise refusal("zip-of-xml", "The zip holds an XML file", where, "Unpack it and send the XML file itself.")
    return {
        member: sheet_of(members[member], f"{name}, {member}", limits)
        for member in sorted(members)
        if members[member].strip()
    }


def numbered(sheets: Mapping[str, Sheet]) -> Members:
    """Each table with the count of lines in the tables before it."""
    before = 0
    placed: Members = {}
    for member, sheet in sheets.items():
        placed[member] = (before, sheet)
        before += sheet.text.count("\n") + 1
    return placed
