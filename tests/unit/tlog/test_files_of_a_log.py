"""Tiles, bundles and released rows: files that lie about themselves are refused."""

import pytest

from rollbook.kernel.encoding import b64, sha256
from rollbook.kernel.refusals import InputRefused, VerificationFailed
from rollbook.tlog import labels
from rollbook.tlog.manifests import read_manifest, write_manifest
from rollbook.tlog.release import verify_release
from rollbook.tlog.rows import read_keys
from rollbook.tlog.seals import manifest_commit, open_seal, read_text, write_text
from rollbook.tlog.tiles import Tiles, bundle_paths, encode_bundle, split_bundles, tile_path
from tests.vectors.log_data import vectors

REF = "ab" * 32
PPID = "cd" * 16


def test_paths_of_tiles() -> None:
    assert tile_path(0, 5) == "tile/0/005"
    assert tile_path("entries", 1_234_067, 255) == "tile/entries/x001/x234/067.p/255"
    assert bundle_paths(512) == ["tile/entries/000", "tile/entries/001"]
    assert bundle_paths(513)[-1] == "tile/entries/002.p/1"


def test_a_copy_of_the_edge_grows_apart() -> None:
    tiles = Tiles()
    tiles.grow([b"a"])
    twin = tiles.copy()
    twin.grow([b"b"])
    assert (tiles.size, twin.size) == (1, 2)
    assert tiles.grow([b"c"]).keys() == {"tile/entries/000.p/2", "tile/0/000.p/2"}
    assert tiles.tree.root() != twin.tree.root()


def test_the_third_level_begins_at_65536_entries() -> None:
    tiles = Tiles()
    files = tiles.grow(b"%d" % number for number in range(65_536))
    assert len(files["tile/1/000"]) == 8192
    assert files["tile/2/000.p/1"] == tiles.tree.root()
    assert "tile/0/256" not in files


@pytest.mark.parametrize(
    ("bundles", "size"),
    [
        ([b"\x00\x01a"], 2),
        ([b"\x00\x01a\x00\x01b"], 1),
        ([b"\x00\x01a\x00"], 1),
        ([b"\x00\x02a"], 1),
        ([], 1),
        ([encode_bundle([b"x"] * 255), b"\x00\x01a"], 256),
    ],
)
def test_bundles_with_the_wrong_number_of_entries(bundles: list[bytes], size: int) -> None:
    with pytest.raises(VerificationFailed):
        split_bundles(bundles, size)


def keys_of(kind: str, columns: list[str], text: str) -> object:
    return read_keys([{"kind": kind, "columns": columns, "name": "f.csv"}], {"f.csv": text.encode()})


@pytest.mark.parametrize(
    ("kind", "columns", "text"),
    [
        ("pupil", ["row_ref", "a"], f"row_ref,b\r\n{REF},1\r\n"),
        ("pupil", ["row_ref", "a"], f"row_ref,a\r\n{REF}\r\n"),
        ("pupil", ["row_ref", "a"], f"row_ref,a\r\n{REF},1,2\r\n"),
        ("pupil", ["row_ref", "a"], f"row_ref,a\r\n{REF},1\r\n\r\n"),
        ("pupil", ["row_ref", "a"], "row_ref,a\r\n,1\r\n"),
        ("pupil", ["row_ref", "a"], f"\ufeffrow_ref,a\r\n{REF},1\r\n"),
        ("pupil", ["row_ref", "row_ref"], f"row_ref,row_ref\r\n{REF},{REF}\r\n"),
        ("pupil", ["a"], "a\r\n1\r\n"),
        ("pupil", ["ppid"], f"ppid\r\n{PPID[:-1]}\r\n"),
        ("pupil", ["row_ref", "a"], f'row_ref,a\r\n{REF},"1\r\n'),
        ("pupil", ["row_ref"], "PAR1"),
        ("pupil", ["row_ref"], ""),
        ("reference", ["row_ref"], f"row_ref\r\n{REF}\r\n"),
        ("pairs", ["row_ref", "ppid"], f"row_ref,ppid\r\n{REF},{PPID}\r\n"),
    ],
)
def test_files_that_are_not_what_the_manifest_says(kind: str, columns: list[str], text: str) -> None:
    with pytest.raises(VerificationFailed) as refused:
        keys_of(kind, columns, text)
    assert refused.value.reasons[0].where == "f.csv"


