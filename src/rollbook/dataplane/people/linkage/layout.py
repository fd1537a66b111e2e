"""What two files have in common: which columns are compared and how, and which pairs are looked at.

Shipped with the product and chosen without any file of known answers: the thresholds are the plain reading of a
probability, and everything else is estimated from the two files themselves.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import log2

# At least this probable: a match. From the second on: possible, somebody looks. From the third: noted, no more.
MATCH, POTENTIAL, LOW = 0.95, 0.85, 0.5
# A rival whose evidence is less than this many bits weaker leaves open who is meant: of two, the stronger would be the
# right one less often than a match has to be.
RIVAL_BITS = log2(MATCH / (1 - MATCH))


class Kind(StrEnum):
    """How a column is compared. Names: rare ones count more; codes: letter by letter; sorts: equal or not."""

    NAME = "name"
    CODE = "code"
    SORT = "sort"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of both files, text in both."""

    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a comparison.

    `blocks`: a pair is looked at when all columns of one of these are equal. `training`: blocks over which agreement is
    learnt; each field must be outside one of them. `sure`: columns that together nearly always mean one person.
    `twins`: the files are of children, so that two who differ in
    the first name alone may be twins.
    """

    fields: tuple[Field, ...]
    blocks: tuple[tuple[str, ...], ...]
    training: tuple[tuple[str, ...], ...]
    sure: tuple[tuple[str, ...], ...]
    forename: str
    surname: str
    birth: str
    twins: bool


PUPILS = Layout(
    fields=(
        Field("forename", Kind.NAME),
        Field("surname", Kind.NAME),
        Field("born", Kind.CODE),
        Field("sex", Kind.SORT),
        Field("postcode", Kind.CODE),
    ),
    blocks=(
        ("born", "surname"),
        ("born", "forename"),
        ("born", "postcode"),
        ("forename", "postcode"),
        ("surname", "postcode"),
        ("surname", "forename", "sex"),
    ),
    training=(("born", "surname"), ("forename", "surname"), ("born", "postcode")),
    sure=(("forename", "surname", "born"), ("forename", "born", "postcode"), ("surname", "forename", "postcode")),
    forename="forename",
    surname="surname",
    birth="born",
    twins=True,
)
