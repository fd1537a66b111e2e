"""Audit rules at the edges that the vectors leave open, each from a short log of its own."""

from typing import Any

import pytest

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256
from rollbook.tlog import vrf
from rollbook.tlog.audit import audit
from rollbook.tlog.entries import documents_of
from rollbook.tlog.history import History
from rollbook.tlog.seals import seal_commit
from rollbook.tlog.trie import ALGORITHM

ORIGIN = "log.example/rollbook"
DOC = b64(bytes(32))
ORG = {"name": "University of Example", "sector": "academic"}
KEY = b64(vrf.public_key((1).to_bytes(32, "little")))
USE = {"basis": "law", "classes": ["3C"], "items": ["sex"]}
FACTS = {**USE, "by": "head", "decided": "2026-09-02", "purpose": "p", "recipient": ORG, "summary_text": DOC}


def set_of(epoch: str) -> dict[str, Any]:
    return {"alg": ALGORITHM, "root": DOC, "size_padded": 1024, "epoch": epoch}


def did(number: int) -> str:
    return b64(sha256(bytes([number])))


def request(**more: Any) -> dict[str, Any]:
    return {
        "type": "request",
        "org": ORG,
        "title": "t",
        "kind": "new",
        "purpose": "p",
        **USE,
        "mode": "file",
        "register_text": DOC,
        **more,
    }


def decision(of: int, result: str = "approve", **more: Any) -> dict[str, Any]:
    ends = {"expires": "2026-09-30"} if result == "approve" else {}
    return {"type": "decision", "of": of, "result": result, "by": "panel", "reasons_text": DOC, **ends, **more}


def disclosure(of: int | None = 3, epoch: str = "2026-09", number: int = 1, **more: Any) -> dict[str, Any]:
    points = {} if of is None else {"of": of}
    made = {"did": did(number), "set": set_of(epoch), "manifest": DOC, "mode": "file", "recipient": ORG}
    return {"type": "disclosure", **points, **made, **USE, **more}


def sealed(reveal_by: str = "2026-12-01", number: int = 9) -> dict[str, Any]:
    commit = seal_commit(bytes(32), canonical.dumps(FACTS))
    made = {"did": did(number), "set": set_of("2026-09"), "manifest": DOC}
    return {"type": "sealed", **made, "commit": commit, "basis": "law", "by": "head", "reveal_by": reveal_by}


def reveal(of: int) -> dict[str, Any]:
    return {"type": "reveal", "of": of, "salt": b64(bytes(32)), "body": FACTS}


INTAKE = {"type": "intake", "collection": "c", "day": "2026-09-02", "returns": 1, "accepted": 1, "refused": 0}
EXTENSION = {"type": "seal-extend", "of": 4, "basis": "law", "by": "head"}
GENESIS = {"type": "genesis", "origin": ORIGIN, "spec": "rollbook/log@v1", "operator": "o"}
VRF = {"type": "vrf-key", "epoch_from": "2026-09", "suite": vrf.SUITE, "pk": KEY}
BASE = [GENESIS, VRF, request(), decision(2)]
LOOKUP = [*BASE, {"type": "lookup-account", "of": 3, "holder": ORG, "opens": "2026-09-02"}]
CLOSE = {"type": "lookup-close", "of": 4, "on": "2026-09-03"}


def batch(day: str, number: int = 5) -> dict[str, Any]:
    return {"type": "lookup-batch", "of": 4, "day": day, "did": did(number), "set": set_of(day[:7]), "manifest": DOC}


def log(*entries: dict[str, Any]) -> list[bytes]:
    """The bytes of a log; an entry's `at` defaults to 2 September 2026, its id to its index."""
    common = {"v": 1, "at": "2026-09-02T10:00:00Z"}
    return [canonical.dumps({**common, "id": f"E{index}", **entry}) for index, entry in enumerate(entries)]


def read(*entries: dict[str, Any], latest: str = "") -> tuple[History, list[str]]:
    history, faults = audit(log(*entries), ORIGIN, latest)
    return history, [f"{fault.index} {fault.rule}" for fault in faults]


def faults_of(*entries: dict[str, Any], latest: str = "") -> list[str]:
    return read(*entries, latest=latest)[1]


