"""Notes, checkpoints and policies that a verifier must refuse, beyond the cases of the vectors."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rollbook.kernel.refusals import InputRefused, VerificationFailed
from rollbook.tlog import notes
from rollbook.tlog.checkpoint import Checkpoint, verify_checkpoint
from rollbook.tlog.notes import KeyType, open_note
from rollbook.tlog.trust import NO_WITNESS_SENTENCE, parse_policy, write_policy

ORIGIN = "log.example/rollbook"
NOW = 1_800_000_000
LOG_ED = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
LOG_ML = MLDSA44PrivateKey.from_seed_bytes(bytes([1] * 32))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes([2] * 32))
BODY = notes.Body(ORIGIN, 5, bytes(32))
LOG_KEYS = (notes.ed25519_key(ORIGIN, LOG_ED), notes.ml_dsa_key(ORIGIN, LOG_ML))
WITNESS_KEY = notes.ed25519_key("w.example", WITNESS, KeyType.ED25519_COSIGNATURE)
NO_WITNESS = write_policy(LOG_KEYS)
ONE_WITNESS = NO_WITNESS.replace("quorum none", f"witness w {WITNESS_KEY}\nquorum w")


def log_lines(at: int = NOW) -> list[str]:
    return [notes.sign_text(ORIGIN, LOG_ED, BODY.text()), notes.cosign_ml_dsa(ORIGIN, LOG_ML, BODY, at)]


def check(lines: list[str], policy: str = NO_WITNESS, *, now: int = NOW, fresh: bool = True) -> Checkpoint:
    return verify_checkpoint(notes.write_note(BODY.text(), lines), parse_policy(policy), now, fresh=fresh)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises((VerificationFailed, InputRefused)) as refused:
        call()
    return str(refused.value.reasons[0].code)


def test_without_witnesses_the_logs_own_time_counts_and_the_sentence_is_carried() -> None:
    checkpoint = check(log_lines(NOW - 5))
    assert checkpoint.time == NOW - 5
    assert checkpoint.warning == NO_WITNESS_SENTENCE


def test_with_witnesses_there_is_no_sentence() -> None:
    cosigned = [*log_lines(), notes.cosign_ed25519("w.example", WITNESS, BODY, NOW - 9)]
    checkpoint = check(cosigned, ONE_WITNESS)
    assert (checkpoint.time, checkpoint.warning) == (NOW - 9, "")


@pytest.mark.parametrize(
    ("at", "fresh", "code"),
    [(NOW - 86_400, True, ""), (NOW - 86_401, True, "stale"), (NOW - 86_401, False, ""), (NOW + 601, True, "future")],
)
def test_the_time_of_the_logs_own_line(at: int, fresh: bool, code: str) -> None:
    if code:
        assert code_of(lambda: check(log_lines(at), fresh=fresh)) == code
    else:
        assert check(log_lines(at), fresh=fresh).time == at


def test_a_known_witness_line_that_does_not_verify_refuses_the_note() -> None:
    line = notes.cosign_ed25519("w.example", WITNESS, BODY, NOW)
    bad = notes.SignatureLine("w.example", WITNESS_KEY.id, bytes(72))
    other = notes.cosign_ed25519("w.example", WITNESS, notes.Body(ORIGIN, 6, bytes(32)), NOW)
    assert check([*log_lines(), line], ONE_WITNESS).witnessed
    for false in (str(bad), other):
        assert code_of(lambda false=false: check([*log_lines(), line, false], ONE_WITNESS)) == "signature"  # type: ignore[misc]


def test_a_witness_line_is_checked_even_where_no_witness_is_needed() -> None:
    listed = NO_WITNESS.replace("quorum none", f"witness w {WITNESS_KEY}\nquorum none")
    bad = str(notes.SignatureLine("w.example", WITNESS_KEY.id, bytes(72)))
    assert code_of(lambda: check([*log_lines(), bad], listed)) == "signature"


def test_a_line_of_the_log_that_does_not_verify_refuses_the_note() -> None:
    false = notes.sign_text(ORIGIN, LOG_ED, BODY.text() + "x")
    assert code_of(lambda: check([*log_lines(), false])) == "signature"


@pytest.mark.parametrize("kept", [0, 1])
def test_both_lines_of_the_log_are_needed(kept: int) -> None:
    assert code_of(lambda: check([log_lines()[kept]])) == "log-signature"


def test_a_policy_with_one_kind_of_log_key_meets_no_checkpoint() -> None:
    policy = f"log {LOG_KEYS[0]}\nquorum none\n"
    assert code_of(lambda: check(log_lines(), policy)) == "log-signature"


def test_a_log_the_policy_does_not_name_is_refused() -> None:
    other = write_policy((notes.ed25519_key("other.example", LOG_ED), notes.ml_dsa_key("other.example", LOG_ML)))
    assert code_of(lambda: check(log_lines(), other)) == "origin"


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 name QUFBQUE=",
        b"text\n\n\xe2\x80\x94 name QUFBQQ==\n",
        b"text\n\n- name QUFBQUE=\n",
        "text\n\n— na+me QUFBQUE=\n".encode(),
        "text\n\n— name QUFBQUE= \n".encode(),
        "te\txt\n\n— name QUFBQUE=\n".encode(),
        b"\xff\n\n\xe2\x80\x94 name QUFBQUE=\n",
        b"text\n\n" + "— name QUFBQUE=\n".encode() * 65,
        b"x" * 131_072 + "\n\n— name QUFBQUE=\n".encode(),
    ],
)
def test_notes_that_cannot_be_opened(note: bytes) -> None:
    assert code_of(lambda: open_note(note)) == "note"


def test_a_note_is_split_at_its_last_empty_line() -> None:
    text, lines = open_note("a\n\nb\n\n— name QUFBQUE=\n".encode())
    assert text == "a\n\nb\n"
    assert [(line.name, line.key_id, line.signature) for line in lines] == [("name", b"AAAA", b"A")]


W2 = notes.ed25519_key("v.example", Ed25519PrivateKey.from_private_bytes(bytes([3] * 32)), KeyType.ED25519_COSIGNATURE)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "quorum none",
        f"log {LOG_KEYS[0]}",
        f"log {LOG_KEYS[0]}\nquorum none\nquorum none",
        f"log {LOG_KEYS[0]}\nquorum w",
        f"log {LOG_KEYS[0]}\nlog {LOG_KEYS[0]}\nquorum none",
        f"log {str(LOG_KEYS[0])[:-4]}AAA=\nquorum none",
        f"log {LOG_KEYS[0]}\nwitness w {LOG_KEYS[0]}\nquorum w",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\nwitness v {WITNESS_KEY}\nquorum w",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\nwitness w {W2}\nquorum w",
        f"log {LOG_KEYS[0]}\nwitness none {WITNESS_KEY}\nquorum none",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\ngroup g 2 w\nquorum g",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\ngroup g 0 w\nquorum g",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\ngroup g 01 w\nquorum g",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\ngroup g 1 w w\nquorum g",
        f"log {LOG_KEYS[0]}\nwitness w {WITNESS_KEY}\ngroup g any w\ngroup h any w\nquorum g",
        f"log {LOG_KEYS[0]}\ngroup g any w\nwitness w {WITNESS_KEY}\nquorum g",
        f"log {LOG_KEYS[0]}\nextra\nquorum none",
    ],
)
def test_policies_to_refuse(lines: str) -> None:
    assert code_of(lambda: parse_policy(lines)) == "policy"


def test_quorum_time_is_that_of_the_slowest_operator_needed() -> None:
    policy = parse_policy(
        f"log {LOG_KEYS[0]}\nlog {LOG_KEYS[1]}\nwitness a {WITNESS_KEY}\nwitness b {W2}\n"
        "group both all a b\nquorum both"
    )
    assert policy.quorum_time({"a": 10, "b": 20}) == 10
    assert policy.quorum_time({"a": 10}) is None
