"""Risk classes of items: how well an item identifies somebody (1 to 5) and how sensitive it is (A to E).

Source: the scheme of the National Pupil Database tables of 2018. An item without a mark counts as 1A until someone
classes it, so forgetting to class an item closes it rather than opens it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

IDENTIFIABILITY = {
    1: "names or locates a person at once",
    2: "a meaningful identifier, such as a UPN",
    3: "a meaningless identifier",
    4: "no identifier, but a high risk of recognising somebody",
    5: "other",
}
SENSITIVITY = {
    "A": "never used outside, by public commitment",
    "B": "highly sensitive: safeguarding",
    "C": "sensitive",
    "D": "special category",
    "E": "other",
}


@dataclass(frozen=True, slots=True, order=True)
class ItemClass:
    """The class of one item or of several together; the lower in order, the riskier."""

    identifiability: int
    sensitivity: str

    def __str__(self) -> str:
        return f"{self.identifiability}{self.sensitivity}"

    def in_words(self) -> str:
        """Both marks in plain words."""
        return f"{IDENTIFIABILITY[self.identifiability]}; {SENSITIVITY[self.sensitivity]}"


UNMARKED = ItemClass(1, "A")


def read_class(mark: str) -> ItemClass:
    """The class a mark such as `4E` stands for; anything that is no mark is 1A."""
    if len(mark) != 2 or not mark[0].isdecimal() or int(mark[0]) not in IDENTIFIABILITY or mark[1] not in SENSITIVITY:
        return UNMARKED
    return ItemClass(int(mark[0]), mark[1])


def riskiest(marks: Iterable[str]) -> ItemClass:
    """The class of a share: the riskiest mark on each axis; of no items at all, 1A."""
    classes = [read_class(mark) for mark in marks]
    if not classes:
        return UNMARKED
    return ItemClass(min(one.identifiability for one in classes), min(one.sensitivity for one in classes))
