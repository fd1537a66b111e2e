"""Pupils found in the bytes are what a walk of the tree gives, and are judged alike, whatever is done to them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.dataplane.census.examples import failing, model_return, passing
from rollbook.dataplane.census.generator.defects import DEFECTS
from rollbook.dataplane.census.generator.make import Order, make_up
from rollbook.dataplane.census.parsed import ParsedReturn
from rollbook.dataplane.census.plainly import block_of, gather
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.rules import RULES, check
from rollbook.dataplane.census.ruling import CheckContext, Model
from rollbook.kernel.refusals import InputRefused

CONTEXT = CheckContext(now=datetime(2026, 1, 1, tzinfo=UTC))
MODEL = model_return()
MADE = make_up(Order(pupils=60, schools=2, seed=5), dict.fromkeys(DEFECTS, 1))
SOUND = make_up(Order(pupils=60, schools=2, seed=6))
FILES = [MODEL, *(MADE.xml(one) for one in MADE.returns)]
PIECES = [
    b"",
    b" ",
    b"\r\n",
    b"\r",
    b"\xc2\xa0",
    b"\xe2\x80\x89",
    b"\xc3\xa9",
    b"&amp;",
    b"&amp;lt;",
    b"&lt;b&gt;",
    b"&#65;",
    b"&x;",
    b"<!--",
    b"-->",
    b"<!-- x -->",
    b"<?x y?>",
    b"<![CDATA[x]]>",
    b"]]>",
    b">",
    b"<",
    b"</",
    b"<Pupils>",
    b"</Pupils>",
    b"<Pupils/>",
    b"<UPN>",
    b"</UPN>",
    b"<UPN/>",
    b"<UPN></UPN>",
    b"<Sex>M</Sex>",
    b"<Sex >M</Sex>",
    b"<Sex>M</Sex >",
    b"<Nationality>GBR</Nationality>",
    b"<Religion>X</Religion>",
    b"<Sex><Sex>M</Sex></Sex>",
    b"<PupilOnRoll/>",
    b"<PupilOnRoll></PupilOnRoll>",
    b"<Street>Long Lane</Street>",
    b"<DOB>2025-02-30</DOB>",
    b"<DOB>+2025-2-3</DOB>",
    b"<FundedHours>\xd9\xa1</FundedHours>",
    b"<SENneed></SENneed>",
    b"<PupilStatus></PupilStatus>",
    b"<a>" * 20 + b"</a>" * 20,
    b'<Sex a="1">M</Sex>',
    b"x" * 201,
    b"\xc3\xa9" * 150,
    b"\x00",
    b"\x0b",
    b"\x7f",
    b"\xef\xbf\xbf",
    b"\xef\xbb\xbf",
    b"\xff",
    b"<1>2</1>",
    b"<x:y>2</x:y>",
    b"<PupilsOnRoll>",
    b"</PupilsOnRoll>",
    b"</PupilsOnRoll><PupilsOnRoll>",
    b"\n" * 70_000,
]


def read(data: bytes, *, plainly: bool) -> ParsedReturn | InputRefused:
    try:
        return read_return(data, "sent.xml", quickly=plainly)
    except InputRefused as refused:
        return refused


def agree(data: bytes) -> None:
    found, walked = read(data, plainly=True), read(data, plainly=False)
    if isinstance(found, InputRefused) or isinstance(walked, InputRefused):
        assert getattr(found, "reasons", found) == getattr(walked, "reasons", walked)
        return
    assert found == walked
    assert check(found, CONTEXT) == check(walked, CONTEXT)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1), st.integers(0, 30), st.lists(st.sampled_from(PIECES), max_size=2))
def test_with_a_hole_and_something_in_it(data: bytes, where: float, length: int, pieces: list[bytes]) -> None:
    start = int(where * len(data))
    agree(data[:start] + b"".join(pieces) + data[start + length :])


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 5_000), st.sampled_from(PIECES), st.sampled_from((b"<", b">", b"</")))
def test_with_something_beside_a_tag(data: bytes, number: int, piece: bytes, beside: bytes) -> None:
    parts = data.split(beside)
    at = number % (len(parts) - 1) + 1
    agree(beside.join(parts[:at]) + (beside + piece if beside == b">" else piece + beside) + beside.join(parts[at:]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 5_000), st.integers(0, 5_000))
def test_with_two_tags_changed_for_each_other(data: bytes, one: int, other: int) -> None:
    parts = data.split(b"<")
    one, other = one % len(parts), other % len(parts)
    parts[one], parts[other] = parts[other], parts[one]
    agree(b"<".join(parts))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.integers(0, 5_000), st.text(max_size=12))
def test_with_another_value(data: bytes, number: int, text: str) -> None:
    parts = data.split(b">")
    at = number % len(parts)
    parts[at] = text.encode() + parts[at][parts[at].find(b"<") :]
    agree(b">".join(parts))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("data", FILES)
def test_ways_to_end_a_line(data: bytes, end: bytes) -> None:
    agree(data.replace(b"\n", end))


@pytest.mark.parametrize("number", [number for number, rule in RULES.items() if rule.model is Model.SCHOOL])
def test_the_examples_of_each_rule(number: str) -> None:
    agree(passing(RULES[number]))
    agree(failing(RULES[number]))


@pytest.mark.parametrize("data", [MODEL, *(SOUND.xml(one) for one in SOUND.returns)])
def test_a_made_up_return_is_written_plainly(data: bytes) -> None:
    block = block_of(data)
    assert block is not None
    assert gather(block, "sc-spr-2025") is not None


@pytest.mark.parametrize(
    "hidden",
    [
        b"<!-- <Pupils><PupilsOnRoll></PupilsOnRoll></Pupils> -->",
        b"<Content><![CDATA[<Pupils><PupilsOnRoll></PupilsOnRoll></Pupils>]]></Content>",
        b"<Pupils><PupilsOnRoll></PupilsOnRoll></Pupils>",
    ],
)
def test_a_block_in_a_place_where_it_is_none(hidden: bytes) -> None:
    cut = MODEL[: MODEL.index(b"<Pupils>")] + MODEL[MODEL.index(b"</Pupils>") + 9 :]
    agree(cut.replace(b"</Header>", hidden + b"</Header>"))
    agree(MODEL.replace(b"</Header>", hidden + b"</Header>"))
    agree(MODEL.replace(b"<Pupils>", b"<Pupils >").replace(b"</Header>", hidden + b"</Header>"))
    agree(MODEL.replace(b"</Message>", hidden + b"</Message>"))
