"""Whatever is done to a file of any form, the answer is a return that can be judged or a refusal that is complete."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.rules import check
from rollbook.dataplane.census.untrusted import Limits
from rollbook.kernel.refusals import InputRefused
from tests import forms

FILES = forms.every_form()
TABLES = {"flat": forms.flat_members(), "oneroster-1.1": forms.roster_members(),
          "oneroster-1.2": forms.roster_members("1.2")}  # fmt: skip
LIMITS = Limits(max_bytes=2_000_000)
PIECES = [
    b",", b'"', b'""', b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b"=cmd()", b"{UPN:", b"-1", b"1e9",
    b"<", b"</Child>", b"<Child>", b"<Pupil/>", b"&x;", b"<!--", b"H,EYC,", b"C,", b"E,", b"PK\x03\x04", b"9" * 300,
    b"\x1b[2J", b"2025-02-30", b"2025-Feb-30 00:00:00", "é".encode(), b",,,,,", b"sourcedId", b"upn", b"tableid",
    b"orderseqcolumn",
]  # fmt: skip


def answer(data: bytes) -> None:
    try:
        parsed = read_any(data, "sent", limits=LIMITS)
    except InputRefused as refused:
        for reason in refused.reasons:
            assert reason.code
            assert reason.message
            assert reason.where
            assert reason.mend
        return
    for issue in check(parsed):
        member, line = parsed.place(issue.line)
        assert line >= 1
        assert bool(member) == bool(parsed.members)


def with_a_hole(content: bytes, start: int, length: int, piece: bytes) -> bytes:
    start %= len(content) + 1
    return content[:start] + piece + content[start + length :]


HOLES = (st.integers(0, 1_000_000), st.integers(0, 60), st.sampled_from(PIECES))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    answer(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_pieces_of_files(data: bytes) -> None:
    answer(data)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=150, deadline=None)
@given(*HOLES)
def test_a_file_of_each_form_with_a_hole_and_something_in_it(kind: str, start: int, length: int, piece: bytes) -> None:
    answer(with_a_hole(FILES[kind], start, length, piece))


@pytest.mark.parametrize("kind", TABLES)
@settings(max_examples=200, deadline=None)
@given(st.integers(0, 1_000), *HOLES)
def test_one_table_of_a_zip_with_a_hole_in_it(kind: str, which: int, start: int, length: int, piece: bytes) -> None:
    members = dict(TABLES[kind])
    name = sorted(members)[which % len(members)]
    answer(forms.zipped({**members, name: with_a_hole(members[name], start, length, piece)}))


@pytest.mark.parametrize("kind", TABLES)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_tables_left_out_or_swapped(kind: str, data: st.DataObject) -> None:
    members = TABLES[kind]
    kept = data.draw(st.lists(st.sampled_from(sorted(members)), unique=True))
    contents = data.draw(st.permutations([members[name] for name in kept]))
    answer(forms.zipped(dict(zip(kept, contents, strict=True))))
