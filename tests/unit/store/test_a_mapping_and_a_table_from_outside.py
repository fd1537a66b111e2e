"""A mapping file and a table from outside: each mistake is named with its place and its mend, and nothing crashes."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollbook.dataplane.collections.judging import judge
from rollbook.dataplane.collections.mapping_form import LARGEST, read_mapping
from rollbook.dataplane.collections.source import read_source
from rollbook.dataplane.collections.translate import translate, without_missing
from rollbook.kernel.refusals import InputRefused

GOOD = """\
code = "made-results"
title = "Made-up results"
table = "made"
day = 2025-05-14
[source]
name = "A made-up table"
licence = "none"
url = "https://example.org/"
[file]
missing = ["NA"]
drop = ["note"]
key = ["row"]
[pupil]
by = "none"
[school]
by = "laestab"
column = "school"
[[items]]
column = "row"
id = "made-row"
kind = "count"
risk = "5E"
name = "Row"
description = "The row."
[[items]]
column = "day"
id = "made-day"
kind = "date"
risk = "5E"
name = "Day"
description = "The day."
required = false
[[totals]]
what = "rows"
value = 2
source = "nowhere"
"""
NOTE = b"""
[[items]]
column = "note"
id = "made-note"
kind = "text"
risk = "5E"
name = "Note"
description = "The note."
"""
MISTAKES = [
    ('code = "made-results"', 'code = "made"', "mapping-code"),
    ('code = "made-results"', 'code = "sc-spr-2031"', "mapping-code"),
    ('title = "Made-up results"', 'title = ""', "mapping-text"),
    ('table = "made"', 'table = "pupil"', "mapping-table"),
    ('table = "made"', 'table = "Made; DROP"', "mapping-table"),
    ("day = 2025-05-14", 'day = "2025-05-14"', "mapping-day"),
    ("day = 2025-05-14", "day = 2025-05-14T09:00:00", "mapping-day"),
    ('licence = "none"', 'licence = "none"\nkeeper = "x"', "mapping-key"),
    ('licence = "none"', "", "mapping-text"),
    ('missing = ["NA"]', 'missing = "NA"', "mapping-list"),
    ('drop = ["note"]', 'drop = ["row"]', "mapping-drop"),
    ('key = ["row"]', 'key = ["nowhere"]', "mapping-column"),
    ('by = "none"', 'by = "name"', "mapping-"),
    ('by = "none"', 'by = "upn"', "mapping-pupil"),
    ('by = "none"', 'by = "none"\nrepeated = "apart"', "mapping-pupil"),
    ('column = "school"', "", "mapping-school"),
    ('id = "made-row"', 'id = "other-row"', "mapping-item"),
    ('id = "made-row"', 'id = "surname"', "mapping-item"),
    ('id = "made-row"', 'id = "sex"', "mapping-item"),
    ('kind = "count"', 'kind = "blob"', "mapping-kind"),
    ('kind = "count"', 'kind = "count"\ncodes = { A = "a" }', "mapping-codes"),
    ('kind = "count"', 'kind = "count"\ntranslate = { x = "y" }', "mapping-translate"),
    ('risk = "5E"', 'risk = "9Z"', "mapping-risk"),
    ('name = "Row"', 'name = "Row"\nretention_years = 0', "mapping-retention"),
    ("required = false", 'required = "no"', "mapping-flag"),
    ('id = "made-day"', 'id = "made-row"', "mapping-twice"),
    ('column = "day"', 'column = "row"', "mapping-twice"),
    ('what = "rows"', 'what = "guess"', "mapping-"),
    ("value = 2", 'value = "2"', "mapping-number"),
    ('source = "nowhere"', "", "mapping-text"),
    ("[source]", "[source", "mapping-toml"),
]


def in_words(error: InputRefused, *codes: str) -> None:
    """That every reason has a code of these and says how to mend it."""
    assert all(one.code.startswith(codes) and one.message and one.mend for one in error.reasons)


def refused(data: bytes) -> list[str]:
    with pytest.raises(InputRefused) as found:
        read_mapping(data, "m.toml")
    assert all(one.message and one.mend and "m.toml" in one.where for one in found.value.reasons)
    return [one.code for one in found.value.reasons]


def mapping() -> Any:
    return read_mapping(GOOD.encode(), "m.toml")


def test_the_mapping_the_mistakes_are_made_in_is_good() -> None:
    assert mapping().items == ("made-row", "made-day")


@pytest.mark.parametrize(("good", "bad", "code"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_its_mend(good: str, bad: str, code: str) -> None:
    assert good in GOOD
    assert any(one.startswith(code) for one in refused(GOOD.replace(good, bad, 1).encode()))


def test_what_is_no_text_or_too_much_is_refused() -> None:
    assert refused(b"\xff\xfe") == ["mapping-encoding"]
    assert refused(b"#" * (LARGEST + 1)) == ["mapping-large"]
    assert refused(b"a = " + b"[" * 5000) == ["mapping-toml"]


_LEAVES = st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.floats(allow_nan=False), st.dates())


def toml(value: object) -> str:
    """A value written in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(one):08x}" for one in value) + '"'
    return "[" + ", ".join(map(toml, value)) + "]" if isinstance(value, list) else str(value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(0, GOOD.count("\n") - 1), value=st.one_of(_LEAVES, st.lists(_LEAVES, max_size=3)))
