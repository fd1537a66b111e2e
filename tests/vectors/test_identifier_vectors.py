"""Identifiers with known answers: UPN check letters and ULN check digits, from the reference and from python-stdnum."""

import pytest

from rollbook.kernel.refusals import InputRefused
from rollbook.kernel.upn import UpnKind, check_letter, parse_upn, uln_ok

UPNS = [
    ("801200005001", "B", UpnKind.PERMANENT),
    ("80120000500A", "M", UpnKind.TEMPORARY),
    ("80120000501Z", "L", UpnKind.TEMPORARY),
    ("380209306001", "T", UpnKind.PERMANENT),
    ("123456789123", "P", UpnKind.PERMANENT),
]


@pytest.mark.parametrize(("body", "letter", "kind"), UPNS)
def test_check_letter(body: str, letter: str, kind: UpnKind) -> None:
    assert check_letter(body) == letter
    upn = parse_upn(letter + body)
    assert (str(upn), upn.kind) == (letter + body, kind)


@pytest.mark.parametrize(
    ("uln", "right"),
    [("1000000000", True), ("1000000019", True), ("1000000027", True), ("9999999999", False), ("100000000", False)],
)
def test_learner_number(uln: str, right: bool) -> None:
    assert uln_ok(uln) is right


def test_a_learner_number_with_no_valid_check_digit() -> None:
    # The first nine digits weigh to a multiple of 11, so no tenth digit is right.
    assert not any(uln_ok(f"000000000{digit}") for digit in range(10))


@pytest.mark.parametrize("body", ["80120000500", "80120000500O", "80120000500a", "8012000٠5001", ""])
def test_no_check_letter_for_another_form(body: str) -> None:
    with pytest.raises(InputRefused):
        check_letter(body)
