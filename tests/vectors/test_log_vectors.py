"""Every vector file of the log's specification, in both directions where the format has two."""

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from pymerkle import InmemoryTree

from rollbook.kernel import canonical
from rollbook.kernel.encoding import b64, sha256, tag, unb64
from rollbook.kernel.refusals import InputRefused, VerificationFailed
from rollbook.tlog import bundle, labels, notes, receipt, release, seals, tiles, tree, trie_proof, vrf
from rollbook.tlog.audit import audit
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.trie import Trie
from tests.vectors.log_data import NOW, entries, log300, log_files, policy, vectors


def by_why(name: str, part: str) -> list[Any]:
    return [pytest.param(case, id=case.get("why", "").replace(" ", "-")) for case in vectors(name)[part]]


def trie_of(case: dict[str, Any]) -> Trie:
    if case["labels"] != "rule":
        return Trie(bytes.fromhex(label) for label in case["labels"])
    return Trie(sha256(f"rollbook/vector/label/{number}".encode()) for number in range(case["n"]))


# canonical_json.json


@pytest.mark.parametrize("text", vectors("canonical_json")["accept"])
def test_canonical_text_comes_back_as_it_was(text: str) -> None:
    assert canonical.dumps(canonical.loads(text.encode())) == text.encode()


@pytest.mark.parametrize("case", by_why("canonical_json", "reject"))
def test_any_other_text_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(InputRefused):
        canonical.loads(case["text"].encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("case", by_why("canonical_json", "reject_bytes"))
def test_bytes_that_are_not_utf_8_are_refused(case: dict[str, str]) -> None:
    with pytest.raises(InputRefused):
        canonical.loads(bytes.fromhex(case["bytes"]))


# label.json, padding.json


@pytest.mark.parametrize("case", vectors("label")["cases"], ids=lambda case: case["pupil_id"])
def test_secret_row_reference_and_label(case: dict[str, str]) -> None:
    secret_key, did = bytes.fromhex(case["vrf_sk"]), bytes.fromhex(case["did"])
    alpha = labels.alpha(case["epoch"], case["pupil_id"])
    beta = vrf.evaluate(secret_key, alpha)
    assert alpha.hex() == case["alpha"]
    assert vrf.public_key(secret_key).hex() == case["vrf_pk"]
    assert vrf.prove(secret_key, alpha).hex() == case["pi"]
    assert vrf.verify(bytes.fromhex(case["vrf_pk"]), alpha, bytes.fromhex(case["pi"])) == beta
    assert (beta.hex(), labels.secret(beta).hex()) == (case["beta"], case["y"])
    assert labels.row_ref(did, labels.secret(beta)).hex() == case["row_ref"]
    assert labels.label(did, labels.secret(beta)).hex() == case["label"]


@pytest.mark.parametrize("case", vectors("label")["vrf_reject"], ids=lambda case: case["reason"])
def test_vrf_inputs_to_refuse(case: dict[str, str]) -> None:
    with pytest.raises(VerificationFailed):
        vrf.verify(*(bytes.fromhex(case[name]) for name in ("vrf_pk", "alpha", "pi")))


@pytest.mark.parametrize(("n", "size"), vectors("padding")["padded"])
def test_padded_size(n: int, size: int) -> None:
    assert labels.padded(n) == size
    assert labels.is_padded(size)
    assert labels.smallest_n(size) <= n <= size


@pytest.mark.parametrize("size", vectors("padding")["not_a_padded_size"])
def test_sizes_that_padding_cannot_give(size: int) -> None:
    assert not labels.is_padded(size)


def test_dummy_labels() -> None:
    seed, wanted = bytes.fromhex(vectors("padding")["pad_seed"]), vectors("padding")["dummies"]
    assert [[number, labels.dummy(seed, number).hex()] for number, _ in wanted] == wanted
    assert list(labels.dummies(seed, 2)) == [labels.dummy(seed, 0), labels.dummy(seed, 1)]


# trie.json, trie_proofs.json, padded_set.json


@pytest.mark.parametrize("case", vectors("trie")["tries"], ids=lambda case: case["name"])
def test_trie_root(case: dict[str, Any]) -> None:
    assert trie_of(case).root().hex() == case["root"]


@pytest.mark.parametrize("case", by_why("trie", "builder_must_refuse"))
def test_sets_a_builder_must_refuse(case: dict[str, Any]) -> None:
    with pytest.raises(InputRefused):
        trie_of(case)


@pytest.mark.parametrize("case", vectors("trie_proofs")["accept"], ids=lambda case: f"{case['trie']}-{case['why']}")
def test_trie_proof_to_accept(case: dict[str, str]) -> None:
    label, proof = bytes.fromhex(case["label"]), bytes.fromhex(case["proof"])
    (made_from,) = [made for made in vectors("trie")["tries"] if made["name"] == case["trie"]]
    assert trie_of(made_from).prove(label) == proof
    assert trie_proof.check(proof, label, bytes.fromhex(case["root"])) == (case["result"] == "in")


@pytest.mark.parametrize("case", by_why("trie_proofs", "reject"))
def test_trie_proof_to_refuse(case: dict[str, str]) -> None:
    with pytest.raises(VerificationFailed):
        trie_proof.check(*(bytes.fromhex(case[name]) for name in ("proof", "label", "root")))


@pytest.mark.parametrize("case", vectors("padded_set")["sets"], ids=lambda case: f"{case['n']}")
def test_padded_set(case: dict[str, Any]) -> None:
    did, seed, rule = bytes.fromhex(case["did"]), bytes.fromhex(case["pad_seed"]), case["y"] == "rule"
    secrets = (
        [sha256(f"rollbook/vector/y/{number}".encode()) for number in range(case["n"])]
        if rule
        else [bytes.fromhex(y) for y in case["y"]]
    )
    refs = [labels.row_ref(did, y) for y in secrets]
    members = [labels.label_of_row(ref) for ref in refs]
    made = Trie([*members, *labels.dummies(seed, labels.padded(case["n"]) - case["n"])])
    assert len(made) == case["size_padded"]
    assert hashlib.sha256(made.store()).hexdigest() == case["labels_sha256"]
    assert made.root().hex() == case["root"]
    assert rule or [ref.hex() for ref in refs] == case["row_refs"]
    for proof in case.get("proofs", []):
        assert made.prove(bytes.fromhex(proof["label"])).hex() == proof["proof"]


# commitments.json


def test_commitments() -> None:
    case = vectors("commitments")
    text, seal = case["text"], case["seal"]
    document = seals.write_text(text["text"], bytes.fromhex(text["salt"]))
    assert document == text["file"].encode()
    assert sha256(document).hex() == text["sha256"]
    assert seals.read_text(document) == text["text"]
    assert seals.manifest_commit(case["manifest"]["text"].encode()) == case["manifest"]["commit_b64"]
    assert seals.output_commit(case["output"]["text"].encode()) == case["output"]["commit_b64"]
    assert seals.seal_commit(bytes.fromhex(seal["salt"]), seal["body"].encode()) == seal["commit_b64"]
    assert seals.open_seal(seal["commit_b64"], bytes.fromhex(seal["salt"]), seal["body"].encode())["purpose"]
    assert {name: tag(name).hex() for name in case["nul_padded_tags"]} == case["nul_padded_tags"]


# checkpoint.json


@pytest.mark.parametrize("key", vectors("checkpoint")["keys"], ids=lambda key: f"{key['name']}-{key['type']}")
def test_keys_from_their_seeds(key: dict[str, Any]) -> None:
    seed = bytes.fromhex(key["seed"])
    if key["type"] == notes.KeyType.ML_DSA_44_COSIGNATURE:
        made = notes.ml_dsa_key(key["name"], MLDSA44PrivateKey.from_seed_bytes(seed))
        assert sha256(made.public).hex() == key["public_sha256"]
    else:
        private = Ed25519PrivateKey.from_private_bytes(seed)
        made = notes.ed25519_key(key["name"], private, notes.KeyType(key["type"]))
        assert made.public.hex() == key["public"]
        assert str(made) == key["vkey"]
    assert made.id.hex() == key["key_id"]
    assert notes.parse_key(str(made)) == made


def test_signed_messages() -> None:
    case = vectors("checkpoint")
    body = notes.Body(case["origin"], case["size"], unb64(case["root"]))
    ed25519, ml_dsa = case["cosignature_ed25519"], case["cosignature_ml_dsa_44"]
    first = Ed25519PrivateKey.from_private_bytes(bytes([1] * 32))
    assert body.text() == case["body"]
    assert notes.sign_text(case["origin"], first, body.text()) == case["ed25519_log_line"].strip()
    assert notes.cosignature_message(body, ed25519["time"]).hex() == ed25519["message"]
    assert notes.subtree_message(ml_dsa["name"], body, ml_dsa["time"]).hex() == ml_dsa["message"]
    (witness,) = [key for key in case["keys"] if (key["name"], key["type"]) == (ed25519["name"], 4)]
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(witness["seed"]))
    assert notes.cosign_ed25519(ed25519["name"], private, body, ed25519["time"]) == ed25519["line"].strip()


