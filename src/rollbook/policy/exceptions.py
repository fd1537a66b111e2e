"""Files by exception: what one may be, on which grounds it leaves, and whose decision each is.

A file that study code wrote has no evidence behind it, so no rule can judge it and no audit can compare it: it leaves
by hand or not at all. Hence more people than for a table, each writing a ground for each of a fixed list of criteria.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from rollbook.kernel.refusals import Reason
from rollbook.policy.states import FileState, OutputState
from rollbook.policy.uses import FileFacts, Use

# What a person can read whole as it is. A picture is none of them: what the eye does not see in one, it still carries.
FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {"csv": "a table of labels and numbers", "json": "labels and numbers, one within another", "txt": "lines of text"}
)
# How the log and the record name the judgement: a code, as a rule set has one.
RULE_SET: Final = "rollbook/by-hand@v1"
CRITERIA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "need": "Why no table or model that the platform makes could say this",
        "groups": "Every figure is about at least 10 people, and how the study’s steps show that",
        "person": "No line, word or figure tells of one person",
        "difference": "Beside what was released before, it shows no few people: what you held it against, by hand",
        "hidden": "Wording, order and digits carry nothing that the file does not say",
        "warnings": "What each warning comes from, and why it is harmless; or that there is none",
    }
)
SHORTEST_GROUND: Final = 15
LONGEST_GROUND: Final = 1000
# Nothing is allowed for ever: after this many days at most the panel is asked again.
LONGEST_LEAVE: Final = timedelta(days=366)


def log_code(rule_set: str) -> str:
    """A rule set's name as a code of the log."""
    return rule_set.replace("/", "-").replace("@", "-")


def after_two(state: OutputState) -> OutputState | FileState:
    """Where two checkers' like verdicts lead with a file: what they agree on goes to a third person, nowhere else."""
    return FileState.DECIDING if state is OutputState.AGREED else state


def lacking_grounds(grounds: Mapping[str, str]) -> Iterator[Reason]:
    """A reason for each criterion that has no ground of its own."""
    for name in sorted(grounds.keys() - CRITERIA.keys()):
        yield Reason("ground-unknown", "This is not a criterion", name[:64], "Leave it out.")
    given = [grounds.get(name, "").strip() for name in CRITERIA]
    for name, text in zip(CRITERIA, given, strict=True):
        if not SHORTEST_GROUND <= len(text) <= LONGEST_GROUND:
            mend = f"Write {SHORTEST_GROUND} to {LONGEST_GROUND} characters."
            yield Reason("ground", "A ground is missing, too short or too long", name, mend)
        elif given.count(text) > 1:
            yield Reason("ground-twice", "The same ground stands for two criteria", name, "Say of each what holds.")


def leave(use: Use) -> Iterator[Reason]:
    """What the gate asks of a study that hands over a file: that the panel has allowed this very file, until when."""
    yield from lacking_leave(use.file, use.day)


def lacking_leave(asked: FileFacts | None, day: date) -> Iterator[Reason]:
    """Why this file may not be made on `day`; nothing where none is asked for."""
    if asked is None:
        return
    where = f"{asked.name}.{asked.format}"
    if asked.result is None:
        yield Reason("file-not-allowed", "The panel has not allowed this file", where, "Ask for it by exception.")
        return
    if asked.result != "allow":
        yield Reason("file-refused", "The panel has refused this file, or taken its leave back", where,
                     "Declare a table that the platform makes.")  # fmt: skip
    if not asked.logged:
        yield Reason("file-log", "The panel’s decision is not in the public log yet", where, "Wait for the log.")
    if asked.result == "allow" and (asked.expires is None or day > asked.expires):
        yield Reason("file-expired", "The leave for this file has run out", where, "Ask for it again.")


def latest_end(day: date) -> date:
    """The last day until which a file can be allowed on `day`."""
    return day + LONGEST_LEAVE
