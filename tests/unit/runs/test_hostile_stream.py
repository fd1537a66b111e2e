"""What comes out of a sandbox is an enemy's: anything but the declared table about the run's own people is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.runs.hostile import MAX_LABELS, NOT_RECORDED, read_person_table
from rollbook.kernel.refusals import InputRefused
from tests.unit.runs.cages import make_study

STUDY = make_study()
PEOPLE = [f"{number:032x}" for number in range(300)]
ALLOWED = set(PEOPLE)
HEAD = b"ppid\tsex\n"


def rows(*labels: str, start: int = 0) -> bytes:
    return HEAD + "".join(f"{PEOPLE[start + n]}\t{label}\n" for n, label in enumerate(labels)).encode()


def refusal_of(stream: bytes) -> tuple[str, str]:
    with pytest.raises(InputRefused) as refusal:
        read_person_table(stream, STUDY, ALLOWED)
    [reason] = refusal.value.reasons
    return reason.code, reason.sentence()


def test_a_good_table_is_read() -> None:
    table = read_person_table(rows("F", "M", "", "Éowyn's year (5-6)", "1 to 9", "/", "\\"), STUDY, ALLOWED)
    assert table.column_names == ["ppid", "sex"]
    assert table["sex"].to_pylist() == ["F", "M", NOT_RECORDED, "Éowyn's year (5-6)", "1 to 9", "/", "\\"]


def test_an_empty_table_is_a_table() -> None:
    assert read_person_table(HEAD, STUDY, ALLOWED).num_rows == 0


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"", "table-columns"),
        (b"ppid\tsex", "table-columns"),
        (b"ppid\tsex\tname\n", "table-columns"),
        (b"sex\tppid\n", "table-columns"),
        (b"ppid\n", "table-columns"),
        (b"PPID\tsex\n", "table-columns"),
        (b"\xef\xbb\xbfppid\tsex\n", "table-columns"),
        (b"ARROW1\0\0" + bytes(200), "table-columns"),
        (HEAD + PEOPLE[0].encode() + b"\tF", "table-form"),
        (HEAD + PEOPLE[0].encode() + b"\n", "table-form"),
        (HEAD + PEOPLE[0].encode() + b"\tF\tG\n", "table-form"),
        (HEAD + PEOPLE[0].encode() + b"\t\xff\xfe\n", "table-form"),
        (HEAD + PEOPLE[0].encode() + b"\tF\0\n", "table-form"),
        (HEAD + PEOPLE[0].encode() + b"\tF\r\n", "table-form"),
        (HEAD + b"\n" + PEOPLE[0].encode() + b"\tF\n", "table-form"),
        (HEAD + b"\tF\n", "table-strangers"),
        (HEAD + b'"' + PEOPLE[0].encode() + b'"\tF\n', "table-strangers"),
        (HEAD + PEOPLE[10].upper().encode() + b"\tF\n", "table-strangers"),
        (HEAD + b" " + PEOPLE[0].encode() + b"\tF\n", "table-strangers"),
        (HEAD + b"x\tF\n" * 301, "table-too-long"),
        (rows("F") + rows("M")[len(HEAD) :], "table-twice"),
        (rows("x" * 61), "table-label-long"),
        (rows("x" * 10_000_000), "table-form"),
        (rows(*(f"L{n}" for n in range(MAX_LABELS + 1))), "table-labels"),
        (rows(PEOPLE[3]), "table-label-form"),
        (rows("DEADBEEFDEADBEEF"), "table-label-form"),
        (rows("=1+1"), "table-label-form"),
        (rows("@SUM(A1)"), "table-label-form"),
        (rows("+44"), "table-label-form"),
        (rows("-1"), "table-label-form"),
        (rows(" F"), "table-label-form"),
        (rows("<script>x</script>;"), "table-label-form"),
        (rows("F\u202eM"), "table-label-form"),
        (rows("F\u200bM"), "table-label-form"),
        (rows("{{ 7*7 }}"), "table-label-form"),
        (rows("a\x1b[31mb"), "table-label-form"),
        # Labels that look like another to a checker: spaces that a page joins, and letters of other alphabets.
        (rows("Group A "), "table-label-form"),
        (rows("Group  A"), "table-label-form"),
        (rows("Group \u0410"), "table-label-form"),
        (rows("\uff27roup A"), "table-label-form"),
        (rows("Group \u0661"), "table-label-form"),
    ],
)
def test_anything_else_is_refused(stream: bytes, code: str) -> None:
    assert refusal_of(stream)[0] == code


def test_strangers_are_counted_and_never_named() -> None:
    strangers = ["f" * 31 + str(number) for number in range(7)]
    stream = rows("F", "M") + "".join(f"{ppid}\tF\n" for ppid in strangers).encode()
    code, words = refusal_of(stream)
    assert code == "table-strangers"
    assert "7 rows" in words
    assert not any(ppid in words for ppid in (*strangers, *PEOPLE[:2]))


def test_a_refusal_never_repeats_a_line(caplog: pytest.LogCaptureFixture) -> None:
    stream = HEAD + PEOPLE[0].encode() + b"\tSECRET-OF-A-CHILD\tmore\n"
    with pytest.raises(InputRefused) as refusal:
        read_person_table(stream, STUDY, ALLOWED)
    assert "SECRET" not in str(refusal.value)
    # The chained error would print the line into a log.
    assert refusal.value.__suppress_context__


@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_refusal(noise: bytes) -> None:
    for stream in (noise, HEAD + noise, rows("F") + noise):
        try:
            table = read_person_table(stream, STUDY, ALLOWED)
        except InputRefused:
            continue
        assert set(table["ppid"].to_pylist()) <= ALLOWED
        assert table.num_rows == len(set(table["ppid"].to_pylist()))
