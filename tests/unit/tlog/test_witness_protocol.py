"""What a witness may sign and what it must refuse, with the status that C2SP `tlog-witness` gives each refusal."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rollbook.kernel.encoding import b64
from rollbook.kernel.refusals import VerificationFailed
from rollbook.tlog import notes
from rollbook.tlog.notes import Body, KeyType
from rollbook.tlog.witness import (
    EMPTY_ROOT,
    Request,
    WitnessRefused,
    check_asked,
    check_growth,
    origin_path,
    read_cosignatures,
    read_request,
)
from tests import log_keys as log

LOGS = {log.ORIGIN: log.KEYS}


def judged(data: bytes, last: Body | None = None) -> Body:
    asked = check_asked(read_request(data), LOGS)
    check_growth(asked, last)
    return asked.body


def status(data: bytes, last: Body | None = None) -> tuple[int, int | None]:
    with pytest.raises(WitnessRefused) as refused:
        judged(data, last)
    return refused.value.status, refused.value.size


@pytest.mark.parametrize(("old", "size"), [(0, 1), (0, 7), (1, 2), (3, 7), (7, 7), (8, 40), (31, 33)])
def test_growth_is_signed(old: int, size: int) -> None:
    last = log.body(old) if old else None
    assert judged(log.request(old, size).encode(), last) == log.body(size)


def test_the_bytes_of_a_request_are_the_published_ones() -> None:
    asked = log.request(3, 7)
    lines = asked.encode().split(b"\n")
    assert lines[0] == b"old 3"
    assert [line.decode() for line in lines[1:5]] == [b64(node) for node in asked.proof]
    assert lines[5] == b""
    assert read_request(asked.encode()) == asked


TRUE = log.request(3, 7).encode()
MALFORMED = {
    "no request": b"",
    "no empty line": TRUE.partition(b"\n\n")[0],
    "another first word": TRUE.replace(b"old 3", b"new 3"),
    "leading zero": TRUE.replace(b"old 3", b"old 03"),
    "negative": TRUE.replace(b"old 3", b"old -3"),
    "no number": TRUE.replace(b"old 3", b"old "),
    "too large a number": TRUE.replace(b"old 3", b"old 9223372036854775808"),
    "digits of another script": TRUE.replace(b"old 3", "old ٣".encode()),
    "carriage return": TRUE.replace(b"old 3\n", b"old 3\r\n"),
    "hash that is not base64": TRUE.replace(b"old 3\n", b"old 3\n!!\n"),
    "hash that is too short": TRUE.replace(b"old 3\n", b"old 3\nAAAA\n"),
    "64 hashes": TRUE.replace(b"old 3\n", b"old 3\n" + 64 * (b64(bytes(32)).encode() + b"\n")),
    "no signature": TRUE.partition("—".encode())[0],
    "extension line": TRUE.replace(b"=\n\n\xe2", b"=\nmore\n\n\xe2"),
    "old above size": Request(9, (), log.signed(log.body(7))).encode(),
}


@pytest.mark.parametrize("why", MALFORMED)
def test_malformed_requests_get_400(why: str) -> None:
    assert status(MALFORMED[why], log.body(3)) == (400, None)


def test_an_unknown_log_gets_404() -> None:
    with pytest.raises(WitnessRefused) as refused:
        check_asked(read_request(TRUE), {"another.example/log": log.KEYS})
    assert refused.value.status == 404


def test_a_checkpoint_the_log_did_not_sign_gets_403() -> None:
    stranger = notes.sign_text(log.ORIGIN, Ed25519PrivateKey.generate(), log.body(7).text())
    unsigned = notes.write_note(log.body(7).text(), [stranger])
    assert status(Request(0, (), unsigned).encode()) == (403, None)


def test_a_false_line_of_a_known_key_gets_403_though_another_line_is_true() -> None:
    text, lines = notes.open_note(log.signed(log.body(7)))
    changed = notes.SignatureLine(lines[0].name, lines[0].key_id, bytes(64))
    note = notes.write_note(text, [str(changed), str(lines[1])])
    assert status(Request(0, (), note).encode()) == (403, None)


@pytest.mark.parametrize("known", [0, 2, 5])
def test_another_old_size_gets_409_and_the_size_of_the_witness(known: int) -> None:
    assert status(TRUE, log.body(known) if known else None) == (409, known)


def test_a_rewritten_log_gets_422() -> None:
    other = log.request(3, 7, log.OTHER_LEAVES).encode()
    assert status(other, log.body(3)) == (422, None)
    assert status(log.request(7, 7, log.OTHER_LEAVES).encode(), log.body(7)) == (422, None)


def test_a_proof_that_is_wrong_short_or_not_needed_gets_422() -> None:
    true = log.request(3, 7)
    for proof in ((), true.proof[:-1], (*true.proof, bytes(32)), true.proof[::-1]):
        assert status(replace(true, proof=proof).encode(), log.body(3)) == (422, None)
    assert status(replace(log.request(0, 7), proof=(bytes(32),)).encode()) == (422, None)


def test_an_empty_log_has_one_root() -> None:
    assert judged(Request(0, (), log.signed(Body(log.ORIGIN, 0, EMPTY_ROOT))).encode()).size == 0
    assert status(Request(0, (), log.signed(Body(log.ORIGIN, 0, bytes(32)))).encode()) == (422, None)


def test_the_path_of_the_last_checkpoint() -> None:
    # printf 'log.example/rollbook' | sha256sum
    assert origin_path(log.ORIGIN) == "3006ebee4166389aea670f8ec987ca9de490ef931e1a9693776e8dd32e4ef3b1/checkpoint"


def test_of_an_answer_only_valid_lines_of_known_keys_are_kept() -> None:
    mine, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    key = notes.ed25519_key("w.example", mine, KeyType.ED25519_COSIGNATURE)
    lines = [notes.cosign_ed25519("w.example", private, log.body(7), 1) for private in (mine, theirs)]
    assert read_cosignatures("".join(f"{line}\n" for line in lines).encode(), log.body(7), [key]) == lines[:1]
    for answer in (b"", b"no line\n", lines[0].encode(), lines[0].encode() + b"\n\n", b"\xff\n"):
        with pytest.raises(VerificationFailed):
            read_cosignatures(answer, log.body(7), [key])
    with pytest.raises(VerificationFailed):  # of another checkpoint
        read_cosignatures(f"{lines[0]}\n".encode(), log.body(8), [key])
