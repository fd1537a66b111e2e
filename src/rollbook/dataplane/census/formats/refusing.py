"""One way to say no for all readers: a code, what is wrong, in which file and line, and how to mend it."""

from typing import Final

from rollbook.kernel.refusals import InputRefused, Reason

AGAIN: Final = "Export the file again from the system that made it and send the new file unchanged."


def refusal(code: str, message: str, where: str, mend: str = AGAIN, *, line: int = 0) -> InputRefused:
    """The refusal to raise. `line` is added to where when there is one."""
    return InputRefused(Reason(code, message, f"{where}, line {line}" if line else where, mend))
