"""Proofs made from tiles are those made from all leaves, at every size, and a tile that lies is found out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.kernel.refusals import VerificationFailed
from rollbook.tlog import tree
from rollbook.tlog.tile_proofs import TileTree
from rollbook.tlog.tiles import Tiles

RAWS = [b"%d" % number for number in range(66_000)]
LEAVES = [tree.leaf_hash(raw) for raw in RAWS]
EDGES = st.sampled_from([1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000])


@settings(max_examples=25)
@given(st.one_of(EDGES, st.integers(1, 3000)), st.data())
def test_tiles_give_the_same_proofs(size: int, data: st.DataObject) -> None:
    files = Tiles().grow(RAWS[:size])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    made = TileTree(size, files.__getitem__)
    assert made.root() == tree.root_of(LEAVES[:size])
    assert made.inclusion(index) == tree.inclusion_proof(LEAVES[:size], index)
    assert made.consistency(old) == tree.consistency_proof(LEAVES[:size], old)


@pytest.mark.parametrize("change", [lambda tile: tile[:-1], lambda tile: tile + b"\0", lambda tile: b""])
def test_a_tile_of_the_wrong_length_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    files = Tiles().grow(RAWS[:300])
    with pytest.raises(VerificationFailed, match="wrong length"):
        TileTree(300, lambda path: change(files[path])).inclusion(299)


def test_a_tile_with_a_changed_hash_gives_a_proof_that_fails() -> None:
    files = Tiles().grow(RAWS[:300])
    root = tree.root_of(LEAVES[:300])
    proof = TileTree(300, lambda path: bytes(len(files[path]))).inclusion(299)
    with pytest.raises(VerificationFailed, match="not in the log"):
        tree.verify_inclusion(299, 300, LEAVES[299], proof, root)
