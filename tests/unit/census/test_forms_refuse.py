"""Files of the other forms that must be refused whole: what, in which table and line, and how to mend it."""

import io
import stat
import zipfile

import pytest

from rollbook.dataplane.census.formats import archive
from rollbook.dataplane.census.formats.early_csv import read_early_csv
from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.untrusted import Limits
from rollbook.kernel.refusals import InputRefused, Reason
from tests import forms

EARLY, FLAT, ROSTER = forms.EARLY_CSV, forms.flat_members(), forms.roster_members()


def reason(data: bytes, limits: Limits | None = None) -> Reason:
    with pytest.raises(InputRefused) as refused:
        read_any(data, "sent", limits=limits)
    (found,) = refused.value.reasons
    assert found.message
    assert found.where.startswith("sent")
    assert found.mend.endswith(".")
    return found


def flat(name: str, content: bytes) -> Reason:
    return reason(forms.zipped({**FLAT, name: content}))


def roster(name: str, content: bytes) -> Reason:
    return reason(forms.zipped({**ROSTER, name: content}))


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"", "file-empty", ""),
        (b" \r\n ", "file-empty", ""),
        (b"hello", "format-unknown", ""),
        (b"a,b\n1,2\n", "format-unknown", ""),
        (b'"a\nb', "csv-quotes", "line 1"),
        (FLAT["pupilonroll.csv"], "table-alone", ""),
        (ROSTER["users.csv"], "table-alone", ""),
        (EARLY.decode().encode("utf-16"), "encoding", "line 1"),
        (EARLY.replace(b"Ada", b"Ad\xe9"), "encoding", "line 3"),
        (EARLY.replace(b"Ada", b"Ad\x00"), "csv-binary", "line 3"),
        (EARLY.replace(b"Ada", b"\x1b[2J"), "csv-binary", "line 3"),
        (EARLY.replace(b"SPR", b"AUT"), "term-wrong", "line 1"),
        (EARLY + EARLY, "terms-mixed", "line 4"),
        (EARLY[:-20], "csv-truncated", "line 3"),
        (EARLY.replace(b"E,999998", b"E,999998,x"), "csv-uneven", "line 2"),
        (EARLY.replace(b"E,999998", b"Z,999998"), "record-unknown", "line 2"),
        (EARLY.replace(b"E,999998,,Invented Nursery,ZZ99 9ZZ\n", b""), "row-without-setting", "line 2"),
        (EARLY.replace(b"Ada", b'"Ada'), "csv-quotes", "line 3"),
        (EARLY.replace(b"Ada", b"A" * 5000), "csv-cell-too-long", "line 3"),
        (EARLY.replace(b"Ada", b"," * 300), "csv-too-wide", "line 3"),
        (forms.EARLY_XML.replace(b"<Term>SPR", b"<Term>AUT</Term><Term>SPR"), "terms-mixed", "line 5"),
        (forms.EARLY_XML.replace(b"SPR", b"SUM"), "term-wrong", "line 5"),
        (forms.EARLY_XML[:900], "xml-truncated", "line"),
        (forms.EARLY_XML.replace(b"<Message>", b"<!DOCTYPE x><Message>"), "xml-doctype", "line 2"),
        (forms.CTF[:900], "xml-truncated", "line"),
        (forms.CTF.replace(b"</CTfile>", b"<Header/></CTfile>"), "header-not-one", "line 29"),
        (forms.CTF.replace(b"UTF-8", b"latin-1"), "encoding", "line 1"),
    ],
)  # fmt: skip
def test_files_of_one_table_or_tree(data: bytes, code: str, where: str) -> None:
    found = reason(data)
    assert found.code == code
    assert where in found.where


