"""A sample drawn by keyed hash: exact at first, stable afterwards, in proportion, and one project's tells nothing of
another's.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from rollbook.dataplane.store import sampling
from rollbook.dataplane.store.sampling import EVERYBODY, Share, drawn, first_limits, marks, shares

KEY, OTHER_KEY = bytes(range(32)), bytes(range(32, 64))
PEOPLE = np.arange(1, 200_001, dtype=np.uint32) * np.uint32(431)
LABELS = ("201", "202", "203")
# 60 %, 30 % and 10 % of the people.
STRATA = np.array([0, 0, 0, 1, 0, 2, 0, 1, 0, 1] * 20_000, dtype=np.int32)
SIGMAS = 5.0


def within(found: int, trials: int, chance: float) -> bool:
    """Whether a count lies within five standard deviations of the binomial's mean: one in 1.7 million does not."""
    return abs(found - trials * chance) <= SIGMAS * sqrt(trials * chance * (1 - chance))


def test_a_mark_is_what_another_library_computes() -> None:
    for place in (0, 1, 77, 199_999):
        other = CMAC(AES(KEY))
        other.update(int(PEOPLE[place]).to_bytes(4, "big"))
        assert int(marks(KEY, PEOPLE[place : place + 1])[0]) == int.from_bytes(other.finalize()[:8], "big")


def test_more_people_than_a_chunk_are_marked_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from rollbook.dataplane.store import pseudonyms

    whole = marks(KEY, PEOPLE[:100])
    monkeypatch.setattr(pseudonyms, "_CHUNK", 7)
    assert (marks(KEY, PEOPLE[:100]) == whole).all()


@pytest.mark.parametrize("share", list(Share))
def test_the_first_draw_is_of_the_exact_size(share: Share) -> None:
    of = marks(KEY, PEOPLE)
    chosen = drawn(of, STRATA, LABELS, first_limits(of, STRATA, LABELS, 9_001, share))
    sizes = np.bincount(STRATA[chosen]).tolist()
    # 9,001 in the proportion 6:3:1 by largest remainders, and in three equal parts.
    assert sizes == ([5401, 2700, 900] if share is Share.PROPORTIONAL else [3001, 3000, 3000])


def test_who_was_drawn_stays_and_newcomers_join_in_the_same_share() -> None:
    of = marks(KEY, PEOPLE)
    before = slice(0, 100_000)
    limits = first_limits(of[before], STRATA[before], LABELS, 10_000, Share.PROPORTIONAL)
    first = drawn(of[before], STRATA[before], LABELS, limits)
    later = drawn(of, STRATA, LABELS, limits)
    assert (later[before] == first).all()
    assert within(int(later[100_000:].sum()), 100_000, 0.1)
    for place in range(3):
        newcomers = STRATA[100_000:] == place
        assert within(int(later[100_000:][newcomers].sum()), int(newcomers.sum()), 0.1)
    # Whoever leaves takes nobody with them.
    stay = np.arange(len(PEOPLE)) % 3 != 0
    assert (drawn(of[stay], STRATA[stay], LABELS, limits) == later[stay]).all()


def test_a_stratum_not_seen_before_gives_the_overall_share() -> None:
    of = marks(KEY, PEOPLE)
    limits = first_limits(of, STRATA, LABELS, 20_000, Share.EQUAL)
    new = np.zeros(len(PEOPLE), np.int32)
    assert within(int(drawn(of, new, ("204",), limits).sum()), len(PEOPLE), 0.1)


def test_two_projects_samples_overlap_as_chance_has_it() -> None:
    chosen = [
        drawn(of, STRATA, LABELS, first_limits(of, STRATA, LABELS, 20_000, Share.PROPORTIONAL))
        for of in (marks(KEY, PEOPLE), marks(OTHER_KEY, PEOPLE))
    ]
    assert within(int((chosen[0] & chosen[1]).sum()), len(PEOPLE), 0.01)


def test_who_is_drawn_says_nothing_of_when_they_were_born_or_entered() -> None:
    of = marks(KEY, PEOPLE)
    chosen = drawn(of, STRATA * 0, ("",), first_limits(of, STRATA * 0, ("",), 20_000, Share.PROPORTIONAL))
    for part in np.split(chosen, 20):
        assert within(int(part.sum()), len(part), 0.1)


@pytest.mark.parametrize(("size", "count"), [(1, 1), (5, 5), (6, 6), (7, 6)])
def test_small_and_whole_populations(size: int, count: int) -> None:
    of = marks(KEY, PEOPLE[:6])
    limits = first_limits(of, STRATA[:6], LABELS, size, Share.PROPORTIONAL)
    assert int(drawn(of, STRATA[:6], LABELS, limits).sum()) == count
    if size >= 6:
        assert set(limits.by_stratum.values()) == {EVERYBODY}


def test_the_greatest_and_the_least_mark_obey_their_limits() -> None:
    of = np.array([0, 2**64 - 1], np.uint64)
    strata: npt.NDArray[np.int32] = np.zeros(2, np.int32)

    def chosen(limit: int) -> list[bool]:
        found: list[bool] = drawn(of, strata, ("",), sampling.Limits({"": limit}, 0)).tolist()
        return found

    assert [chosen(limit) for limit in (0, 1, EVERYBODY - 1, EVERYBODY)] == [
        [False, False], [True, False], [True, False], [True, True]
    ]  # fmt: skip


COUNTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 500), max_size=12)


@given(COUNTS, st.integers(1, 3000), st.sampled_from(list(Share)))
def test_shares_add_up_and_take_no_more_than_there_are(counts: dict[str, int], size: int, share: Share) -> None:
    parts = shares(counts, size, share)
    assert sum(parts.values()) == min(size, sum(counts.values()))
    assert all(0 <= part <= counts[label] for label, part in parts.items())
    if share is Share.PROPORTIONAL and parts:
        total = sum(counts.values())
        assert all(abs(part * total - size * counts[label]) <= total or size > total for label, part in parts.items())
