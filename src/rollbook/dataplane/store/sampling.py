"""A research sample: who is in it follows from a keyed hash of each person and a limit fixed at the first draw.

Each person has a mark, 64 bits of AES-256-CMAC of the person key under a key of the project's own. Somebody is in the
sample when their mark lies below the limit of their stratum. The first draw sets each limit just above the mark of the
last person it needs, so that its sizes are exact. Later draws keep the limits: whoever was drawn stays, and of those
who are new the same share joins, as if by lot. (Bernoulli or Poisson sampling with permanent random numbers: Ohlsson,
"Coordination of samples using permanent random numbers", in Business Survey Methods, 1995, chapter 9.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from rollbook.dataplane.store.pseudonyms import cmac_words

# One above the greatest mark: a limit that everybody lies below.
EVERYBODY: Final = 1 << 64

Marks = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int32]


class Share(StrEnum):
    """How a sample's size is shared among its strata: as their people are, or the same number from each."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limit of each stratum by label, and that of a stratum the first draw had not seen: its overall share."""

    by_stratum: Mapping[str, int]
    other: int


def marks(key: bytes, person_keys: npt.NDArray[np.uint32]) -> Marks:
    """The mark of each person under a project's key for drawing."""
    return cmac_words(key, person_keys)


def shares(counts: Mapping[str, int], size: int, share: Share) -> dict[str, int]:
    """How many of each stratum's people make a sample of `size`, or of all there are where that is fewer.

    The parts add up exactly: what is left over after whole numbers goes to the largest remainders, by label where
    these are equal. A stratum too small for an equal part gives all it has, and the others make up for it.
    """
    wanted = min(size, sum(counts.values()))
    if share is Share.EQUAL:
        return _equal(counts, wanted)
    total = max(sum(counts.values()), 1)
    parts = {label: wanted * count // total for label, count in counts.items()}
    by_remainder = sorted(counts, key=lambda label: (-(wanted * counts[label] % total), label))
    for label in by_remainder[: wanted - sum(parts.values())]:
        parts[label] += 1
    return parts


def _equal(counts: Mapping[str, int], wanted: int) -> dict[str, int]:
    parts: dict[str, int] = {}
    for place, (label, count) in enumerate(sorted(counts.items(), key=lambda one: (one[1], one[0]))):
        parts[label] = min(count, (wanted - sum(parts.values())) // (len(counts) - place))
    return parts


def first_limits(of: Marks, strata: Codes, labels: tuple[str, ...], size: int, share: Share) -> Limits:
    """The limits that draw exactly `size` of these people; `strata` says for each the place of its label."""
    counts = np.bincount(strata, minlength=len(labels))
    parts = shares({label: int(count) for label, count in zip(labels, counts, strict=True)}, size, share)
    order = np.argsort(strata, kind="stable")
    ends = np.cumsum(counts)
    limits = {
        label: _limit(of[order[end - count : end]], parts[label])
        for label, end, count in zip(labels, ends, counts, strict=True)
    }
    return Limits(limits, EVERYBODY * min(size, len(of)) // max(len(of), 1))


def _limit(of: Marks, wanted: int) -> int:
    if wanted >= len(of):
        return EVERYBODY
    return int(np.partition(of, wanted - 1)[wanted - 1]) + 1 if wanted else 0


def drawn(of: Marks, strata: Codes, labels: tuple[str, ...], limits: Limits) -> npt.NDArray[np.bool_]:
    """For each person whether the limits draw them."""
    # Compared with the last mark below each limit, because a limit above every mark has no 64 bits.
    each = [limits.by_stratum.get(label, limits.other) for label in labels]
    last = np.array([max(limit - 1, 0) for limit in each], dtype=np.uint64)
    none = np.array([limit == 0 for limit in each], dtype=np.bool_)
    chosen: npt.NDArray[np.bool_] = (of <= last[strata]) & ~none[strata]
    return chosen