@pytest.mark.parametrize(
    ("name", "content", "code", "where"),
    [
        ("schoolcensus.csv", b"", "no-header", "sent"),
        ("again.csv", FLAT["pupilonroll.csv"], "table-twice", "pupilonroll.csv"),
        ("pupilonroll.csv", FLAT["pupilonroll.csv"].replace(b"surname", b"UPN", 1), "csv-heading-twice", "line 1"),
        ("pupilonroll.csv", FLAT["pupilonroll.csv"].replace(b",", b";"), "csv-delimiter", "line 1"),
        ("pupilonroll.csv", FLAT["pupilonroll.csv"].rstrip()[:-30], "csv-truncated", "pupilonroll.csv, line 4"),
        ("pupilonroll.csv", FLAT["pupilonroll.csv"].replace(b"Sample", b"Sam,ple", 1), "csv-uneven", "line 2"),
        ("pupilonroll.csv", FLAT["pupilonroll.csv"].replace(b"Ada", b"Ad\xff"), "encoding", "pupilonroll.csv, line 2"),
        ("fsmperiod.csv", FLAT["fsmperiod.csv"].replace(b",1\r\n", b",77\r\n"), "row-without-pupil", "line 2"),
        ("addressesonroll.csv", b"addressesonrollorderseqcolumn,x\n", "terms-mixed", "csv"),
        ("schoolcensus.csv", FLAT["schoolcensus.csv"] + FLAT["schoolcensus.csv"].split(b"\r\n")[1].replace(
            b"SPR", b"AUT"), "terms-mixed", "schoolcensus.csv, line 3"),
        ("x.xml", b"<Message/>", "zip-of-xml", "x.xml"),
        ("x.zip", forms.zipped({}), "zip-nested", "x.zip"),
    ],
)  # fmt: skip
def test_flat_tables(name: str, content: bytes, code: str, where: str) -> None:
    found = flat(name, content)
    assert found.code == code
    assert where in found.where


@pytest.mark.parametrize(
    ("name", "content", "code", "where"),
    [
        ("manifest.csv", ROSTER["manifest.csv"].replace(b"bulk", b"delta"), "roster-delta", "manifest.csv, line 4"),
        ("manifest.csv", ROSTER["manifest.csv"].replace(b"1.1", b"9.9"), "roster-version", "manifest.csv, line 3"),
        ("manifest.csv", b"propertyName,value\n", "roster-version", "manifest.csv"),
        ("manifest.csv", b"", "no-manifest", "sent"),
        ("users.csv", b"", "no-users", "sent"),
        ("users.csv", ROSTER["users.csv"].replace(b",role", b",rank"), "no-roles", "users.csv, line 1"),
        ("users.csv", ROSTER["users.csv"].replace(b"u2", b"u1").replace(b"teacher", b"student"), "row-id", "line 3"),
        ("more.csv", ROSTER["users.csv"], "table-twice", "users.csv"),
    ],
)  # fmt: skip
def test_rosters(name: str, content: bytes, code: str, where: str) -> None:
    found = roster(name, content)
    assert found.code == code
    assert where in found.where


def one_entry(name: str, *, link: bool = False, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stand_in = "x" * len(name.encode())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(stand_in)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16 if link else 0
        archive.writestr(entry, b"a,b\n", method)
    return buffer.getvalue().replace(stand_in.encode(), name.encode())


TRICKS = [
    "../users.csv", "/etc/users.csv", "a/../../b.csv", "C:\\users.csv", "a\\..\\b.csv", "a\x00b.csv", "a/b/c.csv",
    ".hidden", "..", "a\nb.csv", "\u202evsc.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_path_tricks_in_a_zip(name: str) -> None:
    found = reason(one_entry(name))
    assert found.code == "zip-path"
    assert name not in found.sentence()


def test_links_and_unusual_packing_in_a_zip() -> None:
    assert reason(one_entry("users.csv", link=True)).code == "zip-path"
    assert reason(one_entry("users.csv", method=zipfile.ZIP_BZIP2)).code == "zip-method"


def test_zip_bombs() -> None:
    assert reason(forms.zipped({"a.csv": b"a" * 30_000_000})).code == "zip-bomb"
    assert reason(forms.zipped({"a.csv": b"a" * 900_000}), Limits(max_bytes=500_000)).code == "file-too-large"
    assert reason(forms.zipped({f"{no}.csv": b"" for no in range(101)})).code == "zip-too-many"


def test_a_zip_that_lies_about_its_sizes() -> None:
    honest = forms.zipped({"a.csv": b"a" * 3_000_000})
    size = (3_000_000).to_bytes(4, "little")
    assert reason(honest.replace(size, (10).to_bytes(4, "little"))).code == "zip-damaged"


def test_two_members_of_one_name() -> None:
    assert reason(forms.zipped({"a/users.csv": b"x", "b/USERS.csv": b"x"})).code == "zip-twice"


def test_a_locked_zip() -> None:
    data = bytearray(forms.zipped(ROSTER))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    assert reason(bytes(data)).code == "zip-encrypted"


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95, 0.999])
def test_a_zip_cut_short(share: float) -> None:
    data = forms.zipped(FLAT)
    assert reason(data[: int(len(data) * share)]).code == "zip-damaged"


