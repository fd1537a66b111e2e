"""Uploads written by an enemy: bombs, links, paths that lead out, names that lie. Nothing is unpacked onto a disk."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest

from rollbook.kernel.refusals import InputRefused
from rollbook.services.studies.study_upload import MAX_FILE, MAX_FILES, MAX_UPLOAD, files_of


def zipped(fill: Callable[[zipfile.ZipFile], None], compression: int = zipfile.ZIP_DEFLATED) -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        fill(archive)
    return {"study.zip": packed.getvalue()}


def refusal(uploads: dict[str, bytes]) -> str:
    with pytest.raises(InputRefused) as refused:
        files_of(uploads)
    (reason,) = refused.value.reasons
    assert reason.mend
    return reason.code


def test_a_zip_and_loose_files_read_alike() -> None:
    files = {"study.toml": b"title = 1", "steps/01.sql": b"SELECT 1;"}

    def fill(archive: zipfile.ZipFile) -> None:
        archive.mkdir("steps")
        for path, data in files.items():
            archive.writestr(path, data)

    assert files_of(zipped(fill)) == files_of(files) == files


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd.sql", "../up.sql", "steps/../../up.sql", "a/b/c.sql", "steps\\up.sql", "C:/up.sql", "UP.SQL",
        "steps/.hidden.sql", "run.sh", "run.pyc", "a.sql\n", "", "ä.sql", "a" * 60 + ".sql", ".sql", "steps//a.sql",
    ],
)  # fmt: skip
def test_a_path_that_is_not_plainly_inside_is_refused(path: str) -> None:
    assert refusal({path: b"x", "study.toml": b""}) == "upload-path"
    if path:
        assert refusal(zipped(lambda archive: archive.writestr(path, b"x"))) == "upload-path"


def test_a_name_cut_short_by_a_zero_byte_is_refused() -> None:
    packed = zipped(lambda archive: archive.writestr("a.sqlZ.exe", b"x"))["study.zip"]
    assert refusal({"study.zip": packed.replace(b"a.sqlZ.exe", b"a.sql\0.exe")}) == "upload-path"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_special_files_are_refused(kind: int) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("a.sql")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/shadow")

    assert refusal(zipped(fill)) == "upload-link"


def test_a_bomb_is_stopped_at_the_first_file_that_is_too_large() -> None:
    uploads = zipped(lambda archive: archive.writestr("a.sql", b"\0" * (200 * 1024 * 1024)))
    assert len(uploads["study.zip"]) < MAX_UPLOAD
    assert refusal(uploads) == "upload-too-large"


def test_a_bomb_of_many_files_is_stopped_by_the_total() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        for number in range(MAX_FILES):
            archive.writestr(f"s{number}.sql", b"\0" * MAX_FILE)

    assert refusal(zipped(fill)) == "upload-too-large"


def test_a_size_that_lies_is_not_believed() -> None:
    packed = bytearray(zipped(lambda archive: archive.writestr("a.sql", b"\0" * (MAX_FILE * 8)))["study.zip"])
    size = struct.pack("<I", MAX_FILE * 8)
    while (place := packed.find(size)) >= 0:
        packed[place : place + 4] = struct.pack("<I", 10)
    assert refusal({"study.zip": bytes(packed)}) in {"upload-zip", "upload-too-large"}


def test_a_file_twice_is_refused() -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr("a.sql", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.sql", b"two")

    assert refusal(zipped(fill)) == "upload-twice"


def test_too_many_too_much_or_nothing() -> None:
    assert refusal({}) == "upload-empty"
    assert refusal({f"s{number}.sql": b"x" for number in range(MAX_FILES + 1)}) == "upload-too-many"
    assert refusal({"a.sql": b"x" * (MAX_FILE + 1)}) == "upload-too-large"
    assert refusal({f"s{n}.sql": b"x" * MAX_FILE for n in range(5)}) == "upload-too-large"
    assert refusal(zipped(lambda archive: None)) == "upload-empty"
    crowd = zipped(lambda archive: [archive.writestr(f"s{n}.sql", b"x") for n in range(MAX_FILES + 1)] and None)
    assert refusal(crowd) == "upload-too-many"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip at all", b"PK\x05\x06" + b"\0" * 18 + b"x"])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    assert refusal({"study.zip": data}) in {"upload-zip", "upload-empty"}


def test_every_cut_and_every_flipped_byte_of_a_zip_is_read_or_refused_and_never_crashes() -> None:
    whole = zipped(lambda archive: archive.writestr("a.sql", b"SELECT 1;" * 20))["study.zip"]
    for place in range(len(whole)):
        for changed in (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]):
            try:
                files = files_of({"study.zip": changed})
            except InputRefused:
                continue
            assert all(len(data) <= MAX_FILE for data in files.values())


def test_encrypted_and_oddly_packed_files_are_refused() -> None:
    odd = zipped(lambda archive: archive.writestr("a.sql", b"x" * 100), zipfile.ZIP_LZMA)
    assert refusal(odd) == "upload-zip"
    packed = bytearray(zipped(lambda archive: archive.writestr("a.sql", b"x" * 100))["study.zip"])
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = packed.find(head) + offset
        packed[place] |= 1
    assert refusal({"study.zip": bytes(packed)}) == "upload-encrypted"
