"""Work for the processes of a crew, in a module that needs no Django."""

import os
from pathlib import Path


def die_or_read(path: str) -> str:
    """What a file says; the process ends at one named so."""
    if path.endswith("dies"):
        os._exit(1)
    return Path(path).read_text()
