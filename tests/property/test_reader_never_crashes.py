"""Whatever bytes come in, the reader answers with a return or with a refusal that says what, where and how to mend."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.dataplane.census.examples import model_return
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import check
from rollbook.kernel.refusals import InputRefused

MODEL = model_return()
PIECES = [
    b"<Message>", b"</Message>", b"<Header>", b"</Header>", b"<Pupils>", b"</Pupils>", b"<PupilsOnRoll>", b"<UPN>",
    b"&#0;", b"&amp;", b"&x;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<!DOCTYPE a>", b"<?xml?>", b"\xff", b"\x00",
    b"<PupilOnRoll/>", b'<DOB a="1">', b"\xef\xbb\xbf", b"9" * 300, b"2025-02-30", b"-1", b"1e9", "é".encode(),
]  # fmt: skip


def refusal_of(data: bytes) -> InputRefused | None:
    """Read and judge; None when the bytes are a return that was judged without a crash."""
    try:
        parsed = read_return(data, "sent.xml")
    except InputRefused as refused:
        return refused
    assert isinstance(parsed, ParsedReturn)
    check(parsed)
    return None


def answer(data: bytes) -> None:
    """A refusal must be complete."""
    for reason in getattr(refusal_of(data), "reasons", ()):
        assert reason.code
        assert reason.message
        assert reason.where
        assert reason.mend


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    answer(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_pieces_of_returns(data: bytes) -> None:
    answer(data)


@settings(max_examples=250, deadline=None)
@given(st.integers(0, len(MODEL)), st.integers(0, 60), st.sampled_from(PIECES))
def test_a_return_with_a_hole_and_something_in_it(start: int, length: int, piece: bytes) -> None:
    answer(MODEL[:start] + piece + MODEL[start + length :])
