"""The file of a membership: its parts, each sealed by itself, one after another behind a list of their sizes.

So an audit opens a table's outline and first blocks without reading, or opening, the rest of it.
"""

import struct
from collections.abc import Callable
from pathlib import Path

from rollbook.dataplane.runs.memberships import PARTS, decode, encode
from rollbook.kernel.refusals import Reason, StateBroken
from rollbook.sdc.membership import Kept, Membership

_SIZES = struct.Struct(f"<{PARTS}Q")
Seal = Callable[[bytes, str], bytes]
Unseal = Callable[[bytes, str], bytes]


def sealed(table: Membership, name: str, seal: Seal) -> bytes:
    """The bytes of the file called `name`; every part is sealed under the name and its own number."""
    parts = [seal(part, f"{name}/{number}") for number, part in enumerate(encode(table))]
    return _SIZES.pack(*map(len, parts)) + b"".join(parts)


def opened(path: Path, unseal: Unseal) -> Kept:
    """The membership in a file, its people read as an audit asks for them.

    Raises:
        StateBroken: the file was cut short; also when a part that an audit asks for is no longer what was sealed.
    """
    with path.open("rb") as stored:
        head = stored.read(_SIZES.size)
    sizes = _SIZES.unpack(head.ljust(_SIZES.size, b"\0"))
    if path.stat().st_size != _SIZES.size + sum(sizes):
        mend = "Restore it from a backup."
        raise StateBroken(Reason("membership-broken", "A membership file is not whole", path.name, mend))

    def part(number: int) -> bytes:
        with path.open("rb") as stored:
            stored.seek(_SIZES.size + sum(sizes[:number]))
            return unseal(stored.read(sizes[number]), f"{path.name}/{number}")

    return decode(part)
