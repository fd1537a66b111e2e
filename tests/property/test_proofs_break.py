"""Every proof of the log verifies, and every changed, cut or lengthened one fails."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.kernel.encoding import sha256
from rollbook.kernel.refusals import VerificationFailed
from rollbook.tlog import bundle, labels, receipt, tree, trie_proof, vrf
from rollbook.tlog.trie import Trie
from tests.vectors.log_data import NOW, log300, policy, vectors

LABELS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)
# Labels that share long prefixes are where a trie goes wrong; random ones almost never do.
NEAR = st.lists(st.integers(0, 2**12), min_size=1, max_size=30, unique=True).map(
    lambda ends: [bytes(29) + (end << 8).to_bytes(3) for end in ends]
)
SECRET = (1).to_bytes(32, "little")


def slow_root(members: list[bytes], depth: int = 0) -> bytes:
    """The trie's definition, word for word."""
    if not members:
        return bytes(32)
    if len(members) == 1:
        return sha256(b"\x00" + members[0])
    sides = [[m for m in members if (m[depth >> 3] >> (7 - (depth & 7)) & 1) == bit] for bit in (0, 1)]
    return sha256(b"\x01" + slow_root(sides[0], depth + 1) + slow_root(sides[1], depth + 1))


def mutations(data: bytes, flip: int) -> list[bytes]:
    """One changed bit, each cut at the end, one more byte at either end."""
    at = flip % (8 * len(data))
    changed = bytearray(data)
    changed[at >> 3] ^= 1 << (at & 7)
    return [bytes(changed), data[:-1], data[: len(data) // 2], data + b"\x00", b"\x00" + data]


def refuses(check: object, *args: object) -> None:
    with pytest.raises(VerificationFailed):
        check(*args)  # type: ignore[operator]


@settings(max_examples=60, deadline=None)
@given(st.one_of(LABELS, NEAR))
def test_the_quick_trie_is_the_defined_one(members: list[bytes]) -> None:
    assert Trie(members).root() == slow_root(members)
    assert Trie.from_store(Trie(members).store()).root() == slow_root(members)


@settings(max_examples=60, deadline=None)
@given(st.one_of(LABELS, NEAR), st.binary(min_size=32, max_size=32), st.integers(0, 2**16))
def test_each_label_has_one_answer(members: list[bytes], stranger: bytes, flip: int) -> None:
    trie, root = Trie(members), slow_root(members)
    for label in (members[0], members[-1], stranger):
        proof = trie.prove(label)
        assert trie_proof.check(proof, label, root) == (label in members)
        for broken in mutations(proof, flip):
            refuses(trie_proof.check, broken, label, root)
        refuses(trie_proof.check, proof, label, sha256(root))


@settings(max_examples=40, deadline=None)
@given(LABELS, st.binary(min_size=32, max_size=32))
def test_a_set_with_one_pupil_more_or_less_has_another_root(members: list[bytes], newcomer: bytes) -> None:
    root = Trie(members).root()
    assert Trie(members[1:]).root() != root
    if newcomer not in members:
        assert Trie([*members, newcomer]).root() != root


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    leaves = [tree.leaf_hash(bytes([number])) for number in range(size)]
    index, root = data.draw(st.integers(0, size - 1)), tree.root_of(leaves)
    proof = tree.inclusion_proof(leaves, index)
    tree.verify_inclusion(index, size, leaves[index], proof, root)
    refuses(tree.verify_inclusion, index, size, leaves[index], [*proof, root], root)
    refuses(tree.verify_inclusion, index, size, sha256(leaves[index]), proof, root)
    refuses(tree.verify_inclusion, size, size, leaves[index], proof, root)
    for place in range(len(proof)):
        refuses(tree.verify_inclusion, index, size, leaves[index], [*proof[:place], *proof[place + 1 :]], root)
        changed = [*proof[:place], sha256(proof[place]), *proof[place + 1 :]]
        refuses(tree.verify_inclusion, index, size, leaves[index], changed, root)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.data())
def test_consistency(new: int, data: st.DataObject) -> None:
    leaves = [tree.leaf_hash(bytes([number])) for number in range(new)]
    old = data.draw(st.integers(1, new))
    roots = tree.root_of(leaves[:old]), tree.root_of(leaves)
    proof = tree.consistency_proof(leaves, old)
    tree.verify_consistency(old, roots[0], new, roots[1], proof)
    refuses(tree.verify_consistency, old, roots[0], new, roots[1], [*proof, roots[1]])
    refuses(tree.verify_consistency, old, sha256(roots[0]), new, roots[1], proof)
    refuses(tree.verify_consistency, old, roots[0], new, sha256(roots[1]), proof)
    for place in range(len(proof)):
        refuses(tree.verify_consistency, old, roots[0], new, roots[1], [*proof[:place], *proof[place + 1 :]])
        changed = [*proof[:place], sha256(proof[place]), *proof[place + 1 :]]
        refuses(tree.verify_consistency, old, roots[0], new, roots[1], changed)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 2**16))
def test_vrf_proofs(alpha: bytes, flip: int) -> None:
    public, proof = vrf.public_key(SECRET), vrf.prove(SECRET, alpha)
    assert vrf.verify(public, alpha, proof) == vrf.evaluate(SECRET, alpha)
    for broken in mutations(proof, flip):
        refuses(vrf.verify, public, alpha, broken)
    refuses(vrf.verify, public, alpha + b"x", proof)
    # The same number, written with the group order added: a second encoding of one proof.
    s = int.from_bytes(proof[48:], "little") + vrf.ORDER
    refuses(vrf.verify, public, alpha, proof[:48] + s.to_bytes(32, "little"))
    refuses(vrf.verify, vrf.public_key((2).to_bytes(32, "little")), alpha, proof)


@pytest.mark.parametrize("number", [0, 3, 4])
def test_no_part_of_a_bundle_can_be_changed(number: int) -> None:
    case = vectors("pupil_bundle")["cases"][number]
    data = case["bundle"].encode()
    answer = bundle.verify(data, case["pupil_id"], log300(), policy(), NOW).results
    signed = data.index(b"\n\n") + 2
    # Lines of witnesses may be dropped while the quorum stands, so a cut or change there can leave a true bundle. A
    # change of the pupil's own part never can, nor may any change give another answer.
    for at in [*range(0, signed, 7), *range(signed, len(data), 97)]:
        for changed in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:at] + data[at + 1 :], data[:at]):
            try:
                verdict = bundle.verify(changed, case["pupil_id"], log300(), policy(), NOW)
            except VerificationFailed:
                continue
            assert at >= signed
            assert verdict.results == answer


def test_no_part_of_a_receipt_can_be_changed() -> None:
    file, entry = vectors("tlog_proof")["file"].encode(), vectors("tlog_proof")["entry"].encode()
    signed = file.index(b"\n\n") + 2
    for at in range(signed):
        for changed in (file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :], file[:at] + file[at + 1 :], file[:at]):
            refuses(receipt.verify_proof, changed, entry, policy(), NOW)
    for at in range(len(entry)):
        refuses(receipt.verify_proof, file, entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :], policy(), NOW)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_padding_hides_within_its_own_steps(n: int) -> None:
    size = labels.padded(n)
    assert size >= max(n, 1024)
    assert labels.padded(size) == size
    assert labels.padded(labels.smallest_n(size)) == size