@pytest.mark.parametrize("case", by_why("checkpoint", "cases"))
def test_notes_to_accept_and_refuse(case: dict[str, Any]) -> None:
    if case["accept"]:
        assert verify_checkpoint(case["note"].encode(), policy(), case["now"], fresh=True).time == case["t_q"]
    else:
        with pytest.raises(VerificationFailed):
            verify_checkpoint(case["note"].encode(), policy(), case["now"], fresh=True)


# tlog_proof.json


@pytest.mark.parametrize("case", vectors("tlog_proof")["inclusion"], ids=lambda case: f"entry-{case['index']}")
def test_inclusion_proof(case: dict[str, Any]) -> None:
    proof = [unb64(node) for node in case["hashes"]]
    assert tree.inclusion_proof(log300().leaves, case["index"]) == proof
    tree.verify_inclusion(case["index"], 300, unb64(case["leaf_hash"]), proof, log300().checkpoint.body.root)


def test_receipt_proof() -> None:
    file, entry = vectors("tlog_proof")["file"].encode(), vectors("tlog_proof")["entry"].encode()
    index, checkpoint = receipt.verify_proof(file, entry, policy(), NOW)
    assert index == 7
    assert receipt.write_proof(7, tree.inclusion_proof(log300().leaves, 7), checkpoint.note) == file


