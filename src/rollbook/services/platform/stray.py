"""Looks for personal data in texts that are about to be published, since what is published cannot be called back.

A text for the register is written by people, and people paste. Addresses of electronic mail and pupil numbers are
found here; names cannot be, which is why such texts stand in documents that can be removed.
"""

import re
from collections.abc import Iterator, Mapping

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.upn import parse_upn

_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[A-Za-z]{2,}")
_NUMBER = re.compile(r"\b[A-Z][0-9]{11}[0-9A-Z]\b")


def stray_data(texts: Mapping[str, str]) -> Iterator[Reason]:
    """A reason for each text, by the name of its field, that holds an e-mail address or a pupil number."""
    for where, text in texts.items():
        if _EMAIL.search(text):
            yield Reason("text-email", "This text would be published with an e-mail address", where, "Take it out.")
        if any(_is_upn(found) for found in _NUMBER.findall(text.upper())):
            yield Reason("text-upn", "This text would be published with a pupil's number", where, "Take it out.")


def _is_upn(text: str) -> bool:
    try:
        parse_upn(text)
    except InputRefused:
        return False
    return True
