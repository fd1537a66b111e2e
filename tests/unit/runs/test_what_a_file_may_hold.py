"""A file that a study hands over by exception: what of it no person ever sees, and in which one form the rest is left.

Each row of the refusals is a way to carry a row about a child in a file that looks like an answer.
"""

import json
import random
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.runs.file_form import DeclaredFile, read_file_form
from rollbook.dataplane.runs.hostile_file import LARGEST, PlainFile, read_file
from rollbook.dataplane.runs.sandbox import run_study
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import InputRefused, RollbookError
from rollbook.sdc.by_hand import ByHand, carries, warnings
from tests.unit.runs.cages import CALLERS, SMALL, attack

WHY = "The platform fits no model of this kind, and the question is about how the estimate moves with its setting."
CSV = DeclaredFile("curve", "csv", WHY, ("region", "rate"))
JSON = DeclaredFile("curve", "json", WHY)
TXT = DeclaredFile("curve", "txt", WHY)
PEOPLE = [f"{random.Random(number).getrandbits(128):032x}" for number in range(200)]
ONE = PEOPLE[7]
HEAD = b"region,rate\n"


def refused(stream: bytes, declared: DeclaredFile) -> str:
    with pytest.raises(InputRefused) as error:
        read_file(stream, declared, PEOPLE)
    (reason,) = error.value.reasons
    # A reason is read by the author: no word and no number of the file stands in it.
    assert ONE[:6] not in reason.sentence()
    return reason.code


def test_a_file_is_written_anew_in_one_form() -> None:
    # Four significant digits of 0.12345 and 98765, worked out by hand.
    one = read_file(HEAD + b'South,0.12345\r\n"North",98765\nNorth,-0.0\n', CSV, PEOPLE)
    assert one == PlainFile("region,rate\r\nNorth,0\r\nNorth,98760\r\nSouth,0.1235\r\n", 2, moved=True)
    assert json.loads(read_file(b'{"b":[1e3,null,true],"a":0.98765}', JSON, PEOPLE).text) == {
        "a": 0.9877, "b": [1000, None, True]
    }  # fmt: skip
    assert read_file(b"Sigma  is 0.98765 \n\n\n\n-------\nEnd", TXT, PEOPLE).text == "Sigma is 0.9877\n\n---\nEnd\n"


