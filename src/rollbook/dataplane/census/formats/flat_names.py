"""How the collection system's flat tables name what the catalogue holds.

A table is known by its own column `<table>orderseqcolumn`, never by its file's name. A child table carries the table
id of its pupil, `pupilonrolltableid` or `pupilnolongeronrolltableid`. Fields are the elements of the return's own year
and term in lower case; the catalogue has them.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from rollbook.dataplane.census.catalogue import places_read
from rollbook.dataplane.census.formats.leaves import leaf
from rollbook.dataplane.census.profile import ADDRESS_LINES, Leaf

ORDER: Final = "orderseqcolumn"
TABLE_ID: Final = "tableid"
HEADER_TABLE, SCHOOL_TABLE = "schoolcensus", "school"
PUPIL_TABLES: Final = {"pupilonroll": True, "pupilnolongeronroll": False}
# Columns that only tie rows together, beside every column that ends in tableid or orderseqcolumn.
TIES: Final = frozenset({"nativeid", "sourceid"})
_BOTH_ROLLS: Final = {
    "termlyexclusions": "exclusion", "termlysessiondetails": "session",
    "summerhalfterm2sessiondetails": "second_half_session", "learnersupport": "learner_support",
    "learnerfam": "learner_fam", "learningaims": "learning_aim", "programmeaims": "programme_aim",
    "workplaceentity": "work_placement", "approvisiondetail": "ap_entry", "schoolarrangedapdetail": "school_ap",
    "addresses": "address", "fsmperiods": "fsm_period", "nationalities": "",
}  # fmt: skip
_SPRING_SUMMER: Final = {"addresses": "address", "fsmperiod": "fsm_period", "senneeds": "sen_need"}
_ANY_TERM: Final = {"fundingbasisitems": "funding_basis"}
CHILD_TABLES: Final[Mapping[str, str]] = {
    **{f"{name}{roll}": table for name, table in _BOTH_ROLLS.items() for roll in ("onroll", "offroll")},
    **_SPRING_SUMMER,
    **_ANY_TERM,
}
PROGRAMME_TABLES: Final = frozenset({"programmeaimsonroll", "programmeaimsoffroll"})
# A zip with a table of each of these holds more than one term.
AUTUMN_ONLY: Final = frozenset(
    {f"{name}{roll}" for name in ("addresses", "summerhalfterm2sessiondetails", "learningaims", "programmeaims",
                                  "workplaceentity") for roll in ("onroll", "offroll")} | {"fsmperiodsonroll"}
)  # fmt: skip
SPRING_SUMMER_ONLY: Final = frozenset(_SPRING_SUMMER)
HEADER: Final = {
    "collection": "collection", "term": "term", "year": "year", "referencedate": "reference_date",
    "sourcelevel": "source_level", "lea": "lea", "estab": "estab", "urn": "urn", "softwarecode": "software_code",
    "release": "release", "xversion": "version", "serialno": "serial_no", "datetime": "date_time",
}  # fmt: skip
SCHOOL: Final = {
    "schoolname": "name", "phase": "phase", "type": "school_type", "highestncyeargroup": "highest_year",
    "lowestncyeargroup": "lowest_year", "intake": "intake", "governance": "governance", "email": "email",
    "phoneno": "phone", "accommodation": "accommodation",
}  # fmt: skip


@cache
def fields_of(table: str, collection: str) -> Mapping[str, tuple[Leaf, str]]:
    """What a flat row may carry in this return, by column heading: the leaf, and whose row (b, n or l) has it.

    `table` is `pupil` (identity included) or a child table.
    """
    inside = ("pupil", "identity") if table == "pupil" else (table,)
    named: dict[str, tuple[Leaf, str]] = {}
    for place in places_read(collection).values():
        if place.item.id == "address-line" and table == "address":
            line = Leaf(place.item.column, "line", place.item.id)
            named.update({element.lower(): (line, place.roll) for element in ADDRESS_LINES})
        elif place.item.table in inside:
            named[place.field] = (leaf(place.item.id), place.roll)
    return named


def table_named(headings: tuple[str, ...]) -> str:
    """The flat table these lower-case headings belong to, empty when to none."""
    own = [name.removesuffix(ORDER) for name in headings if name.endswith(ORDER)]
    known = {HEADER_TABLE, SCHOOL_TABLE, *PUPIL_TABLES, *CHILD_TABLES}
    return own[0] if len(own) == 1 and own[0] else next((name for name in own if name in known), "")
