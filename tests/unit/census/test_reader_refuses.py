"""Files the reader must refuse whole: each with a reason that says what is wrong, where, and how to mend it."""

import pytest

from rollbook.dataplane.census.examples import edited, model_return
from rollbook.dataplane.census.reader import read_return
from rollbook.dataplane.census.untrusted import Limits
from rollbook.kernel.refusals import Family, InputRefused, Reason

MODEL = model_return()
NEWLINE = b"\n"
LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<Message><Header>&c;</Header></Message>"""
OUTSIDE = b"""<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/hostname">]><Message><Header>&x;</Header></Message>"""


def reason(data: bytes, limits: Limits | None = None) -> Reason:
    with pytest.raises(InputRefused) as refused:
        read_return(data, "school.xml", limits=limits)
    assert refused.value.family is Family.INPUT
    (found,) = refused.value.reasons
    assert found.message
    assert found.where.startswith("school.xml")
    assert found.mend.endswith(".")
    return found


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\x00\x00\x00"])
def test_empty(data: bytes) -> None:
    assert reason(data).code == "file-empty"


@pytest.mark.parametrize("data", [b"PK\x03\x04 a zip", b"UPN,Surname\nA,B\n", b"{}"])
def test_not_xml(data: bytes) -> None:
    assert reason(data).code == "not-xml"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_truncated_names_the_last_line(share: float) -> None:
    cut = MODEL[: int(len(MODEL) * share)]
    found = reason(cut)
    assert found.code == "xml-truncated"
    assert found.where == f"school.xml, line {cut.rstrip().count(NEWLINE) + 1}"


def test_a_return_cut_at_any_byte_is_called_cut() -> None:
    ends = range(1, len(MODEL.rstrip()))
    assert {end: code for end in ends if (code := reason(MODEL[:end]).code) != "xml-truncated"} == {}


def test_mismatched_tag_names_its_line() -> None:
    data = MODEL.replace(b"</Surname>", b"</Surnam>", 1)
    found = reason(data)
    assert found.code == "xml-malformed"
    assert found.where == f"school.xml, line {data[: data.index(b'</Surnam>')].count(NEWLINE) + 1}"


def test_unescaped_ampersand_is_explained_and_not_quoted() -> None:
    found = reason(MODEL.replace(b">Sample<", b">Smith&Jones;<", 1))
    assert "&amp;" in found.mend
    assert "Jones" not in found.sentence()


def test_character_xml_forbids() -> None:
    assert reason(MODEL.replace(b">Ada<", b">A\x01a<")).code == "xml-malformed"


@pytest.mark.parametrize(
    ("data", "line"), [(LAUGHS, 2), (OUTSIDE, 1), (b"<!-- x -->\n<?p?>\n<!DOCTYPE Message>\n<Message/>", 3)]
)
def test_document_type_is_refused_before_the_parser_sees_it(data: bytes, line: int) -> None:
    found = reason(data)
    assert found.code == "xml-doctype"
    assert found.where == f"school.xml, line {line}"


def test_too_large_by_bytes_and_by_elements() -> None:
    assert reason(MODEL, Limits(max_bytes=1000)).code == "file-too-large"
    assert reason(MODEL, Limits(max_marks=50)).code == "file-too-large"


@pytest.mark.parametrize("depth", [17, 200, 300, 10_000])
def test_too_deep(depth: int) -> None:
    deep = b"<Message>" + b"<x>" * depth + b"</x>" * depth + b"</Message>"
    assert reason(deep).code == "xml-too-deep"


def test_depth_of_a_real_return_is_allowed() -> None:
    assert read_return(MODEL, "school.xml", limits=Limits(max_depth=9)).pupils == 4


@pytest.mark.parametrize(
    "data",
    [
        MODEL.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'),
        MODEL.replace(b'encoding="UTF-8"', b"encoding='windows-1252'"),
        MODEL.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        MODEL.decode().encode("utf-16-le"),
        MODEL.decode().encode("utf-32"),
        MODEL.replace(b">Ada<", b">Ad\xe9<"),
    ],
)
def test_another_encoding(data: bytes) -> None:
    found = reason(data)
    assert found.code == "encoding"
    assert "UTF-8" in found.mend


def test_bad_byte_names_its_line() -> None:
    data = MODEL.replace(b">Ada<", b">Ad\xe9<")
    assert reason(data).where.endswith(f"line {data[: data.index(bytes([0xE9]))].count(NEWLINE) + 1}")


def test_byte_order_mark_and_other_scripts_are_fine() -> None:
    data = b"\xef\xbb\xbf" + MODEL.replace(b">Ada<", ">Адa<".encode())
    assert read_return(data, "school.xml").pupils == 4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><body/></html>", "not-a-return"),
        (b"<CTfile><Header/></CTfile>", "not-a-return"),
        (b'<Message xmlns="urn:other"><Header/></Message>', "not-a-return"),
        (b"<Message><Pupils/></Message>", "no-header"),
        (b"<Message><Header/><Header/></Message>", "block-twice"),
        (b"<Message><Header/><Pupils/><Pupils/></Message>", "block-twice"),
    ],
)
def test_xml_that_is_no_return(data: bytes, code: str) -> None:
    assert reason(data).code == code


def test_the_same_bytes_read_alike() -> None:
    once, again = read_return(MODEL, "a.xml"), read_return(MODEL, "a.xml")
    assert once.sha256 == again.sha256
    assert once.tables["pupil"].equals(again.tables["pupil"])
    assert once.sha256 != read_return(edited(("P1/PupilIdentifiers/Sex = M",)), "a.xml").sha256


def test_what_stands_after_the_end_is_not_called_cut_short() -> None:
    found = reason(MODEL + b"<x/>")
    assert (found.code, found.message) == ("xml-malformed", "Something stands after the end of the return")
