"""The rules L3 to L14, one function each: what is wrong with an entry after the entries before it, or None.

Every function takes the history before the entry, the entry's index, its fields (which passed L2) and the last
allowed `at`. Source: the specification of the log, 8.5.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from rollbook.kernel.encoding import unb64
from rollbook.tlog.entries import FIELDS, SET_BEARING, wrong_field
from rollbook.tlog.history import History
from rollbook.tlog.labels import is_padded
from rollbook.tlog.seals import opens
from rollbook.tlog.trie import ALGORITHM
from rollbook.tlog.vrf import is_public_key

Body = Mapping[str, Any]
KEY_MONTHS_AHEAD: Final = 12
POINTERS: Final = frozenset({"of", "amends", "supersedes"})

LOCKED: Final = frozenset(
    {"v", "type", "id", "at", "of", "did", "set", "manifest", "commit", "day", "result", "expires", "opens", "on"}
    | {"reveal_by", "late", "amends", "kind", "supersedes", "document"}
)
CORRECTABLE: Final = frozenset(
    {"request", "decision", "disclosure", "lookup-account", "lookup-batch", "sealed", "destroyed", "outcome", "totals"}
    | {"output", "intake", "publication", "monitor-report"}
)
# Which types the pointers of each type may lead to.
TARGETS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("request", "amends"): frozenset({"request"}),
    ("decision", "of"): frozenset({"request"}),
    ("disclosure", "of"): frozenset({"decision"}),
    ("lookup-account", "of"): frozenset({"decision"}),
    ("lookup-close", "of"): frozenset({"lookup-account"}),
    ("lookup-batch", "of"): frozenset({"lookup-account"}),
    ("seal-extend", "of"): frozenset({"sealed"}),
    ("reveal", "of"): frozenset({"sealed"}),
    ("correction", "of"): CORRECTABLE,
    ("output", "of"): frozenset({"disclosure"}),
    ("destroyed", "of"): frozenset({"disclosure", "sealed"}),
    ("outcome", "of"): SET_BEARING,
    ("publication", "supersedes"): frozenset({"publication"}),
}


def genesis_is_first(history: History, index: int, body: Body, latest: str) -> str | None:
    """L3."""
    if (body["type"] == "genesis") != (index == 0):
        return "the first entry, and no other, is the genesis"
    if index == 0 and body["origin"] != history.origin:
        return "the genesis names another log"
    return None


def unknown_is_not_first(history: History, index: int, body: Body, latest: str) -> str | None:
    """L3, for an entry whose type this client does not know: it is not the genesis."""
    return "the first entry is not the genesis" if index == 0 else None


def times_ascend(history: History, index: int, body: Body, latest: str) -> str | None:
    """L4. Times of one form compare as texts."""
    at = body.get("at")
    if not isinstance(at, str):
        return None  # only an entry of the future may lack it
    if at < history.last_at:
        return "its time is before that of an earlier entry"
    if latest and at > latest:
        return "its time is later than the signatures allow"
    return None


def id_is_new(history: History, index: int, body: Body, latest: str) -> str | None:
    """L5."""
    known = body.get("id")
    return "its id stands in the log already" if isinstance(known, str) and known in history.ids else None


def references_are_right(history: History, index: int, body: Body, latest: str) -> str | None:
    """L6."""
    for name in ("of", "amends", "supersedes"):
        if name not in body:
            continue
        target = body[name]
        if target >= index:
            return f"{name} points at a later entry"
        if target in history.faulty:
            return f"{name} points at an entry that itself breaks a rule"
        if history.entries[target].type not in TARGETS[body["type"], name]:
            return f"{name} points at an entry of the wrong type"
    if body["type"] == "request" and ("amends" in body) != (body["kind"] != "new"):
        return "amends is present exactly when the request is not new"
    return None


def key_is_in_order(history: History, index: int, body: Body, latest: str) -> str | None:
    """L7: no key can be added for a month in use, so nobody can have two secrets in one month."""
    if body["type"] != "vrf-key":
        return None
    month = body["epoch_from"]
    if any(month <= key.epoch_from for key in history.keys) or month <= history.latest_set_epoch:
        return "the key is not for months after every earlier key and set"
    if _months(month) > _months(body["at"]) + KEY_MONTHS_AHEAD:
        return "the key is for more than 12 months ahead"
    return None if is_public_key(unb64(body["pk"])) else "the key is not a valid public key"


def set_is_sound(history: History, index: int, body: Body, latest: str) -> str | None:
    """L8."""
    if body["type"] not in SET_BEARING:
        return None
    named = body["set"]
    if named["alg"] != ALGORITHM:
        return "the set has an unknown algorithm"
    if not is_padded(named["size_padded"]):
        return "the set has a size that padding cannot give"
    if history.key_of(named["epoch"]) is None:
        return "no VRF key for the month of the set stands earlier in the log"
    return None if _months(named["epoch"]) in _allowed_months(body) else "the month of the set does not fit the entry"


def did_is_new(history: History, index: int, body: Body, latest: str) -> str | None:
    """L9."""
    repeated = body["type"] in SET_BEARING and body["did"] in history.dids
    return "its disclosure id stands in the log already" if repeated else None


def decision_allows(history: History, index: int, body: Body, latest: str) -> str | None:
    """L10."""
    type_ = body["type"]
    if type_ == "decision" and ("expires" in body) != (body["result"] == "approve"):
        return "an end date is given exactly for an approval"
    if type_ == "disclosure" and "late" in body:
        return _late_is_allowed(history, body)
    if type_ == "disclosure" and "of" not in body:
        return "a disclosure that is not late names its decision"
    if type_ not in ("disclosure", "lookup-account"):
        return None
    decision = history.body(body["of"])
    if history.decisions[decision["of"]][-1] != body["of"]:
        return "a later decision stands on the request"
    if decision["result"] != "approve":
        return "the decision is not an approval"
    return "the approval had expired" if _day(body["at"]) > decision["expires"] else None


def seal_holds(history: History, index: int, body: Body, latest: str) -> str | None:
    """L11."""
    if body["type"] == "sealed":
        return "the reveal would be before the seal" if body["reveal_by"] < _day(body["at"]) else None
    if body["type"] not in ("seal-extend", "reveal"):
        return None
    seal = history.seals[body["of"]]
    if seal.revealed_at is not None:
        return "the seal has been revealed already"
    if body["type"] == "seal-extend":
        return None if body["reveal_by"] > seal.reveal_by else "the extension is not to a later date"
    shown = opens(history.body(body["of"])["commit"], body["salt"], body["body"])
    return None if shown else "the facts shown are not the ones that were sealed"


def lookup_is_open(history: History, index: int, body: Body, latest: str) -> str | None:
    """L12."""
    if body["type"] == "lookup-close":
        return "the account has been closed already" if body["of"] in history.closed else None
    if body["type"] != "lookup-batch":
        return None
    account, day = history.body(body["of"]), body["day"]
    if not account["opens"] <= day <= history.closed.get(body["of"], day):
        return "the account was not open on the day"
    if _day(body["at"]) not in (day, (date.fromisoformat(day) + timedelta(days=1)).isoformat()):
        return "the batch was not logged on its day or the next"
    if (body["of"], day) in history.batches:
        return "the account has a batch for the day already"
    return _decision_stood(history, account["of"], day)


def change_is_allowed(history: History, index: int, body: Body, latest: str) -> str | None:
    """L13."""
    if body["type"] != "correction":
        return None
    original, change = history.body(body["of"]), body["change"]
    if not change:
        return "the correction changes nothing"
    if LOCKED & change.keys() or change.keys() - FIELDS[original["type"]].keys():
        return "the correction names a field that may not be corrected"
    return None if wrong_field({**original, **change}) is None else "the corrected entry would be malformed"


def sums_and_dates_agree(history: History, index: int, body: Body, latest: str) -> str | None:
    """L14."""
    match body["type"]:
        case "destroyed" | "outcome" if body["of"] in history.seals:
            sealed = history.seals[body["of"]].revealed_at is None
            return "it concerns a seal not yet revealed" if sealed else None
        case "totals" if body["from"] > body["to"]:
            return "the period ends before it starts"
        case "intake" if body["accepted"] + body["refused"] != body["returns"]:
            return "accepted and refused do not add up to the returns"
        case "publication" if body.get("review_by", body["from"]) < body["from"]:
            return "the review is before the start"
        case "monitor-report" if body["size"] > index:
            return "the report is about a log larger than this one"
    return None


def _late_is_allowed(history: History, body: Body) -> str | None:
    released = body["late"]["released"]
    if released > _day(body["at"]):
        return "the late release is in the future"
    if "of" not in body:
        return None
    decision = history.body(body["of"])
    if decision["result"] != "approve":
        return "the decision is not an approval"
    return "the approval had expired" if released > decision["expires"] else None


def _decision_stood(history: History, decision_index: int, day: str) -> str | None:
    decision = history.body(decision_index)
    if day > decision["expires"]:
        return "the approval had expired on the day"
    later = (index for index in history.decisions[decision["of"]] if index > decision_index)
    overtaken = any(_day(history.body(index)["at"]) < day for index in later)
    return "a later decision had been made before the day" if overtaken else None


def _allowed_months(body: Body) -> tuple[int, ...]:
    if body["type"] == "lookup-batch":
        return (_months(body["day"]),)
    if "late" in body:
        return (_months(body["late"]["released"]),)
    return (_months(body["at"]), _months(body["at"]) - 1)


def _months(text: str) -> int:
    """The number of a month, counted without gaps, from a text that starts with YYYY-MM."""
    return int(text[:4]) * 12 + int(text[5:7])


def _day(at: str) -> str:
    return at[:10]