SPACED = " ".join(ONE[at : at + 4] for at in range(0, 32, 4))
HALF = ONE[:12]
PACKED = "QmFzZTY0IG9mIHJvd3M"
# What is tried, as (declared, bytes, code of the refusal); the name says how the row is hidden.
HIDING: dict[str, tuple[DeclaredFile, bytes, str]] = {
    "a pseudonym": (TXT, f"Group {ONE}".encode(), "file-identifier"),
    "a pseudonym in capitals": (TXT, f"Group {ONE.upper()}".encode(), "file-identifier"),
    "a pseudonym with spaces": (TXT, f"Group {SPACED}".encode(), "file-identifier"),
    "a pseudonym over several lines": (TXT, SPACED.replace(" ", "\n").encode(), "file-identifier"),
    "a pseudonym over several cells": (CSV, HEAD + f"{ONE[:8]},{ONE[8:16]}\n".encode(), "file-identifier"),
    "a piece of a pseudonym": (JSON, json.dumps({"group": HALF}).encode(), "file-identifier"),
    "a pupil's number": (TXT, b"Pupil W820112041234 is one", "file-identifier"),
    "a pupil's number with spaces": (JSON, b'["W8201 1204 1234"]', "file-identifier"),
    "a long run of hexadecimal digits": (TXT, b"deadbeef deadbeefdeadbeef1", "file-coded"),
    "base64 in a footnote": (TXT, f"1) {PACKED}".encode(), "file-coded"),
    "base64 as a label": (CSV, HEAD + f"{PACKED},1\n".encode(), "file-coded"),
    "base64 as a name": (JSON, json.dumps({PACKED: 1}).encode(), "file-coded"),
    "digits in a word": (TXT, b"x123456789012", "file-coded"),
    "a picture": (TXT, b"\x89PNG\r\n\x1a\n" + bytes(64), "file-form"),
    "a zip": (TXT, b"PK\x03\x04" + bytes(64), "file-characters"),
    "a second file behind the first": (JSON, b'{"a":1}\n{"b":2}', "file-form"),
    "bytes behind the end": (CSV, HEAD + b"North,1\n\x00\x01", "file-characters"),
    "a byte order mark": (CSV, b"\xef\xbb\xbf" + HEAD + b"North,1\n", "file-characters"),
    "a space nobody sees": (TXT, "Group\u200b A".encode(), "file-characters"),
    "text that runs backwards": (TXT, "Group \u202eA".encode(), "file-characters"),
    "a letter that looks like another": (TXT, "Group \u0410".encode(), "file-characters"),
    "an accent of its own": (TXT, "Gro\u0301up".encode(), "file-characters"),
    "tabs": (TXT, b"a\tb", "file-characters"),
    "a control of a terminal": (TXT, b"\x1b[31mred", "file-characters"),
    "an address": (TXT, b"ask a@b.example", "file-characters"),
    "a name of a column": (CSV, f"region,{HALF}\nNorth,1\n".encode(), "file-identifier"),
    "another column": (CSV, b"region,rate,name\nNorth,1,x\n", "file-columns"),
    "columns in another order": (CSV, b"rate,region\n1,North\n", "file-columns"),
    "a row that is longer": (CSV, HEAD + b"North,1,2\n", "file-columns"),
    "a formula": (CSV, HEAD + b"=1+1,1\n", "file-label"),
    "two spaces in a label": (CSV, HEAD + b"North  East,1\n", "file-label"),
    "a row in one cell": (CSV, HEAD + (b"F 2011 " * 9).strip() + b",1\n", "file-label"),
    "a script": (CSV, HEAD + b"<script>x</script>{{7*7}},1\n", "file-label"),
    "more rows than a table": (CSV, HEAD + b"North,1\n" * 501, "file-lines"),
    "a 4,999-row table": (CSV, HEAD + b"".join(b"P%d,1\n" % n for n in range(4999)), "file-lines"),
    "4,999 values": (JSON, json.dumps(list(range(4999))).encode(), "file-lines"),
    "4,999 lines": (TXT, b"F 2011\n" * 4999, "file-lines"),
    "one endless line": (TXT, b"ab " * 200, "file-lines"),
    "a number too large to be read": (CSV, HEAD + b"North,1e300\n", "file-number"),
    "no number": (JSON, b"[NaN]", "file-number"),
    "a number of five thousand digits": (JSON, b"[" + b"9" * 5000 + b"]", "file-number"),
    "a name twice": (JSON, b'{"a":1,"a":2}', "file-form"),
    "depth": (JSON, b"[" * 7 + b"]" * 7, "file-form"),
    "endless depth": (JSON, b"[" * 60000, "file-form"),
    "too many bytes": (TXT, b"a\n" * LARGEST, "file-size"),
    "nothing": (TXT, b"", "file-size"),
    "nothing but spaces": (TXT, b" \n \n", "file-size"),
}  # fmt: skip


@pytest.mark.parametrize(("declared", "stream", "code"), HIDING.values(), ids=HIDING)
def test_no_person_ever_sees(declared: DeclaredFile, stream: bytes, code: str) -> None:
    assert refused(stream, declared) == code


@pytest.mark.parametrize(
    ("one", "other", "declared"),
    [
        (HEAD + b"North,0.12345678\nSouth,1\n", HEAD + b"South,1.0\nNorth,0.12345999\n", CSV),
        (b'{"a":1,"b":2.50}', b'{ "b" : 25e-1, "a" : 1.0 }', JSON),
        (b"Rate  0.12349\n\n\n=====", b"Rate 0.12351 \r\n\n========", TXT),
    ],
)
def test_what_says_nothing_carries_nothing(one: bytes, other: bytes, declared: DeclaredFile) -> None:
    """Order of rows and names, digits, spaces, line ends: two files that say the same come out the same."""
    assert read_file(one, declared, PEOPLE).text == read_file(other, declared, PEOPLE).text


@given(st.sampled_from([CSV, JSON, TXT]), st.text(alphabet=string.printable + "é\u200b", max_size=80), st.floats())
def test_whatever_is_written_is_refused_or_left_in_a_form_that_stays(
    declared: DeclaredFile, words: str, number: float
) -> None:
    streams = {
        "csv": f"region,rate\n{words},{number}\n",
        "json": json.dumps({words: [number, words]}, ensure_ascii=False),
        "txt": f"{words}\n{number} {words}",
    }
    try:
        once = read_file(streams[declared.format].encode(), declared, PEOPLE)
    except InputRefused:
        return
    again = read_file(once.text.encode(), declared, PEOPLE)
    assert (again.text, again.cut) == (once.text, 0)


SPELLED = "SELECT 'North' AS region, 'South', rate"


