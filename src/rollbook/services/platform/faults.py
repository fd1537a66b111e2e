"""A fault nobody foresaw, told so that it can be mended: kind and place, never its message, which may quote a record.

Needs no Django: the processes that read files use it too.
"""

import traceback
from pathlib import Path

from rollbook.kernel.refusals import Reason, StateBroken

_ROOT = Path(__file__).parents[2]


def unforeseen(fault: BaseException, name: str) -> StateBroken:
    """The refusal of the file `name` because of `fault`."""
    message = f"An unforeseen fault: {type(fault).__name__} at {place_of(fault)}"
    mend = (
        "Nothing of this return was stored. Report this line to whoever maintains Rollbook, then send the file again."
    )
    return StateBroken(Reason("unforeseen", message, name, mend))


def place_of(fault: BaseException) -> str:
    """The last line of our own that the fault came through."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    if not ours:
        return "an unknown place"
    return f"{Path(ours[-1].filename).relative_to(_ROOT).as_posix()}:{ours[-1].lineno}"
