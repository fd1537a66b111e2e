"""The primary rules over evidence in columns: each takes the evidence and the parameters and flags cells.

A rule never looks at the figure. Formulae as acro 1.0.2 computes them, save where a comment says why not: with negative
values the absolute contributions are compared (acro then tests nothing in the whole table), and a cell of zeros is
refused because all in it are alike, not for dominance.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from rollbook.sdc import measures, rules
from rollbook.sdc.evidence import COUNTED_APART, Amounts, Evidence, Flags, Floats
from rollbook.sdc.measures import Measure
from rollbook.sdc.rules import SdcParameters

Rule = Callable[[Evidence, SdcParameters], Flags]

# Sums of the same numbers in another order differ in the last digits; at the edge that must not let a cell through.
_NOISE = 1e-12


def below_threshold(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """Fewer distinct people with a value than the threshold. Rows do not count, nor people without a value."""
    return evidence.contributors < parameters.threshold


def few_units(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """Fewer distinct units than asked for; nothing where the table names no unit."""
    if evidence.units is None:
        return _none(evidence)
    few: Flags = evidence.units < parameters.unit_threshold
    return few


def largest_share(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """(n, k): the n largest persons make up the share k or more. Exactly k is refused, as in acro 1.x."""
    return _any(evidence, lambda one: _share(one.absolute, one.first, one.second, parameters))


def next_largest(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """p %: what is left without the two largest persons is less than the share p of the largest."""
    return _any(evidence, lambda one: _rest(one.absolute, one.first, one.second, parameters))


def unit_largest_share(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """(n, k) between the units of a cell."""
    return _any(evidence, lambda one: _units(one, _share, parameters))


def unit_next_largest(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """p % between the units of a cell."""
    return _any(evidence, lambda one: _units(one, _rest, parameters))


def all_alike(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """Everyone with a value has the same: the figure is each one's own. acro computes this and links it to no risk."""
    del parameters
    alike: Flags = (evidence.contributors > 0) & (evidence.lowest == evidence.highest)
    return alike