def codes(text: str, **changed: Any) -> set[str]:
    return {reason.code for reason in warnings(text, SPELLED, ByHand(), **changed)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("region,rate\r\nNorth,20.5\r\nSouth,31.5\r\n", set()),
        ("region,rate\r\nNorth,3\r\n", {"small-counts"}),
        ("region,rate\r\nNorth,100\r\n", {"all-or-nobody"}),
        ("region,rate\r\nQuillmere,20.5\r\n", {"made-words"}),
        ("region,rate\r\n" + "".join(f"North,{n}.5\r\n" for n in range(20, 46)), {"many-values"}),
        ("region\r\n" + "North\r\n" * 51, {"many-lines"}),
    ],
)
def test_warnings_name_what_rows_look_like(text: str, expected: set[str]) -> None:
    assert codes(text) == expected


def test_warnings_tell_what_was_changed_and_how_much_it_carries() -> None:
    assert codes("North\n", cut=3, moved=True) == {"cut", "moved"}
    noise = " ".join(f"{random.Random(n).random():.4f}" for n in range(600))
    assert "carries" in codes(noise)
    # What the study's files say already is nothing that its records say.
    assert carries(SPELLED, SPELLED) < 20


def form(**change: Any) -> set[str]:
    row = {"name": "curve", "format": "csv", "reason": WHY, "columns": ["region", "rate"]} | change
    return {one.where for one in read_file_form({key: value for key, value in row.items() if value is not None})[1]}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, set()),
        ({"format": "json", "columns": None}, set()),
        ({"format": "png", "columns": None}, {"study.toml: file.format"}),
        ({"format": "svg", "columns": None}, {"study.toml: file.format"}),
        ({"name": "../curve"}, {"study.toml: file.name"}),
        ({"name": ["curve"]}, {"study.toml: file.name"}),
        ({"reason": "Because."}, {"study.toml: file.reason"}),
        ({"reason": None}, {"study.toml: file.reason"}),
        ({"columns": None}, {"study.toml: file.columns"}),
        ({"columns": ["ppid"]}, {"study.toml: file.columns"}),
        ({"columns": ["a", "a"]}, {"study.toml: file.columns"}),
        ({"columns": [["a"]]}, {"study.toml: file.columns"}),
        ({"format": "txt"}, {"study.toml: file.columns"}),
        ({"path": "/etc"}, {"study.toml: file"}),
    ],
)
def test_a_declaration_is_whole_or_refused(change: dict[str, Any], where: set[str]) -> None:
    assert form(**change) == where


def file_study(python: str) -> Study:
    text = 'title = "T"\npurpose = "P"\nitems = ["sex"]\n[[steps]]\npython = "a.py"\n[file]\nname = "curve"\n'
    toml = f'{text}format = "txt"\nreason = "{WHY}"\n'
    return Study.from_files({"study.toml": toml.encode(), "a.py": python.encode()})


def test_a_study_hands_over_a_table_or_a_file_and_never_both() -> None:
    toml = file_study("pass").files["study.toml"] + b'[table]\nname = "p"\ndimensions = ["sex"]\nmeasure = "count"\n'
    with pytest.raises(InputRefused, match="not both"):
        Study.from_files({"study.toml": toml, "a.py": b"pass"})


PLACE = "/out/curve.txt"
# A step in Python, and what of it comes out: the code of the refusal, or the text.
STEPS = {
    "the file": (f"open('{PLACE}', 'w').write('Rate 0.98765')", "Rate 0.9877\n"),
    "no file": ("pass", "study-file-failed"),
    "another name": ("open('/out/curve.png', 'wb').write(b'x')", "study-file-failed"),
    "a link to the records": (f"import os; os.symlink('/extract/pupil.parquet', '{PLACE}')", "study-file-failed"),
    "a folder": (f"import os; os.mkdir('{PLACE}')", "study-file-failed"),
    "a pipe": (f"import os; os.mkfifo('{PLACE}')", "file-size"),
    "the records themselves": (f"import shutil; shutil.copy('/extract/pupil.parquet', '{PLACE}')", "file-form"),
    "a file that is too large": (f"open('{PLACE}', 'w').write('a' * 10**6)", "file-size"),
    "rows past the runner": (
        "import os\nrows = con.execute('SELECT ppid, sex FROM pupil').fetchall()\n"
        "os.write(3, repr(rows).encode())\nos._exit(0)", "file-identifier"),
}  # fmt: skip


def whole(study: Study, extract: Any, limits: Any, program: bytes | None) -> str:
    people = {f"{number:032x}" for number in range(400)}
    try:
        assert study.file is not None
        return read_file(run_study(study, extract, limits, explain=True), study.file, people).text
    except RollbookError as error:
        return error.reasons[0].code


def test_what_a_step_leaves_is_read_as_an_enemys() -> None:
    for name, (python, expected) in STEPS.items():
        assert attack(CALLERS[-1], study=file_study(python), limits=SMALL, deed=whole) == expected, name
