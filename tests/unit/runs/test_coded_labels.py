"""Labels that pack data are told from labels that name a group. The codes are made by other programs, not by ours."""

import base64
import uuid

import pytest

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.runs.coded_labels import why_coded


@pytest.mark.parametrize(
    "label",
    [
        base64.b64encode(b"\x01\x02\x03\x04 17 F 2011").decode(),
        base64.b32encode(b"seventeen pupils").decode(),
        base64.urlsafe_b64encode(b"a pupil and a date").decode(),
        uuid.UUID(int=2**100 + 17).hex,
        "Group 0.000123456789",
        "0.123456789012345",
        "1,234,567,890",
        "12 345 678 901",
        "A123456789012",
        "note: " + base64.b64encode(bytes(range(60, 100))).decode(),
    ],
)
def test_packed_data_is_seen(label: str) -> None:
    assert why_coded(["Girls", label])


@pytest.mark.parametrize(
    "label",
    ["Girls", "10,000 to 20,000", "2025-26", "5 or more sessions", "Special needs support", "KS4", "1,000,000 or more",
     "Telecommunications", "Black, Black British, Caribbean or African", "10012345", "not recorded", "A*-C", "<10%"],
)  # fmt: skip
def test_names_of_groups_pass(label: str) -> None:
    assert why_coded([label]) is None


@pytest.mark.parametrize("item", ["sex", "ethnicity", "language", "nc-year", "sen-type", "attendance-reason"])
def test_published_codes_and_their_labels_pass(item: str) -> None:
    codes = codes_of(item)
    assert why_coded([*codes, *(label[:60] for label in codes.values())]) is None


def test_the_reason_repeats_no_label() -> None:
    words = why_coded(["A123456789012"])
    assert words is not None
    assert "123456789" not in words
