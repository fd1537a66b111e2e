"""What a study may ask of its person table: one figure a cell, and from which columns it is made.

Pure data. The data plane computes the figure and its evidence (`rollbook.sdc.evidence`), the rules judge the evidence
(`rollbook.sdc.primary`). Maximum and minimum are named so that they can be refused by name: each is one person's value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

COUNT, SUM, MEAN, WEIGHTED_MEAN, RATIO = "count", "sum", "mean", "weighted mean", "ratio"
QUANTILE, DEVIATION, MODE, HISTOGRAM = "quantile", "standard deviation", "mode", "histogram"
MAXIMUM, MINIMUM = "maximum", "minimum"
MEDIAN = "median"

# The columns each measure needs beside the dimensions. Any of them may also name a unit; a count may have a weight.
NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        COUNT: (),
        SUM: ("value",),
        MEAN: ("value",),
        WEIGHTED_MEAN: ("value", "weight"),
        RATIO: ("value", "denominator"),
        QUANTILE: ("value",),
        DEVIATION: ("value",),
        MODE: ("value",),
        HISTOGRAM: ("value",),
        MAXIMUM: ("value",),
        MINIMUM: ("value",),
    }
)
MAGNITUDES = frozenset({SUM, MEAN, WEIGHTED_MEAN, RATIO})
COUNTS = frozenset({COUNT, HISTOGRAM})
EXTREMES = frozenset({MAXIMUM, MINIMUM})


@dataclass(frozen=True, slots=True)
class Measure:
    """The figure of a table. Column names are the person table's; an empty name is no column.

    `unit` names a second unit that must not be told either (a school, a trust, a household). `at` is the share of
    people below a quantile (0.5 is the median), `around` how many people about it are averaged; `edges` are the inner
    and outer bounds of a histogram's bands, `base` is the number that counts are rounded to (0: none).
    """

    kind: str = COUNT
    value: str = ""
    denominator: str = ""
    weight: str = ""
    unit: str = ""
    at: float = 0.5
    around: int = 10
    edges: tuple[float, ...] = ()
    base: int = 0

    def __post_init__(self) -> None:
        if self.kind not in NEEDS:
            raise ValueError("this is not a measure")
        if any(not getattr(self, column) for column in NEEDS[self.kind]):
            raise ValueError("a column that the measure needs is not named")
        if not 0 < self.at < 1 or self.around < 1:
            raise ValueError("a quantile lies between 0 and 1, and somebody is about it")
        if (self.kind == HISTOGRAM) != bool(self.edges) or any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("a histogram, and nothing else, has edges, and they rise")
        if self.base < 0:
            raise ValueError("a base is not negative")

    @property
    def plain(self) -> bool:
        """Whether this is a count of rows and nothing more."""
        return self == PLAIN_COUNT

    @property
    def adds_up(self) -> bool:
        """Whether the figure is made of amounts that add up, so that one person's could make up most of it."""
        return self.kind in MAGNITUDES or bool(self.weight)

    @property
    def heading(self) -> str:
        """What the figures are called where they are published."""
        if self.kind != QUANTILE:
            return self.kind
        return MEDIAN if self.at == 0.5 else f"{self.kind} {self.at:g}"

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers, in the order the person table lists them."""
        return tuple(name for name in (self.value, self.denominator, self.weight) if name)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the person table holds beside `ppid` and the dimensions."""
        return (*self.numbers, self.unit) if self.unit else self.numbers

    def as_data(self) -> dict[str, object]:
        """The measure as plain data, kept beside the table."""
        named = {
            name: getattr(self, name) for name in ("value", "denominator", "weight", "unit") if getattr(self, name)
        }
        rest: dict[str, object] = {"at": self.at, "around": self.around} if self.kind == QUANTILE else {}
        rest |= {"edges": list(self.edges)} if self.edges else {}
        return {"kind": self.kind, **named, **rest, **({"base": self.base} if self.base else {})}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Measure":
        """The measure that `as_data` wrote."""
        return cls(**{**data, "edges": tuple(data.get("edges", ()))})

    def bands(self) -> tuple[str, ...]:
        """The labels of a histogram's bands, lowest first: below the first edge, between two, from the last on."""
        inner = [f"{low:g} to below {high:g}" for low, high in pairwise(self.edges)]
        return (f"below {self.edges[0]:g}", *inner, f"{self.edges[-1]:g} and over")


PLAIN_COUNT = Measure()
