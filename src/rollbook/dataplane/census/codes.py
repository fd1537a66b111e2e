"""Code lists by item: which codes a return may carry, and what each means.

A list stays in force in its own chain of terms until a later list replaces it, so every look-up names the collection.
Fields are named by catalogue item (`sen-provision`).
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from rollbook.dataplane.census.catalogue import ITEMS, collection_name
from rollbook.dataplane.census.catalogue_chains import chain_of
from rollbook.dataplane.census.labels import ALIKE, OWN_LABELS

LATEST: Final = "sc-aut-2025"
_FIRST_LISTS: Final = 2015
_NO_YEAR: Final = 9999
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
    """The codes of an item in a collection with their labels, in published order; empty where any text may stand.

    A chain without a list of its own, as a transfer file's, takes the newest list of any chain.
    """
    own = OWN_LABELS.get(ALIKE.get(field, field), {})
    source = _source(field)
    if source.startswith("own."):
        return MappingProxyType(own)
    lists = _published().get(source, {})
    codes = _in_force(lists, collection)
    if codes is None:
        year = chain_of(collection)[1] or _NO_YEAR
        dated = [key for key in lists if key[0] <= year]
        codes = lists[max(dated)] if dated else {}
    return MappingProxyType({code: own.get(code) or label for code, label in codes.items()})


def _source(field: str) -> str:
    return _SCHOOL_LISTS.get(field) or (ITEMS[field].values if field in ITEMS else "")


def _in_force(lists: _Group, collection: str) -> dict[str, str] | None:
    """The list in force in the collection's own chain of terms, None where no return of the chain set one."""
    chain, year = chain_of(collection)
    term = chain.rpartition("-")[2]
    dated = [key for key in lists if key[1] == term and key[0] <= year]
    return lists[max(dated)] if dated else None


def has_own_list(field: str, collection: str) -> bool:
    """Whether the list comes from the collection's own chain of terms."""
    return _in_force(_published().get(_source(field), {}), collection) is not None


@cache
def last_return_with(field: str, code: str, collection: str) -> str | None:
    """The latest earlier return of the same chain whose list had a code that this one's has not; None where none had.

    The chain of a term only: a code of autumn says nothing about spring.
    """
    chain, year = chain_of(collection)
    if not chain or code in codes_of(field, collection):
        return None
    lists = _published().get(_source(field), {})
    earlier = (f"{chain}-{one}" for one in range(year - 1, _FIRST_LISTS - 1, -1))
    return next((one for one in earlier if code in (_in_force(lists, one) or ())), None)


def why_not(field: str, code: str, collection: str) -> str:
    """Which return of the chain had a code last that is not in the list any more; empty for any other code.

    The words do not repeat the code, so they may stand in a finding.
    """
    last = last_return_with(field, code, collection)
    return f"the {collection_name(last)} was the last to have it" if last else ""


@cache
def codes_gone(field: str, collection: str = LATEST) -> frozenset[str]:
    """Codes that the list of an earlier return of the same chain had and the list of this collection has not."""
    chain, year = chain_of(collection)
    term = chain.rpartition("-")[2]
    lists = _published().get(_source(field), {})
    earlier = (codes for (past, one), codes in lists.items() if one == term and past < year)
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
