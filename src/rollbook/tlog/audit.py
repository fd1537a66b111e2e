"""The audit rules L1 to L14: what every reader of the log checks, and what its writer therefore never signs.

One function a rule, tried in order; the first that an entry breaks is its fault. Source: the specification of the
log, 8.5.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rollbook.kernel.refusals import InputRefused
from rollbook.tlog import audit_rules as rules
from rollbook.tlog.entries import LONGEST_ENTRY, is_known, read_entry, wrong_field
from rollbook.tlog.history import Entry, History

Rule = Callable[[History, int, rules.Body, str], str | None]

# Rules that look only at the common fields hold for entries of the future too.
_COMMON: Final[tuple[tuple[str, Rule], ...]] = (("L4", rules.times_ascend), ("L5", rules.id_is_new))
_OWN_SET: Final[tuple[tuple[str, Rule], ...]] = (("L8", rules.set_is_sound), ("L9", rules.did_is_new))
_AFTER_REFERENCES: Final[tuple[tuple[str, Rule], ...]] = (
    ("L7", rules.key_is_in_order),
    *_OWN_SET,
    ("L10", rules.decision_allows),
    ("L11", rules.seal_holds),
    ("L12", rules.lookup_is_open),
    ("L13", rules.change_is_allowed),
    ("L14", rules.sums_and_dates_agree),
)


_START: Final = (("L3", rules.genesis_is_first), *_COMMON)
_WHOLE: Final[tuple[tuple[str, Rule], ...]] = (*_START, ("L6", rules.references_are_right), *_AFTER_REFERENCES)
# What it points at is unknown, so no rule can say whether it may; its own set is still checked and needs an answer.
_UNVERIFIABLE: Final[tuple[tuple[str, Rule], ...]] = (*_START, *_OWN_SET)
_UNKNOWN: Final[tuple[tuple[str, Rule], ...]] = (("L3", rules.unknown_is_not_first), *_COMMON)


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule, shown with the index and the rule."""

    index: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"entry {self.index} breaks {self.rule}: {self.message}"


class Judged(NamedTuple):
    """An entry read against a history, and the first rule it breaks, if any."""

    entry: Entry
    fault: Fault | None


def judge(history: History, raw: bytes, latest: str = "") -> Judged:
    """Read the next entry against `history`, changing nothing.

    `latest` is the last allowed `at`, or empty for no bound.
    """
    index = len(history.entries)
    try:
        if len(raw) > LONGEST_ENTRY:
            raise ValueError("the entry is longer than 65,535 bytes")
        body = read_entry(raw)
    except (InputRefused, ValueError) as refused:
        return Judged(Entry(index, None, False, ""), Fault(index, "L1", str(refused)))
    return judge_body(history, body, latest)


def judge_body(history: History, body: dict[str, Any], latest: str = "") -> Judged:
    """As `judge`, for an entry whose bytes obey L1: what they say."""
    index = len(history.entries)
    if is_known(body):
        wrong = wrong_field(body)
        if wrong is not None:
            fault = Fault(index, "L2", f"the field {wrong!r} is missing, additional or malformed")
            return Judged(Entry(index, None, False, ""), fault)
        verifiable = _leads_to_verifiable(history, index, body)
        entry, chain = Entry(index, body, verifiable, body["type"]), _WHOLE if verifiable else _UNVERIFIABLE
    else:
        entry, chain = Entry(index, body, False, ""), _UNKNOWN
    for name, rule in chain:
        message = rule(history, index, body, latest)
        if message is not None:
            return Judged(entry, Fault(index, name, message))
    return Judged(entry, None)


def audit(raws: Iterable[bytes], origin: str, latest: str = "") -> tuple[History, tuple[Fault, ...]]:
    """Apply the rules to a whole log; gives what is known of it and every fault, in order."""
    history, faults = History(origin), []
    for raw in raws:
        judged = judge(history, raw, latest)
        history.add(judged.entry, sound=judged.fault is None)
        if judged.fault is not None:
            faults.append(judged.fault)
    return history, tuple(faults)


def _leads_to_verifiable(history: History, index: int, body: rules.Body) -> bool:
    """Whether everything `body` points at can itself be verified; a broken pointer is L6's business."""
    for name in rules.POINTERS & body.keys():
        target = body[name]
        if target < index and not (history.entries[target].verifiable or history.entries[target].body is None):
            return False
    return True