def few_of_them(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """Among enough contributors fewer than the threshold have another value than 0, or another than one that enough
    people have, or one of two values. The mean of a mark, of 0 and 1 or of 1 and 2, is a count of those marked, by
    whatever name. Of a ratio the same is asked of what it is divided by, where what is divided tells nobody apart.
    """
    if evidence.something is None:
        return _none(evidence)
    limit, some = parameters.threshold, evidence.something
    few: Flags = ((some > 0) & (some < limit)) | _hardly_any(evidence.amounts[0], parameters)
    if len(evidence.amounts) == 2:
        over, under = evidence.amounts
        # Where enough people have each another amount, nobody can tell from the ratio what it is divided by.
        known = _none(evidence) if over.apart is None else over.apart < min(limit, COUNTED_APART)
        few |= known & _hardly_any(under, parameters)
        few |= _none(evidence) if under.nonzero is None else under.nonzero < limit
    return few & (evidence.contributors >= limit)


def _hardly_any(one: Amounts, parameters: SdcParameters) -> Flags:
    """Somebody, and fewer people than the threshold, have another amount than the commonest, which enough people have,
    or which is one of two. Judged up to `COUNTED_APART` people.
    """
    if one.apart is None or one.common is None or one.kinds is None:
        return np.zeros(len(one.total), bool)
    few = (one.apart > 0) & (one.apart < min(parameters.threshold, COUNTED_APART))
    hardly: Flags = few & ((one.common >= parameters.threshold) | (one.kinds == 2))
    return hardly


def every_cell(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """All cells: for a maximum or minimum."""
    del parameters
    return np.ones(evidence.axes.cells, bool)


def thin_sides(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """Fewer people under the quantile, or over it, than asked for. Those exactly at it count on both sides where they
    are themselves enough people: then the quantile is no single person's value.
    """
    if evidence.below is None or evidence.level is None or evidence.over is None:
        return every_cell(evidence, parameters)
    tied = np.where(evidence.level >= parameters.threshold, evidence.level, 0)
    return np.minimum(evidence.below, evidence.over) + tied < parameters.quantile_side


def held_by_all(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """The mode is held by this share of the people or more, who thereby learn one another's value; or by fewer people
    than the threshold, and then it may be one person's own: where all values differ, it is the least of them.
    """
    if evidence.level is None:
        return every_cell(evidence, parameters)
    by_all = evidence.level >= parameters.mode_share * evidence.contributors * (1 - _NOISE)
    few = (evidence.contributors >= parameters.threshold) & (evidence.level < parameters.threshold)
    return by_all | few


def little_freedom(evidence: Evidence, parameters: SdcParameters) -> Flags:
    """A spread of n people has n - 1 degrees of freedom."""
    return evidence.contributors - 1 < parameters.freedom


_ALWAYS: Mapping[str, Rule] = MappingProxyType({rules.THRESHOLD: below_threshold, rules.UNIT: few_units})
_DOMINANCE: Mapping[str, Rule] = MappingProxyType(
    {
        rules.LARGEST: largest_share,
        rules.NEXT_LARGEST: next_largest,
        rules.UNIT_LARGEST: unit_largest_share,
        rules.UNIT_NEXT_LARGEST: unit_next_largest,
        rules.ALIKE: all_alike,
        rules.FEW: few_of_them,
    }
)
_OWN: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        **dict.fromkeys(sorted(measures.COUNTS), MappingProxyType({})),
        **dict.fromkeys(sorted(measures.MAGNITUDES), _DOMINANCE),
        **dict.fromkeys(sorted(measures.EXTREMES), MappingProxyType({rules.EXTREME: every_cell})),
        # The figure is the mean of those about the quantile, so neither may be reckoned from it.
        measures.QUANTILE: MappingProxyType(
            {
                rules.SIDES: thin_sides,
                rules.LARGEST: largest_share,
                rules.NEXT_LARGEST: next_largest,
                rules.ALIKE: all_alike,
            }
        ),
        measures.MODE: MappingProxyType({rules.HELD_BY_ALL: held_by_all, rules.ALIKE: all_alike}),
        # What dominates a spread is the square of a distance from the mean, wherever the values begin.
        measures.DEVIATION: MappingProxyType(
            {
                rules.FREEDOM: little_freedom,
                rules.LARGEST: largest_share,
                rules.NEXT_LARGEST: next_largest,
                rules.ALIKE: all_alike,
                rules.FEW: few_of_them,
            }
        ),
    }
)


def flags(evidence: Evidence, measure: Measure, parameters: SdcParameters) -> dict[str, Flags]:
    """For each rule that is asked of `measure`, by name, the cells it refuses."""
    # Weights may all be alike: then the figure is a count of people, and no more.
    weighed = {name: rule for name, rule in _DOMINANCE.items() if name != rules.ALIKE}
    asked = {**_ALWAYS, **(weighed if measure.kind == measures.COUNT and measure.weight else _OWN[measure.kind])}
    found = {name: rule(evidence, parameters) for name, rule in asked.items()}
    if measure.kind == measures.QUANTILE and measure.around < parameters.threshold:
        found[rules.SIDES] = every_cell(evidence, parameters)
    return found


def alone_in_group(evidence: Evidence) -> list[Flags]:
    """For each dimension the cells that hold all the people of a group by the other dimensions, so that everyone in the
    group is known to have the cell's label of this one. Nothing where the whole table has one label.
    """
    axes = evidence.axes
    found = [_none(evidence) for _ in axes.names]
    if len(axes.names) < 2:
        return found
    for place, labels in enumerate(axes.labels):
        if len(labels) < 2:
            continue
        others = [number for number in range(len(axes.names)) if number != place]
        group = np.zeros(axes.cells, np.int64)
        for number in others:
            group = group * len(axes.labels[number]) + axes.codes[number]
        _, back, size = np.unique(group, return_inverse=True, return_counts=True)
        found[place] = size[back] == 1
    return found


def _none(evidence: Evidence) -> Flags:
    return np.zeros(evidence.axes.cells, bool)


def _any(evidence: Evidence, rule: Callable[[Amounts], Flags]) -> Flags:
    flagged = _none(evidence)
    for one in evidence.amounts:
        flagged |= rule(one)
    return flagged


def _share(absolute: Floats, first: Floats, second: Floats, parameters: SdcParameters) -> Flags:
    top = first + second if parameters.dominant_n == 2 else first
    return (absolute > 0) & (top >= parameters.dominant_k * absolute * (1 - _NOISE))


def _rest(absolute: Floats, first: Floats, second: Floats, parameters: SdcParameters) -> Flags:
    return (first > 0) & (absolute - first - second < parameters.dominant_p * first)


def _units(
    one: Amounts, rule: Callable[[Floats, Floats, Floats, SdcParameters], Flags], parameters: SdcParameters
) -> Flags:
    if one.unit_first is None or one.unit_second is None:
        return np.zeros(len(one.total), bool)
    return rule(one.absolute, one.unit_first, one.unit_second, parameters)
