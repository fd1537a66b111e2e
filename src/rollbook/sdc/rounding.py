"""Rounding what is shown: counts to a base with totals that agree, figures to significant digits.

Rounding hides nothing by itself: a count of 3 rounded to 5 is still three people. Counts below the threshold are
refused before anything is rounded.
"""

from typing import Final

import numpy as np

from rollbook.sdc.evidence import Floats, Ints

# In the published head of a rounded table, between what is counted and the base.
ROUNDED: Final = " to the nearest "


def to_base(counts: Ints, base: int) -> Ints:
    """`counts` (not negative) to the nearest multiple of `base`, halves up. A base of 0 or 1 changes nothing."""
    return counts if base < 2 else (counts + base // 2) // base * base


def with_totals(counts: Ints, base: int) -> Ints:
    """An array of counts rounded to `base`, one longer in every direction: the last of each holds the total of the
    rounded cells, so that what is shown adds up and no total tells more than its parts.
    """
    whole = to_base(counts, base)
    for direction in range(whole.ndim):
        whole = np.concatenate([whole, whole.sum(axis=direction, keepdims=True)], axis=direction)
    return whole


def to_digits(figures: Floats, digits: int) -> Floats:
    """`figures` to so many significant digits; what is not a number stays so."""
    # A decimal text, read again, is the nearest number to it: no digit beyond the last is left over.
    shown = [float(f"{figure:.{digits - 1}e}") if np.isfinite(figure) else figure for figure in figures]
    return np.array(shown, np.float64)
