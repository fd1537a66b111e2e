"""`rollbook verify-release` on files that left: every case of the vectors, with the step that failed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rollbook.cli import verify_release as command
from rollbook.kernel.refusals import InputRefused, VerificationFailed
from rollbook.services.outside.verify_release import verify
from rollbook.tlog import notes
from rollbook.tlog.receipt import write_proof
from rollbook.tlog.trust import write_policy
from tests.unit.tlog.test_verify_for_people import ED25519, ML_DSA, ORIGIN, signed_log, write_files
from tests.vectors.log_data import NOW, vectors

CASES = vectors("release")["cases"] + vectors("release")["outputs"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    keys = notes.ed25519_key(ORIGIN, ED25519), notes.ml_dsa_key(ORIGIN, ML_DSA)
    (tmp_path / "policy").write_text(write_policy(keys))
    return tmp_path


def lay_out(place: Path, case: dict[str, Any]) -> None:
    """Files, receipt and a log that holds the case's entry alone."""
    for name in ("files", "proof", "log"):
        shutil.rmtree(place / name, ignore_errors=True)
        (place / name).mkdir()
    entry = case["entry"].encode()
    log = signed_log([entry])
    write_files(place / "log", log)
    write_files(place / "files", {name: text.encode() for name, text in case["files"].items()})
    proof = {"entry.json": entry, "manifest.json": case["manifest"].encode()}
    write_files(place / "proof", {**proof, "receipt.tlog-proof": write_proof(0, [], log["checkpoint"])})


def run(place: Path, **more: Any) -> Any:
    return verify(files=place / "files", proof=place / "proof", policy=place / "policy", now=NOW, **more)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_every_case_of_the_vectors_is_told_with_its_step(place: Path, case: dict[str, Any]) -> None:
    lay_out(place, case)
    if case.get("collected"):
        return
    if case["accept"]:
        verdict = run(place)
        assert verdict.index == 0
        assert not verdict.logged
        assert "no independent witness" in verdict.warning
        return
    with pytest.raises(VerificationFailed) as refused:
        run(place)
    assert all(reason.where.startswith("step ") for reason in refused.value.reasons)


def test_a_receipt_of_another_entry_log_or_signature_is_refused(place: Path) -> None:
    lay_out(place, CASES[0])
    proof = place / "proof/receipt.tlog-proof"
    right = proof.read_bytes()
    others = right.replace(b"index 0", b"index 1"), right.replace(b"\n1\n", b"\n2\n")
    for wrong in (*others, right[:-8] + b"AAAAAA=\n", b""):
        proof.write_bytes(wrong)
        with pytest.raises(VerificationFailed, match="step 1 of 8"):
            run(place)
    proof.unlink()
    with pytest.raises(InputRefused):
        run(place)


def test_the_log_itself_is_read_where_it_is_named(place: Path) -> None:
    """A log of one entry that is no genesis breaks the rules; one that holds another entry there is worse."""
    lay_out(place, CASES[0])
    with pytest.raises(VerificationFailed, match="L3"):
        run(place, log=str(place / "log"))
    raws = [entry.encode() for entry in vectors("log300")["entries"]]
    place_of = next(n for n, raw in enumerate(raws) if raw == CASES[0]["entry"].encode())
    write_files(place / "log", signed_log(raws))
    with pytest.raises(VerificationFailed, match="another entry"):
        run(place, log=str(place / "log"))
    assert place_of > 0


def test_it_is_said_in_words_with_the_limits(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(place, CASES[0])
    command._show(run(place))
    said = capsys.readouterr().out
    pupils = json.loads(CASES[0]["manifest"])["pupils"]
    for words in ("ACCEPTED", f"the {pupils} pupils", "University of Example", "What this cannot prove", "--log"):
        assert words in said
