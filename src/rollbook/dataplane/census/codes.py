"""Code lists by item: which codes a return may carry, and what each means.

A list stays in force in its own chain of terms until a later list replaces it, so every look-up names the collection.
Fields are named by catalogue item (`sen-provision`).
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census.catalogue import ITEMS
from rollbook.dataplane.census.labels import ALIKE, OWN_LABELS

LATEST: Final = "sc-aut-2025"
# Lists renamed in autumn 2020 and 2021 keep their older name in the table of codes.
_SCHOOL_LISTS: Final = {
    "phase": "school.phase", "school-type": "school.type", "intake": "school.intake",
    "governance": "school.governance", "accommodation": "school.accommodation",
    "highest-year": "school.highestncyeargroup", "lowest-year": "school.lowestncyeargroup",
}  # fmt: skip

_Group = dict[tuple[int, str], dict[str, str]]


@cache
def _published() -> dict[str, _Group]:
    """Every list of our table: `table.field` to (year, term) to code to label.

    A line `list` opens a list, a line `set` names the returns that set the codes below it; a code stands alone or
    with a tab and its label.
    """
    lists: dict[str, _Group] = {}
    group: _Group = {}
    codes: dict[str, str] = {}
    text = (files("rollbook.dataplane.census") / "data" / "code_lists.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "list":
            group = lists.setdefault(rest, {})
        elif word == "set":
            codes = {}
            group |= {_return(one): codes for one in rest.split()}
        elif line and not line.startswith("# "):
            code, _, meaning = line.partition("\t")
            codes[code] = meaning
    return lists


def _return(text: str) -> tuple[int, str]:
    term, _, year = text.partition("-")
    return int(year), term


@cache
def codes_of(field: str, collection: str = LATEST) -> Mapping[str, str]:
    """The codes of a field in a collection with their labels, in published order; empty where any text may stand."""
    own = OWN_LABELS.get(ALIKE.get(field, field), {})
    source = _SCHOOL_LISTS.get(field) or (ITEMS[field].values if field in ITEMS else "")
    if source.startswith("own."):
        return MappingProxyType(own)
    published = _in_force(_published().get(source, {}), collection)
    return MappingProxyType({code: own.get(code) or label for code, label in published.items()})


def _in_force(group: _Group, collection: str) -> dict[str, str]:
    _, term, year = (*collection.split("-"), "", "")[:3]
    limit = int(year) if year.isdigit() else 9999
    dated = [key for key in group if key[0] <= limit]
    # Some lists were set for one term only; the newest of any term stands in for a chain that has none.
    chain = [key for key in dated if key[1] == term] or dated
    return group[max(chain)] if chain else {}


_ORDER: Final = {"spr": 0, "sum": 1, "aut": 2}


@cache
def codes_gone(field: str, collection: str = LATEST) -> frozenset[str]:
    """Codes that an earlier return's list had and the list of this collection has not."""
    _, term, year = (*collection.split("-"), "", "")[:3]
    if not year.isdigit():
        return frozenset()
    now = (int(year), _ORDER.get(term, 0))
    source = _SCHOOL_LISTS.get(field) or (ITEMS[field].values if field in ITEMS else "")
    earlier = (codes for (past, chain), codes in _published().get(source, {}).items() if (past, _ORDER[chain]) < now)
    return frozenset().union(*earlier) - codes_of(field, collection).keys()


def label(field: str, code: str, collection: str = LATEST) -> str:
    """What a code means, in words; the code itself where no source gives a meaning."""
    return codes_of(field, collection).get(code) or OWN_LABELS.get(ALIKE.get(field, field), {}).get(code) or code


# Main ethnic backgrounds and the extended codes that roll up to each. Never roll up by the letters of a code: WROM and
# WIRT are main codes and MABL is mixed. The place of the codes new in 2025 (ABRI AWEL BBRI BWEL ORAB) is a guess.
_ETHNIC_MAIN: Final = {
    "WBRI": "WCOR WENG WNIR WSCO WWEL WOWB", "WIRI": "", "WIRT": "",
    "WOTH": "WALB WBOS WCRO WGRE WGRK WGRC WITA WKOS WPOR WSER WTUR WTUK WTUC WEUR WEEU WWEU WOTW",
    "WROM": "WROG WROR WROO", "MWBC": "", "MWBA": "", "MWAS": "MWAP MWAI MWAO",
    "MOTH": "MAOE MABL MACH MBOE MBCH MCOE MWOE MWCH MOTM", "AIND": "", "APKN": "AMPK AKPA AOPK", "ABAN": "",
    "AOTH": "AAFR AKAO ANEP ASNL ASLT ASRO AOTA ABRI AWEL", "BCRB": "",
    "BAFR": "BANN BCON BGHA BNGN BSLN BSOM BSUD BAOF", "BOTH": "BEUR BNAM BOTB BBRI BWEL",
    "CHNE": "CHKC CMAL CSNG CTWN COCH",
    "OOTH": "OAFG OARA OEGY OFIL OIRN OIRQ OJPN OKOR OKRD OLAM OLEB OLIB OMAL OMRC OPOL OTHA OVIE OYEM OOEG ORAB",
    "REFU": "", "NOBT": "",
}  # fmt: skip
_TO_MAIN: Final = {extended: main for main, codes in _ETHNIC_MAIN.items() for extended in (main, *codes.split())}
_ENGLISH_OR_UNKNOWN: Final = frozenset({"ENG", "ENB", "REF", "NOT", "ZZZ"})


def main_ethnicity(code: str) -> str | None:
    """The main code an ethnicity rolls up to, None for a code nobody has placed."""
    return _TO_MAIN.get(code)


def is_eal(language: str) -> bool:
    """Whether a first language counts as English as an additional language."""
    return language not in _ENGLISH_OR_UNKNOWN