# log300.json


@pytest.mark.parametrize("batches", [[300], [1] * 300, [100, 156, 1, 43]], ids=["at-once", "singly", "in-parts"])
def test_files_of_the_log(batches: list[int]) -> None:
    growing, files, at = tiles.Tiles(), {"checkpoint": vectors("log300")["checkpoint"].encode()}, 0
    for size in batches:
        files |= growing.grow(entries()[at : at + size])
        at += size
    wanted = vectors("log300")["files"]
    assert {path: (len(files[path]), sha256(files[path]).hex()) for path in wanted} == {
        path: (file["bytes"], file["sha256"]) for path, file in wanted.items()
    }
    assert growing.tree.root() == log300().checkpoint.body.root


def test_no_other_file_is_made_at_once() -> None:
    assert log_files().keys() == vectors("log300")["files"].keys()


@pytest.mark.parametrize(("size", "root"), vectors("log300")["roots"].items())
def test_roots_at_every_size(size: str, root: str) -> None:
    assert b64(log300().root_at(int(size))) == root


def test_roots_agree_with_another_implementation() -> None:
    other = InmemoryTree.init_from_entries(entries(), algorithm="sha256")
    assert all(other.get_root(size) == log300().root_at(size) for size in (1, 2, 3, 64, 255, 256, 257, 300))


@pytest.mark.parametrize("case", vectors("log300")["consistency"], ids=lambda case: f"{case['old']}-{case['new']}")
def test_consistency_proofs(case: dict[str, Any]) -> None:
    old, new, proof = case["old"], case["new"], [unb64(node) for node in case["hashes"]]
    assert tree.consistency_proof(log300().leaves[:new], old) == proof
    tree.verify_consistency(old, log300().root_at(old), new, log300().root_at(new), proof)


def test_the_log_has_no_fault_and_its_documents_have_their_hashes() -> None:
    assert log300().faults == ()
    assert log300().history.unverifiable() == []
    for digest, text in vectors("log300")["documents"].items():
        assert sha256(text.encode()).hex() == digest
        assert seals.read_text(text.encode())


# log_rules.json


def changed_log(case: dict[str, Any]) -> list[bytes]:
    raws: dict[int, str | None] = dict(enumerate(vectors("log300")["entries"][: vectors("log_rules")["first"]]))
    raws |= {int(index): raw for index, raw in case["change"].items()}
    end = min((index for index, raw in raws.items() if raw is None), default=len(raws))
    return [str(raws[index]).encode() for index in range(end)]


@pytest.mark.parametrize("case", by_why("log_rules", "accept"))
def test_logs_without_fault(case: dict[str, Any]) -> None:
    history, faults = audit(changed_log(case), vectors("log300")["origin"])
    assert faults == ()
    assert history.unverifiable() == case["unverifiable"]


@pytest.mark.parametrize(
    "case", vectors("log_rules")["reject"], ids=lambda case: f"{case['rule']}-{case['why'].replace(' ', '-')}"
)
def test_the_first_rule_a_log_breaks(case: dict[str, Any]) -> None:
    _history, faults = audit(changed_log(case), vectors("log300")["origin"])
    assert faults[0].rule == case["rule"]


# release.json


@pytest.mark.parametrize(
    ("check", "case"),
    [(release.verify_release, case) for case in vectors("release")["cases"]]
    + [(release.verify_output, case) for case in vectors("release")["outputs"]],
    ids=lambda value: value["why"].replace(" ", "-") if isinstance(value, dict) else value.__name__,
)
def test_releases_and_outputs(check: Any, case: dict[str, Any]) -> None:
    files = {name: text.encode() for name, text in case["files"].items()}
    given = (case["entry"].encode(), case["manifest"].encode(), files, vectors("log300")["origin"])
    if case["accept"]:
        assert check(*given)["id"]
    else:
        with pytest.raises(VerificationFailed):
            check(*given)


# pupil_bundle.json


@pytest.mark.parametrize("case", by_why("pupil_bundle", "cases"))
def test_bundles_with_their_verdicts(case: dict[str, Any]) -> None:
    data = case["bundle"].encode()
    if case["verdict"] == "invalid":
        with pytest.raises(VerificationFailed):
            bundle.verify(data, case["pupil_id"], log300(), policy(), NOW)
        return
    verdict = bundle.verify(data, case["pupil_id"], log300(), policy(), NOW)
    assert ("complete" if verdict.complete else "incomplete") == case["verdict"]
    assert list(verdict.missing) == case["missing"]
    assert {str(index): word for index, word in verdict.results.items() if word != "missing"} == case["results"]
    read = bundle.read(data)
    made = bundle.write(epoch=read.epoch, pi=read.pi, lines=list(read.lines), checkpoint=read.checkpoint)
    assert made == data