@pytest.mark.parametrize("kind", [kind for kind in forms.every_form() if kind != "school-xml"])
def test_too_many_pupils_and_too_many_bytes(kind: str) -> None:
    data = forms.every_form()[kind]
    assert reason(data, Limits(max_pupils=0)).code == "too-many-pupils"
    assert reason(data, Limits(max_bytes=100)).code == "file-too-large"


@pytest.mark.parametrize(
    ("kind", "where"),
    [("school-xml", "sent, line 122"), ("flat", "sent, pupilonroll.csv, line 3"), ("ctf", "sent, line 27")],
)
def test_more_pupils_than_any_school_has(kind: str, where: str) -> None:
    data = forms.every_form()[kind].replace(b"</Pupil>", b"</Pupil><Pupil/>")
    found = reason(data, Limits(max_school_pupils=1))
    assert (found.code, found.where) == ("too-many-pupils", where)


def test_too_many_rows() -> None:
    assert reason(forms.zipped(FLAT), Limits(max_rows=2)).code == "file-too-large"


def test_sixty_megabytes_from_one_school() -> None:
    child = EARLY.split(b"\n")[2] + b"\n"
    large = EARLY + child * (60_000_000 // len(child))
    found = reason(large, Limits(max_pupils=10_000))
    assert (found.code, found.where) == ("too-many-pupils", "sent, line 10003")


def test_sizes_are_refused_as_declared_and_as_unpacked_each_alone() -> None:
    limits = Limits(max_bytes=500_000)
    with zipfile.ZipFile(io.BytesIO(forms.zipped({"a.csv": b"a" * 900_000}))) as bundle:
        for defence in (
            lambda: archive._refuse_sizes(bundle.infolist(), "sent", limits),
            lambda: archive._read_all(bundle, bundle.infolist(), "sent", limits),
        ):
            with pytest.raises(InputRefused) as refused:
                defence()
            assert refused.value.reasons[0].code == "file-too-large"


def test_an_early_years_return_with_two_headers_or_none() -> None:
    twice = forms.EARLY_XML.replace(b"<Establishments>", b"<Header/><Establishments>")
    assert (reason(twice).code, reason(twice).where) == ("header-not-one", "sent, line 12")
    with pytest.raises(InputRefused) as refused:
        read_early_csv(EARLY.split(b"\n", 1)[1], "sent", Limits())
    assert refused.value.reasons[0].code == "no-header"


def test_a_school_table_with_two_rows_or_none_at_all() -> None:
    row = FLAT["school.csv"].split(b"\r\n")[1]
    assert flat("school.csv", FLAT["school.csv"] + row).code == "school-not-one"
    without = {name: content for name, content in FLAT.items() if name != "school.csv"}
    assert read_any(forms.zipped(without), "sent").school.name is None


def test_two_pupils_of_one_table_id() -> None:
    rolled = FLAT["pupilonroll.csv"].replace(b"\r\n1,1,2,2,", b"\r\n1,1,1,2,")
    found = flat("pupilonroll.csv", rolled)
    assert (found.code, found.where) == ("row-id", "sent, pupilonroll.csv, line 3")
