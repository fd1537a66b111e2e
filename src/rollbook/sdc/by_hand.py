"""What a machine can say of a file that only people can judge: warnings, never a pass.

A file that study code wrote has no people behind its figures that could be counted, so no rule of this package holds
for it and no audit can hold it against other releases. These warnings point at what rows and packed data look like.
They come from the text, the study's own files and the parameters alone, so that anybody can make them again.
"""

import csv
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rollbook.kernel.refusals import Reason

# What the page, the record and the register say in the same words.
NOT_COVERED: Final = (
    "No rule judged this file. Who is behind its figures is not known, so it was held against no other release: the "
    "differencing audit does not cover it."
)
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.])-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_NAMED: Final = 40
_ALL_OR_NOBODY: Final = frozenset({1.0, 100.0})


@dataclass(frozen=True, slots=True)
class ByHand:
    """The numbers the warnings go by: `lines` and `different` values of a column from which a file looks like rows;
    `small`: whole numbers below it may count few people; `carried`: bytes from which it says more than its size lets
    one see; `digits`: significant digits that every number was cut to.
    """

    lines: int = 50
    different: int = 25
    small: int = 10
    carried: int = 1024
    digits: int = 4


def warnings(text: str, spelled: str, parameters: ByHand, *, cut: int = 0, moved: bool = False) -> tuple[Reason, ...]:
    """Every warning about `text`, which is the file as it would leave. `spelled` is all that the study's files and the
    code lists say: words that stand there were not made from records. `cut` and `moved` are what reading changed.
    """
    found = [*from_text(text, parameters), *_made(text, spelled)]
    carried = carries(text, spelled)
    if carried > parameters.carried:
        message = f"Packed, it still has {carried:,} bytes that the study's own files do not say"
        found.append(Reason("carries", message, mend="Look for what needs so much."))
    if cut:
        message = f"{cut:,} numbers had more than {parameters.digits} significant digits; they were cut"
        found.append(Reason("cut", message, mend="Ask why the study wrote them so."))
    if moved:
        found.append(Reason("moved", "Rows or names stood in another order; they were sorted"))
    return tuple(found)


def from_text(text: str, parameters: ByHand) -> tuple[Reason, ...]:
    """Those that follow from the text alone: whoever has the file can make them again."""
    return (*_like_rows(text, parameters), *_figures(text, parameters))


def carries(text: str, spelled: str) -> int:
    """About how many bytes the file says beyond what the study's files say: packed, with those known beforehand."""
    packer = zlib.compressobj(level=9, zdict=spelled.encode()[-32768:] or b" ")
    return len(packer.compress(text.encode()) + packer.flush())


def _like_rows(text: str, parameters: ByHand) -> Iterator[Reason]:
    lines = [line for line in text.splitlines() if line.strip(" ]}{[,")]
    if len(lines) > parameters.lines:
        message = f"It has {len(lines):,} lines: so many may be rows about people"
        yield Reason("many-lines", message, mend="See what a line stands for in the study's steps.")
    rows = list(csv.reader(io.StringIO(text)))
    width = Counter(len(row) for row in rows).most_common(1)[0][0] if rows else 0
    for place in range(width):
        values = {row[place] for row in rows if len(row) == width}
        if len(values) > parameters.different:
            message = f"{len(values):,} different values stand in place {place + 1} of its lines"
            yield Reason("many-values", message, mend="See whether each is about a group, and how large.")


def _figures(text: str, parameters: ByHand) -> Iterator[Reason]:
    numbers = [float(found) for found in _NUMBER.findall(text)]
    small = [one for one in numbers if one.is_integer() and 0 < one < parameters.small]
    if small:
        message = f"{len(small):,} whole numbers are below {parameters.small}: each may count so few people"
        yield Reason("small-counts", message, mend="See in the steps what each of them counts.")
    if whole := sum(one in _ALL_OR_NOBODY or one == 0 for one in numbers):
        message = f"{whole:,} figures are 0, 1 or 100: nobody or everybody of a group"
        yield Reason("all-or-nobody", message, mend="See whether it tells the same of each of a group.")


def _made(text: str, spelled: str) -> Iterator[Reason]:
    made = sorted({word for word in _WORD.findall(text) if word not in spelled})
    if made:
        more = f" and {len(made) - _MOST_NAMED} more" if len(made) > _MOST_NAMED else ""
        message = f"These words stand nowhere in the study, it made them from records: {', '.join(made[:_MOST_NAMED])}"
        yield Reason("made-words", message + more, mend="Look closely that none tells of somebody.")
