"""Stops an install on a Python that is too old, before pip says it in a hundred lines."""

import sys

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"Rollbook needs Python {NEEDED[0]}.{NEEDED[1]} or later; this is {found}. Try: make PYTHON=python3.11")
