"""Reads an early years census return in XML: one authority's settings, each with its children."""

import hashlib
from typing import Final

from lxml import etree

from rollbook.dataplane.census.formats import early
from rollbook.dataplane.census.formats.collecting import Collecting
from rollbook.dataplane.census.formats.heads import header_of
from rollbook.dataplane.census.formats.refusing import refusal
from rollbook.dataplane.census.formats.trees import drop_others, text_in, texts_at, walk
from rollbook.dataplane.census.parsed import Form, Header, ParsedReturn, SchoolFacts
from rollbook.dataplane.census.profile import Leaf
from rollbook.dataplane.census.untrusted import Limits, line_of, parse_untrusted

_HEADER: Final = {
    "CollectionDetails/Collection": "collection", "CollectionDetails/Term": "term", "CollectionDetails/Year": "year",
    "CollectionDetails/ReferenceDate": "reference_date", "Source/SourceLevel": "source_level", "Source/LEA": "lea",
    "Source/SoftwareCode": "software_code", "Source/Release": "release", "Source/SerialNo": "serial_no",
    "Source/DateTime": "date_time",
}  # fmt: skip
_SETTING_BLOCKS: Final = {"EstablishmentCharacteristics", "Children"}
_SETTING: Final = "Establishments/Establishment"
_CHILD: Final = f"{_SETTING}/Children"


def read_early_xml(data: bytes, name: str, limits: Limits) -> ParsedReturn:
    """Read one return. Raises InputRefused."""
    root = parse_untrusted(data, name, limits)
    header = _header(root, name)
    into = Collecting(header.collection_code, name, limits)
    drop_others(root, {"Header", "Establishments"}, "Message", into)
    for block in root.findall("Establishments"):
        drop_others(block, {"Establishment"}, "Establishments", into)
        for setting in block.findall("Establishment"):
            _setting(setting, into)
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header, school=SchoolFacts(),
        tables=into.tables(), discards=into.discards(), faults=into.faults(), form=Form.EARLY_XML,
    )  # fmt: skip


def _header(root: etree._Element, name: str) -> Header:
    blocks = root.findall("Header")
    if len(blocks) != 1:
        line = line_of(blocks[1] if blocks else root)
        raise refusal("header-not-one", "The return must have one Header", name, line=line)
    terms = blocks[0].findall("CollectionDetails/Term")
    if len({(term.text or "").strip() for term in terms}) > 1:
        raise refusal("terms-mixed", "The return names more than one term", name, line=line_of(terms[1]))
    header = header_of(texts_at(blocks[0], _HEADER), line_of(blocks[0]))
    early.refuse_other_term(header, name)
    return header


def _setting(setting: etree._Element, into: Collecting) -> None:
    drop_others(setting, _SETTING_BLOCKS, _SETTING, into)
    cells: list[tuple[Leaf, str | None, int]] = []
    for facts in setting.findall("EstablishmentCharacteristics"):
        drop_others(facts, set(early.SETTING), f"{_SETTING}/EstablishmentCharacteristics", into)
        for tag, leaf in early.SETTING.items():
            cells += [(leaf, text_in(found, f"{_SETTING}/{tag}", into), line_of(found)) for found in facts.findall(tag)]
    for children in setting.findall("Children"):
        drop_others(children, {"Child"}, _CHILD, into)
        for child in children.findall("Child"):
            no = into.begin_pupil(line_of(child))
            into.add_row(no, "setting", line_of(setting), cells)
            walk(child, early.CHILD, no, f"{_CHILD}/Child", into)