def test_any_value_in_any_place_is_taken_or_refused_in_words(place: int, value: object) -> None:
    lines = GOOD.splitlines()
    if "=" in lines[place]:
        lines[place] = f"{lines[place].split(' = ')[0]} = {toml(value)}"
    try:
        read_mapping("\n".join(lines).encode("utf-8", "surrogatepass"), "m.toml")
    except InputRefused as error:
        in_words(error, "mapping-")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_are_no_mapping_and_say_so(data: bytes) -> None:
    with pytest.raises(InputRefused):
        read_mapping(data, "m.toml")


def read(data: bytes) -> Any:
    made = mapping()
    return without_missing(read_source(data, "d.csv", wanted=made.columns, drop=made.drop), made)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark_and_line_endings_change_nothing(start: bytes, end: bytes) -> None:
    lines = [b"row,day,school,note", b"1,2025-02-28,9331001,x", b"2,NA,9331001,y", b""]
    found = translate(read(start + end.join(lines)), mapping())
    assert found.columns["made_row"].to_pylist() == [1, 2]
    assert [str(one) for one in found.columns["made_day"].to_pylist()] == ["2025-02-28", "None"]
    assert found.schools.to_pylist() == ["9331001", "9331001"]
    assert found.issues == ()


@pytest.mark.parametrize(
    "day", ["2025-02-30", "2025-02-29", "2025-04-31", "2025-13-01", "28/02/2025", "2025-2-3", "=1+1", "20250228"]
)
def test_what_is_no_day_is_an_issue_and_never_nothing(day: str) -> None:
    found = translate(read(f"row,day,school,note\n1,{day},9331001,x\n".encode()), mapping())
    assert [(one.code, one.field, one.line) for one in found.issues] == [("value", "day", 2)]
    assert day not in str(found.issues)


@pytest.mark.parametrize(
    ("text", "code"),
    [("x" * 201, "value"), ("tab\there", "text-characters"),
     ("\u202egnp", "text-characters"), ("zero\u200bwide", "text-characters"),
     ("see B801200005001", "text-upn"), ("(m80120000500a)", "text-upn"), ("ada@example.org", "text-email"),
     ("x" * 200, ""), ("B8012000050012", ""), ("Ж, née O'Sample – 1/2", ""), ("13 at 4", ""), ("=1+1", "")],
)  # fmt: skip
def test_a_free_text_is_judged_by_length_characters_and_what_it_tells(text: str, code: str) -> None:
    made = read_mapping(GOOD.replace('drop = ["note"]', "").encode() + NOTE, "m.toml")
    data = f'row,day,school,note\n1,2025-02-28,9331001,"{text}"\n'.encode()
    source = without_missing(read_source(data, "d.csv", wanted=made.columns, drop=made.drop), made)
    found = translate(source, made)
    assert [(one.code, one.field, one.line) for one in found.issues] == ([(code, "note", 2)] if code else [])
    assert text not in str(found.issues)


@pytest.mark.parametrize("school", ["933100", "93310011", "=9331001", "", "ABCDEFG"])
def test_what_is_no_number_of_a_school_is_an_issue(school: str) -> None:
    found = translate(read(f"row,day,school,note\n1,2025-02-28,{school},x\n".encode()), mapping())
    assert [(one.code, one.line) for one in found.issues] == [("laestab", 2)]


@pytest.mark.parametrize("column", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "\x1b[2J"])
def test_a_column_named_as_a_formula_is_printed_harmless(column: str) -> None:
    with pytest.raises(InputRefused) as found:
        read(f"row,day,school,note,{column}\n1,2025-02-28,9331001,x,y\n".encode())
    assert not set("=@+|!\x1b") & set(str(found.value))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=120), st.text(alphabet='19,\n\r"-=NA\x00é', max_size=80).map(str.encode)))
def test_any_csv_is_read_or_refused_in_words(tail: bytes) -> None:
    try:
        source = read(b"row,day,school,note\n" + tail)
    except InputRefused as error:
        in_words(error, "file-", "column-")
        return
    made = mapping()
    issues = (*translate(source, made).issues, *judge(source, made).issues)
    assert all(one.message and one.mend for one in issues)


def parquet() -> bytes:
    made = io.BytesIO()
    rows = {"row": [1, 2], "day": ["2025-02-28", None], "school": ["9331001"] * 2, "note": ["", ""]}
    pq.write_table(pa.table(rows), made)
    return made.getvalue()


PARQUET = parquet()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cut=st.integers(4, len(PARQUET)),
    flips=st.lists(st.tuples(st.integers(4, len(PARQUET) - 1), st.integers(0, 255)), max_size=4),
)
def test_any_broken_parquet_is_read_or_refused_in_words(cut: int, flips: list[tuple[int, int]]) -> None:
    data = bytearray(PARQUET)
    for place, value in flips:
        data[place] = value
    try:
        source = read(bytes(data[:cut]))
    except InputRefused as error:
        in_words(error, "file-", "column-")
        return
    translate(source, mapping())


def test_a_faulty_row_that_is_no_text_is_not_left_out_in_silence() -> None:
    with pytest.raises(InputRefused) as found:
        read(b"row,day,school,note\n1,2025-02-28,9331001,x\n\xf1\n2,2025-02-28,9331001,x\n")
    assert [one.code for one in found.value.reasons] == ["file-csv"]


def test_a_day_of_a_leap_year_is_a_day() -> None:
    found = translate(read(b"row,day,school,note\n1,2024-02-29,9331001,x\n"), mapping())
    assert (found.issues, str(found.columns["made_day"][0])) == ((), "2024-02-29")
