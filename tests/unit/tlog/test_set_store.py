"""A set in parts gives the root and the proofs of the one trie over the same labels, whatever their shape."""

import hashlib

import pytest

from rollbook.kernel.refusals import InputRefused, StateBroken
from rollbook.tlog.set_store import INDEX, Index, build, read_index
from rollbook.tlog.trie import Trie
from rollbook.tlog.trie_proof import check


def hashes(word: str, count: int) -> list[bytes]:
    return [hashlib.sha256(f"{word} {number}".encode()).digest() for number in range(count)]


SHAPES = {
    "spread": lambda labels: labels,
    "deep": lambda labels: [bytes(10) + label[10:] for label in labels],
    "two ends": lambda labels: [(b"\x00\x00", b"\xff\xff")[n % 2] + label[2:] for n, label in enumerate(labels)],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("expected", [0, 5_000, 9_000_000])
def test_root_and_every_proof_are_those_of_the_whole_trie(shape: str, expected: int) -> None:
    # Sixteen thousand parts take their time, whatever is in them.
    for count in (0, 1, 2, 3, 40, 700) if expected < 9_000_000 else (1, 40):
        labels = SHAPES[shape](hashes("member", count))
        parts: dict[int, bytes] = {}
        built = build(labels, expected, parts.__setitem__)
        whole, index = Trie(labels), read_index(parts[INDEX], built.bits)
        assert (index.root, index.size) == (whole.root(), count)
        strangers = [*hashes("stranger", 10), bytes(31) + b"\x01", b"\xff" * 32]
        for label in [*labels[:20], *strangers]:
            proof = index.prove(label, parts[index.part_of(label)])
            assert proof == whole.prove(label)
            assert check(proof, label, index.root) == (label in labels)


def test_nine_million_are_cut_into_parts_of_some_hundreds() -> None:
    assert [build([], n, lambda number, part: None).bits for n in (1_024, 100_000, 9_175_040)] == [1, 7, 14]


def test_labels_that_repeat_and_an_index_cut_short_are_refused() -> None:
    with pytest.raises(InputRefused):
        build([bytes(32), bytes(32)], 2, lambda number, part: None)
    index: Index = build(hashes("member", 3), 3, lambda number, part: None)
    with pytest.raises(StateBroken):
        read_index(index.write()[:-1], index.bits)
