"""Labels that are not words: data packed into the name of a group.

A label shared by enough people passes every count, whatever it says. What packs much into little looks unlike words: a
long run of digits (identifiers written as decimals), or a long run of letters that mixes digits or capitals in
(base64 and its kin). Short codes pass, so that a study can use published code lists; how much the labels of
a table can say at all is held down by their number, their length and the checkers, who see each of them.
"""

import re
from collections.abc import Iterable

# A school or provider has at most 8 digits; a learner's number has 10 and a pupil's 12.
MAX_DIGITS = 8
MAX_RUN = 16
# No English word is longer than this without a space or hyphen.
MAX_WORD = 24
_NUMBER = re.compile(r"[0-9](?:[.,' ]?[0-9])*")
_RUN = re.compile(r"[A-Za-z0-9+=]+")


def why_coded(labels: Iterable[str]) -> str | None:
    """What kind of code stands in one of the labels, in words that repeat none of them; None when none does."""
    for label in labels:
        if any(_digits(number) > MAX_DIGITS for number in _NUMBER.findall(label)):
            return f"more than {MAX_DIGITS} digits in a row"
        if any(_like_base64(run) for run in _RUN.findall(label)):
            return "a long run of mixed letters and digits"
    return None


def _digits(number: str) -> int:
    return sum(character.isdigit() for character in number)


def _like_base64(run: str) -> bool:
    if len(run) > MAX_WORD:
        return True
    # A long run is a word only when it is letters with no capital after the first.
    return len(run) >= MAX_RUN and not (run.isalpha() and run[1:].islower())
