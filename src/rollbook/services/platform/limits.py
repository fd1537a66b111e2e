"""What no proof can show, for pages and commands that show a verdict. Needs no Django."""

from rollbook.tlog.limits import LIMITS


def limits() -> tuple[str, ...]:
    """One sentence each, to follow "It cannot prove"."""
    return LIMITS
