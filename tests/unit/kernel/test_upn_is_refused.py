"""UPNs that others let through or threw out: the known bugs of other tools, and numbers that must not be believed."""

from datetime import date

import pytest

from rollbook.kernel.authorities import RETURN_AUTHORITIES, UPN_AUTHORITIES, in_force, may_stand_in_upn
from rollbook.kernel.refusals import InputRefused
from rollbook.kernel.upn import UpnFault, check_letter, parse_upn, uln_ok, upn_faults

DAY = date(2025, 1, 16)


@pytest.mark.parametrize(
    ("upn", "fault"),
    [
        ("B801200005002", UpnFault.LETTER),  # pattern alone would pass it
        ("N80120000500A", UpnFault.LETTER),  # a wrong letter on a temporary UPN
        ("A123456789123", UpnFault.LETTER),  # P is right
        ("I801200005001", UpnFault.LETTER),
        ("O801200005001", UpnFault.LETTER),
        ("S801200005001", UpnFault.LETTER),
        ("b801200005001", UpnFault.LETTER),
        ("M80120000500I", UpnFault.LAST),
        ("M80120000500O", UpnFault.LAST),
        ("M80120000500S", UpnFault.LAST),
        ("M80120000500a", UpnFault.LAST),
        ("B8012000O5001", UpnFault.DIGITS),
        ("B80120000500", UpnFault.LENGTH),
        ("B801200005001 ", UpnFault.LENGTH),
        ("", UpnFault.LENGTH),
        ("P123456789123", UpnFault.AUTHORITY),
    ],
)
def test_named_fault(upn: str, fault: UpnFault) -> None:
    assert fault in upn_faults(upn, DAY)
    with pytest.raises(InputRefused) as refused:
        parse_upn(upn, DAY)
    assert all(reason.message and reason.mend for reason in refused.value.reasons)


def test_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(InputRefused) as refused:
        parse_upn("B801200005002")
    assert "80120000500" not in str(refused.value.as_data())


@pytest.mark.parametrize("number", ["940", "941", "942", "943", "001", "820", "875", "701", "660"])
def test_upn_may_name_new_old_and_pseudo_authorities(number: str) -> None:
    body = f"{number}200005001"
    assert upn_faults(check_letter(body) + body, DAY) == ()


def test_a_upn_cannot_name_an_authority_that_does_not_exist_yet() -> None:
    assert not may_stand_in_upn("942", date(2023, 3, 31))
    assert may_stand_in_upn("942", date(2023, 4, 1))


def test_a_return_names_an_authority_in_force() -> None:
    assert in_force("201", DAY)
    assert in_force("909", date(2023, 3, 31))
    assert not in_force("909", DAY)
    assert not in_force("942", date(2023, 1, 19))
    assert not any(in_force(pseudo, DAY) for pseudo in ("001", "XXX", "701", "660", ""))


def test_the_list_is_whole() -> None:
    assert len(UPN_AUTHORITIES) == 195
    assert RETURN_AUTHORITIES < UPN_AUTHORITIES


@pytest.mark.parametrize("upn", ["M80120000500A", "L80120000501Z"])
def test_a_valid_temporary_number_passes_where_other_tools_refuse_it(upn: str) -> None:
    assert upn_faults(upn, DAY) == ()


@pytest.mark.parametrize(
    ("uln", "valid"),
    [("1000000000", True), ("1000000019", True), ("1000000027", True), ("9999999999", False), ("1000000018", False)],
)
def test_a_learner_number_is_checked_by_its_sum_and_not_by_its_first_digit(uln: str, valid: bool) -> None:
    assert uln_ok(uln) is valid