def test_two_files_of_pairs_are_refused() -> None:
    line = {"kind": "pairs", "columns": ["ppid", "row_ref"], "name": "f.csv"}
    with pytest.raises(VerificationFailed):
        read_keys([line, line], {"f.csv": f"ppid,row_ref\r\n{PPID},{REF}\r\n".encode()})


def test_a_set_opened_in_a_safe_setting_is_checked_against_the_rows_collected() -> None:
    case = vectors("release")["cases"][0]
    kept = vectors("padded_set")["sets"][0]
    refs = [bytes.fromhex(ref) for ref in kept["row_refs"]]
    origin = "log.example.gov.uk/rollbook"
    manifest = write_manifest(
        did=bytes.fromhex(kept["did"]),
        epoch="2026-09",
        origin=origin,
        pad_seed=bytes.fromhex(kept["pad_seed"]),
        pupils=5,
    )
    commit = b64(sha256(b"rollbook/manifest/v1".ljust(32, b"\0") + manifest))
    old = read_manifest(case["manifest"].encode())
    assert old["did"] == read_manifest(manifest)["did"]
    entry = case["entry"].replace(vectors("commitments")["manifest"]["commit_b64"], commit).encode()
    assert verify_release(entry, manifest, {}, origin, refs)["set"]["epoch"] == "2026-09"
    for wrong in (refs[:-1], [*refs, bytes(32)], [*refs[:-1], bytes(32)]):
        with pytest.raises(VerificationFailed):
            verify_release(entry, manifest, {}, origin, wrong)
    with pytest.raises(VerificationFailed):
        verify_release(entry, manifest, {}, "other.example", refs)
    fewer = manifest.replace(b'"pupils":5', b'"pupils":4')
    recommitted = entry.replace(commit.encode(), manifest_commit(fewer).encode())
    with pytest.raises(VerificationFailed) as refused:
        verify_release(recommitted, fewer, {}, origin, refs)
    assert refused.value.reasons[0].code == "count"


@pytest.mark.parametrize(
    "document",
    [b"text", b"rollbook/text@v1\n" + b"0" * 31 + b"\n\nx", b"rollbook/text@v1\n" + b"G" * 32 + b"\n\nx",
     b"rollbook/text@v1\n" + b"0" * 32 + b"\nx", b"rollbook/text@v1\n" + b"0" * 32 + b"\n\n\xff"],
)  # fmt: skip
def test_texts_without_their_header_are_refused(document: bytes) -> None:
    with pytest.raises(VerificationFailed):
        read_text(document)


def test_a_text_may_hold_empty_lines() -> None:
    assert read_text(write_text("a\n\nb", bytes(16))) == "a\n\nb"


@pytest.mark.parametrize("change", [("salt", bytes(32)), ("salt", b"short"), ("body", b"{}"), ("body", b"no json")])
def test_a_seal_opens_with_its_own_facts_only(change: tuple[str, bytes]) -> None:
    seal = vectors("commitments")["seal"]
    given = {"salt": bytes.fromhex(seal["salt"]), "body": seal["body"].encode()}
    open_seal(seal["commit_b64"], **given)
    with pytest.raises(VerificationFailed):
        open_seal(seal["commit_b64"], **{**given, change[0]: change[1]})


@pytest.mark.parametrize(
    "pupil_id", ["V999400026000", "upn:v999400026000", "upn:V99940002600", "uln:123", "x:1", "upn:V999400026000\n"]
)
def test_identifiers_of_no_known_form_have_no_secret(pupil_id: str) -> None:
    with pytest.raises(InputRefused) as refused:
        labels.alpha("2026-09", pupil_id)
    assert pupil_id not in str(refused.value)


@pytest.mark.parametrize("epoch", ["2026-9", "2026-13", "26-09", "2026-09\n"])
def test_months_of_no_known_form_have_no_secret(epoch: str) -> None:
    with pytest.raises(InputRefused):
        labels.alpha(epoch, "upn:V999400026000")