LATE = {"reason": "emergency", "released": "2026-09-01"}

GOOD = {
    "use on the day the approval ends": [*BASE, disclosure(at="2026-09-30T23:59:59Z")],
    "set of the month before": [*BASE[:3], decision(2, expires="2026-10-30"), disclosure(at="2026-10-02T00:00:00Z")],
    "late without a decision": [*BASE, disclosure(None, late=LATE)],
    "late under an approval withdrawn since": [*BASE, decision(2, "withdraw"), disclosure(late=LATE)],
    "amendment": [*BASE, request(kind="amend", amends=2)],
    "reveal": [*BASE, sealed(), reveal(4), {"type": "outcome", "of": 4, "result": "collected"}],
    "reveal on the very day": [*BASE, sealed("2026-09-02")],
    "look-ups of the day before": [*LOOKUP, {**batch("2026-09-02"), "at": "2026-09-03T23:00:00Z"}],
    "look-ups on the day of closing": [*LOOKUP, CLOSE, {**batch("2026-09-03"), "at": "2026-09-03T23:00:00Z"}],
    "withdrawn on the day itself": [*LOOKUP, decision(2, "withdraw"), batch("2026-09-02")],
    "correction of a title": [*BASE, {"type": "correction", "of": 2, "reason": "typo", "change": {"title": "u"}}],
    "report about the log so far": [
        *BASE,
        {"type": "monitor-report", "monitor": "m", "result": "ok", "size": 4, "root": DOC},
    ],
    "key twelve months ahead": [*BASE, {**VRF, "epoch_from": "2027-09"}],
}

