"""Any change to the bytes of a log, of a policy or of a request is refused by name, or changes nothing that is said.

Bounded: so many changes, each judged in well under a second. What the refusals are called is asked of each kind apart.
"""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.kernel.refusals import InputRefused, Reason, VerificationFailed
from rollbook.tlog import notes, tree
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.reading import read_log
from rollbook.tlog.tiles import bundle_paths
from rollbook.tlog.trust import parse_policy
from rollbook.tlog.witness import check_asked, check_growth, read_request
from tests import log_keys as log
from tests.vectors.log_data import NOW, entries, log300, log_files, policy, vectors

NOTE = vectors("log300")["checkpoint"].encode()
POLICY = vectors("checkpoint")["policy"]
REQUEST = log.request(3, 7).encode()
Change = Callable[[bytes], bytes]
SECONDS = 2.0


@st.composite
def changed(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` after one to three changes: a byte, a cut, a piece doubled, moved or put in."""
    for _ in range(draw(st.integers(1, 3))):
        at, to = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
        piece = draw(st.sampled_from([b"", b"\n", b"\n\n", b" ", b"0", b"\xff", b"=", b"9" * 30, data[at:to][:200]]))
        data = draw(st.sampled_from([data[:at] + piece + data[at + 1 :], data[:at] + piece + data[to:], data + piece]))
    return data


def judged(check: Callable[[], object]) -> object:
    """What `check` gives, or the reasons of its refusal; anything else it raises is a crash."""
    started = time.process_time()
    reasons: tuple[Reason, ...] = ()
    found: object = None
    try:
        found = check()
    except (VerificationFailed, InputRefused) as refused:
        reasons = refused.reasons
    assert all(isinstance(reason, Reason) and reason.code for reason in reasons)
    assert time.process_time() - started < SECONDS
    return found


@settings(max_examples=150)
@given(changed(NOTE))
def test_a_changed_checkpoint_says_the_same_or_nothing(data: bytes) -> None:
    found = judged(lambda: verify_checkpoint(data, policy(), NOW, fresh=True).body)
    assert found in (None, log300().checkpoint.body)


@settings(max_examples=60)
@given(st.data())
def test_changed_bundles_are_the_same_log_or_none(data: st.DataObject) -> None:
    bundles = [log_files()[path] for path in bundle_paths(300)]
    place = data.draw(st.sampled_from(range(len(bundles))))
    bundles[place] = data.draw(changed(bundles[place]))
    found = judged(lambda: list(read_log(log300().checkpoint, bundles).raws))
    assert found in (None, entries())


@settings(max_examples=150)
@given(changed(POLICY.encode()))
def test_a_changed_policy_is_a_policy_or_refused(data: bytes) -> None:
    judged(lambda: parse_policy(data.decode("utf-8", "replace")))


@settings(max_examples=150)
@given(changed(REQUEST))
def test_a_changed_request_is_growth_or_refused(data: bytes) -> None:
    def asked() -> notes.Body:
        found = check_asked(read_request(data), {log.ORIGIN: log.KEYS})
        check_growth(found, log.body(3))
        return found.body

    assert judged(asked) in (None, log.body(7), log.body(3))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda bundles: [bundles[0][:-1], *bundles[1:]], "bundle"),
        (lambda bundles: [*bundles[:-1], bundles[-1] + b"\x00"], "bundle"),
        (lambda bundles: [*bundles[:-1], bundles[-1] + b"\x00\x00"], "bundle"),
        (lambda bundles: bundles[:-1], "bundle"),
        (lambda bundles: [*bundles, b""], "bundle"),
        (lambda bundles: bundles[::-1], "bundle"),
        (lambda bundles: [bundles[0].replace(b'"v":1', b'"v":2', 1), *bundles[1:]], "root"),
    ],
    ids=["truncated", "a byte behind", "an empty entry behind", "one missing", "one too many", "order", "an entry"],
)
def test_files_that_are_not_the_signed_ones_name_the_step(
    change: Callable[[list[bytes]], list[bytes]], code: str
) -> None:
    bundles = change([log_files()[path] for path in bundle_paths(300)])
    with pytest.raises(VerificationFailed) as refused:
        read_log(log300().checkpoint, bundles)
    assert refused.value.reasons[0].code == code


@pytest.mark.parametrize(
    ("note", "now", "code"),
    [
        (NOTE.replace(b"log.example.gov.uk", b"log.example.gov.fr"), NOW, "origin"),
        (NOTE, NOW - 100_000, "quorum"),
        (NOTE, NOW + 100_000, "stale"),
        (log.signed(log.body(7)), NOW, "origin"),
        (NOTE.replace(b"\n300\n", b"\n301\n"), NOW, "signature"),
        (NOTE.replace(b"\n300\n", b"\n0300\n"), NOW, "checkpoint"),
        (NOTE[:-1], NOW, "note"),
    ],
    ids=["other-log", "clock-behind", "clock-ahead", "whole-other-log", "size", "leading-zero", "no-end"],
)
def test_a_head_that_does_not_fit_names_the_step(note: bytes, now: int, code: str) -> None:
    with pytest.raises(VerificationFailed) as refused:
        verify_checkpoint(note, policy(), now, fresh=True)
    assert refused.value.reasons[0].code == code


def test_a_consistency_proof_of_any_length_ends() -> None:
    long = [bytes(32)] * 10_000
    with pytest.raises(VerificationFailed):
        tree.verify_consistency(3, log.body(3).root, 7, log.body(7).root, long)
