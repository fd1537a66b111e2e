"""Codes of the log and the records in the words of pages."""

from rollbook.policy.classes import read_class
from rollbook.policy.powers import POWERS, power_of_log_code
from rollbook.policy.purposes import PURPOSES

RESULTS = {"approve": "Approved", "refuse": "Refused", "withdraw": "Withdrawn by who asked"}


def purpose_name(code: str) -> str:
    """The name of a purpose; the code itself where the table has none."""
    return PURPOSES[code].name if code in PURPOSES else code


def power_law(code: str) -> str:
    """The law of a power, by its own code or its code in the log."""
    power = POWERS.get(code) or power_of_log_code(code)
    return power.law if power else code


def power_plain(code: str) -> str:
    """What a power allows, in a sentence for families; nothing where the table has no such row."""
    power = POWERS.get(code) or power_of_log_code(code)
    return power.plain if power else ""


def power_code(log_code: str) -> str:
    """The code of a power as people read it, from its code in the log."""
    power = power_of_log_code(log_code)
    return power.code if power else log_code


def class_words(mark: str) -> str:
    """A class with its meaning."""
    return f"{mark}: {read_class(mark).in_words()}"