BAD = {
    "4 L6 renewal of nothing": [*BASE, request(kind="renew")],
    "4 L7 key of an earlier month": [*BASE, {**VRF, "epoch_from": "2026-08"}],
    "5 L7 key of a month with a set": [*BASE, disclosure(), {**VRF, "epoch_from": "2026-09"}],
    "4 L7 key thirteen months ahead": [*BASE, {**VRF, "epoch_from": "2027-10"}],
    "1 L7 key that is no point": [GENESIS, {**VRF, "pk": b64(b"\xff" * 32)}],
    "4 L8 set of a coming month": [*BASE, disclosure(epoch="2026-10")],
    "4 L8 late set of another month": [*BASE, disclosure(None, at="2026-10-02T00:00:00Z", epoch="2026-10", late=LATE)],
    "5 L9 did of a sealed set again": [*BASE, sealed(number=1), disclosure(number=1)],
    "4 L10 disclosure without decision": [*BASE, disclosure(None)],
    "4 L10 use on the day after the end": [*BASE, disclosure(at="2026-10-01T00:00:00Z")],
    "5 L10 under an approval overtaken": [*BASE, decision(2), disclosure(3)],
    "4 L10 late release in the future": [*BASE, disclosure(None, late={**LATE, "released": "2026-09-03"})],
    "4 L10 late after the approval ended": [*BASE[:3], decision(2, expires="2026-08-31"), disclosure(late=LATE)],
    "4 L10 late under a refusal": [*BASE[:3], decision(2, "refuse"), disclosure(late=LATE)],
    "4 L10 refusal with an end": [*BASE, decision(2, "refuse", expires="2026-10-01")],
    "4 L11 reveal before the seal": [*BASE, sealed("2026-09-01")],
    "5 L11 extension to the same day": [*BASE, sealed(), {**EXTENSION, "reveal_by": "2026-12-01"}],
    "6 L11 extension after the reveal": [*BASE, sealed(), reveal(4), {**EXTENSION, "reveal_by": "2027-12-01"}],
    "6 L12 closed twice": [*LOOKUP, CLOSE, CLOSE],
    "6 L12 look-ups after closing": [*LOOKUP, CLOSE, {**batch("2026-09-04"), "at": "2026-09-04T23:00:00Z"}],
    "5 L12 look-ups before they happened": [*LOOKUP, batch("2026-09-03")],
    "5 L12 look-ups after the approval ended": [*LOOKUP, {**batch("2026-10-01"), "at": "2026-10-01T23:00:00Z"}],
    "6 L12 look-ups after a withdrawal": [
        *LOOKUP, decision(2, "withdraw"), {**batch("2026-09-03"), "at": "2026-09-03T23:00:00Z"}],
    "4 L13 correction of a locked field": [
        *BASE, {"type": "correction", "of": 3, "reason": "typo", "change": {"result": "refuse"}}],
    "5 L14 destruction of a sealed set": [
        *BASE, sealed(), {"type": "destroyed", "of": 4, "on": "2026-09-02", "method": "m", "certificate_text": DOC}],
    "4 L14 totals backwards": [
        *BASE,
        {"type": "totals", "from": "2026-09-02", "to": "2026-09-01",
         "rows": [{"group": "police", "requests": 1, "disclosures": 1, "pupils": 1}]},
    ],
    "4 L2 true is not a number": [*BASE, {**INTAKE, "returns": True}],
    "4 L2 a list is never empty": [*BASE, request(items=[])],
    "4 L2 a day that does not exist": [*BASE, decision(2, expires="2026-02-30")],
    "4 L2 a leap second": [*BASE, request(at="2026-09-02T10:00:60Z")],
    "4 L2 no type": [*BASE, {"anything": 1}],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_the_rules_allow(name: str) -> None:
    assert faults_of(*GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_what_the_rules_forbid(name: str) -> None:
    assert " ".join(name.split()[:2]) == faults_of(*BAD[name])[0]


def test_a_time_after_the_signatures_is_a_fault() -> None:
    assert faults_of(*BASE, latest="2026-09-02T10:00:00Z") == []
    assert faults_of(*BASE, latest="2026-09-02T09:59:59Z")[0] == "0 L4"


def test_an_entry_of_the_future_may_not_repeat_an_id_or_go_back_in_time() -> None:
    assert faults_of(*BASE, {"type": "future", "id": "E0"}) == ["4 L5"]
    assert faults_of(*BASE, {"type": "future", "at": "2026-09-01T10:00:00Z"}) == ["4 L4"]
    assert faults_of({"type": "future"})[0] == "0 L3"


def test_what_leads_to_an_unknown_entry_cannot_be_verified_but_its_set_is_still_due() -> None:
    history, faults = read(*BASE, {"type": "decision", "v": 2, "of": 2}, disclosure(4))
    assert faults == []
    assert history.unverifiable() == [4, 5]
    assert history.sets_of("2026-09", below=6) == {5: "d"}
    _, faults = read(*BASE, {"type": "decision", "v": 2}, disclosure(4), disclosure(4, number=1))
    assert faults == ["6 L9"]


def test_what_points_at_a_faulty_entry_is_a_fault_and_no_crash() -> None:
    broken = [*BASE[:3], decision(2, "approve", expires="not a day"), disclosure(), sealed(), reveal(5)]
    assert faults_of(*broken) == ["3 L2", "4 L6"]


def test_a_seal_counts_as_sealed_below_its_reveal_and_as_due_from_there() -> None:
    history, _ = read(*BASE, sealed(), request(), reveal(4))
    assert history.sets_of("2026-09", below=6) == {4: "s"}
    assert history.sets_of("2026-09", below=7) == {4: "d"}
    assert history.sets_of("2026-10", below=7) == {}


def test_the_key_of_a_month_is_the_latest_not_later_than_it() -> None:
    history, _ = read(*BASE, {**VRF, "epoch_from": "2026-11"})
    assert history.key_of("2026-08") is None
    assert history.key_of("2026-10").index == 1  # type: ignore[union-attr]
    assert history.key_of("2026-12").index == 4  # type: ignore[union-attr]
    assert history.key_of("2026-12", below=4).index == 1  # type: ignore[union-attr]


def test_an_entry_over_the_limit_is_a_fault() -> None:
    raws = log(GENESIS, {"type": "future", "text": "x" * 65_536})
    assert [fault.rule for fault in audit(raws, ORIGIN)[1]] == ["L1"]


def test_the_documents_an_entry_names() -> None:
    assert documents_of(request()) == [DOC]
    assert documents_of(sealed()) == []
    assert documents_of(reveal(4)) == [DOC]
    assert documents_of({"type": "policy", "policy": DOC, "from": "2026-09-01"}) == [DOC]
