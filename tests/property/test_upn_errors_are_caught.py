"""The check letter catches every wrong digit and every swap of different neighbours, because 23 is prime."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rollbook.kernel.upn import LETTERS, UpnFault, check_letter, parse_upn, upn_faults

permanent = st.text("0123456789", min_size=12, max_size=12)
temporary = st.builds("{}{}".format, st.text("0123456789", min_size=11, max_size=11), st.sampled_from(LETTERS))
bodies = st.one_of(permanent, temporary)


@given(bodies)
def test_the_right_letter_is_accepted_and_the_other_22_are_not(body: str) -> None:
    right = check_letter(body)
    assert parse_upn(right + body).value == right + body
    assert all(upn_faults(letter + body) == (UpnFault.LETTER,) for letter in LETTERS if letter != right)


@settings(max_examples=300)
@given(permanent, st.integers(0, 11), st.sampled_from("0123456789"))
def test_every_wrong_digit_is_caught(body: str, place: int, digit: str) -> None:
    assume(body[place] != digit)
    wrong = body[:place] + digit + body[place + 1 :]
    assert upn_faults(check_letter(body) + wrong) == (UpnFault.LETTER,)


@settings(max_examples=300)
@given(permanent, st.integers(0, 10))
def test_every_swap_of_neighbours_is_caught(body: str, place: int) -> None:
    assume(body[place] != body[place + 1])
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    assert upn_faults(check_letter(body) + swapped) == (UpnFault.LETTER,)


@given(st.text(max_size=20))
def test_any_text_is_judged_without_a_crash(text: str) -> None:
    faults = upn_faults(text)
    assert faults or parse_upn(text).value == text
