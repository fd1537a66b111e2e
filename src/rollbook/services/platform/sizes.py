"""How many people a use was about, as the public may know it: the interval that the padded size of its set allows."""

from dataclasses import dataclass

from rollbook.tlog.labels import SMALLEST_SET


@dataclass(frozen=True, slots=True)
class Interval:
    """Between `low` and `high` people, both included. The smallest sets say no more than "at most"."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"at most {self.high:,}" if self.low <= 1 else f"between {self.low:,} and {self.high:,}"

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)


def interval(size_padded: int) -> Interval:
    """The numbers of people that are padded to `size_padded` (the specification of the log, section 9.3)."""
    if size_padded <= SMALLEST_SET:
        return Interval(0, size_padded)
    exponent = (size_padded - 1).bit_length() - 1
    return Interval(size_padded - (1 << (exponent - exponent.bit_length())) + 1, size_padded)
