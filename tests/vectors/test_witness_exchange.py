"""Bytes that another implementation of `tlog-witness` sent and answered, kept from a real exchange on the loopback.

`aics-witness` 0.1.0 needs a newer Python than this project's oldest, so that it is not installed here: its answers are
held against ours, and the requests of its feeder are given to our witness again.
"""

from pathlib import Path
from typing import Any

import pytest

from rollbook.kernel.refusals import VerificationFailed
from rollbook.services.outside import witness
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.notes import open_note, parse_key, verify_line
from rollbook.tlog.trust import parse_policy
from rollbook.tlog.witness import Request, WitnessRefused, origin_path, read_cosignatures, read_request
from tests import log_keys as log
from tests.vectors.log_data import vectors

EXCHANGE = vectors("witness_exchange")
NOW = 2**40


def made(tmp_path: Path, size: int) -> witness.Witness:
    """Our witness after it has cosigned the log of `size` entries."""
    witness.create(tmp_path, "witness.example/one")
    ours = witness.Witness(tmp_path, witness.logs_of(log.POLICY))
    ours.add_checkpoint(log.request(0, size).encode(), NOW)
    return ours


@pytest.mark.parametrize("case", EXCHANGE["exchanges"], ids=lambda case: case["what"].replace(" ", "-"))
def test_ours_answers_as_the_other_witness_did(case: dict[str, Any], tmp_path: Path) -> None:
    ours = made(tmp_path, 9 if case["what"] == "growth" else 12)
    body = read_request(case["request"].encode())
    if case["status"] == 200:
        (line,) = read_cosignatures(case["answer"].encode(), log.body(12), [parse_key(EXCHANGE["witness"])])
        assert f"{line}\n" == case["answer"]
        ours.add_checkpoint(case["request"].encode(), NOW)
    else:
        with pytest.raises(WitnessRefused) as refused:
            ours.add_checkpoint(body.encode(), NOW)
        assert refused.value.status == case["status"]
        if case["type"] == "text/x.tlog.size":
            assert f"{refused.value.size}\n" == case["answer"]
    ours.close()


@pytest.mark.parametrize("number", range(len(EXCHANGE["sent_by_feeder"])))
def test_what_its_feeder_sent_is_what_we_would_send(number: int) -> None:
    sent = EXCHANGE["sent_by_feeder"][number]["request"].encode()
    read = read_request(sent)
    assert Request(read.old, read.proof, read.note).encode() == sent


def test_its_feeder_is_answered_as_it_was(tmp_path: Path) -> None:
    witness.create(tmp_path, "witness.example/one")
    ours = witness.Witness(tmp_path, witness.logs_of(log.POLICY))
    statuses = []
    for sent in EXCHANGE["sent_by_feeder"]:
        try:
            ours.add_checkpoint(sent["request"].encode(), NOW)
            statuses.append(200)
        except WitnessRefused as refused:
            statuses.append(refused.status)
    assert statuses == [sent["status"] for sent in EXCHANGE["sent_by_feeder"]]
    ours.close()


def test_the_checkpoint_it_served_verifies_here() -> None:
    kept = EXCHANGE["monitoring"]
    policy = log.POLICY.replace("quorum none\n", f"witness aics {EXCHANGE['witness']}\nquorum aics\n")
    assert kept["path"] == origin_path(log.ORIGIN)
    # It keeps only lines it can verify, so the ML-DSA-44 line of the log is not among them.
    with pytest.raises(VerificationFailed, match="signature of the log itself is missing"):
        verify_checkpoint(kept["checkpoint"].encode(), parse_policy(policy), NOW, fresh=False)
    text, lines = open_note(kept["checkpoint"].encode())
    assert [line.name for line in lines] == [log.ORIGIN, "witness.aics.example/w1"]
    for key, line in zip((log.KEYS[0], parse_key(EXCHANGE["witness"])), lines, strict=True):
        verify_line(key, line, text, log.body(12))
