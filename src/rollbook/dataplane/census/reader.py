"""Reads a school census return: bytes in, `ParsedReturn` out, or `InputRefused` with what, where and how to mend it.

Refused by default: an element the collection's profile does not name is dropped here, before anything is checked or
stored, and only the fact is kept. That is how nationality and country of birth never enter. A refusal code such as REFU
is a value and stays. Judging what was read is left to `rules`.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import pyarrow as pa
from lxml import etree

from rollbook.dataplane.census.gathering import Gathering
from rollbook.dataplane.census.parsed import Header, ParsedReturn, Record, Records, SchoolFacts
from rollbook.dataplane.census.plain_shape import ROLLS
from rollbook.dataplane.census.profile import Group, Leaf, Node, profile_of
from rollbook.dataplane.census.untrusted import DEEPEST_READ, Limits, line_of, parse_fit, refuse_unfit
from rollbook.dataplane.census.values import MAX_TEXT, PLAIN, read_date, read_moment, read_value
from rollbook.kernel.refusals import InputRefused, Reason

_HEADER: Final = {
    "CollectionDetails/Collection": "collection", "CollectionDetails/Term": "term", "CollectionDetails/Year": "year",
    "CollectionDetails/ReferenceDate": "reference_date", "Source/SourceLevel": "source_level", "Source/LEA": "lea",
    "Source/Estab": "estab", "Source/URN": "urn", "Source/SoftwareCode": "software_code", "Source/Release": "release",
    "Source/Xversion": "version", "Source/SerialNo": "serial_no", "Source/DateTime": "date_time",
}  # fmt: skip
_HEADER_KNOWN: Final = frozenset({"CollectionDetails", "Source"})
_SCHOOL: Final = {
    "SchoolName": "name", "Phase": "phase", "SchoolType": "school_type", "HighestNCyear": "highest_year",
    "LowestNCyear": "lowest_year", "Intake": "intake", "Governance": "governance", "Email": "email",
    "PhoneNo": "phone", "Accommodation": "accommodation",
}  # fmt: skip
T = TypeVar("T")
_MOST_EQUALS: Final = 1_000
_TOP: Final = frozenset({"Header", "School", "Pupils"})
_MEND_SHAPE: Final = "Send the school census file that the school's system made, one school a file."


def read_return(data: bytes, name: str, *, limits: Limits | None = None, quickly: bool = False) -> ParsedReturn:
    """Read one return. `name` is the file's name, for messages. Raises InputRefused; never crashes on any bytes.

    `quickly` reads pupils that are written plainly by compiled code (`plainly`), which comes to the same as the walk of
    every element. It is for whoever reads many files: the code takes longer to load than one file to read.
    """
    limits = limits or Limits()
    refuse_unfit(data, name, limits)
    parsed = _read_plain(data, name, limits) if quickly and limits.max_depth >= DEEPEST_READ else None
    return parsed or _read_all(data, name, limits)


def _read_plain(data: bytes, name: str, limits: Limits) -> ParsedReturn | None:
    """Have the parser read what stands around the pupils, and find these in the bytes. None when that will not do."""
    from rollbook.dataplane.census.plainly import block_of, gather

    block = block_of(data)
    if block is None:
        return None
    try:
        root = parse_fit(block.rest, name, limits)
        if root.tag != "Message" or root.find("Pupils") is None:
            return None
        header, school, gathering, _ = _around(root, name, limits)
    except InputRefused:
        return None  # told in full by the walk, with what is wrong inside the block
    made = gather(block, header.collection_code)
    return None if made is None else _parsed(data, name, header, school, gathering, made.tables(), None)


def _read_all(data: bytes, name: str, limits: Limits) -> ParsedReturn:
    header, school, gathering, blocks = _around(parse_fit(data, name, limits), name, limits)
    if "Pupils" in blocks:
        _pupils(blocks["Pupils"], gathering, bare=_no_attributes(data))
    return _parsed(data, name, header, school, gathering, gathering.tables(), gathering.records())


def _around(
    root: etree._Element, name: str, limits: Limits
) -> tuple[Header, SchoolFacts, Gathering, dict[str, etree._Element]]:
    """What stands around the pupils, and the blocks of the return."""
    blocks = _top_blocks(root, name)
    discards = Gathering(profile_of("unknown"), name, limits)
    header = _header(blocks["Header"], discards)
    gathering = Gathering(profile_of(header.collection_code), name, limits, discards)
    gathering.drop_others(root, _TOP, "Message")
    return header, _school(blocks.get("School"), gathering), gathering, blocks


def _parsed(
    data: bytes,
    name: str,
    header: Header,
    school: SchoolFacts,
    gathering: Gathering,
    tables: Mapping[str, pa.Table],
    records: Records | None,
) -> ParsedReturn:
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header, school=school,
        tables=tables, discards=gathering.discards(), faults=tuple(gathering.faults), records=records,
    )  # fmt: skip


def _top_blocks(root: etree._Element, name: str) -> dict[str, etree._Element]:
    if root.tag != "Message":
        raise InputRefused(
            Reason("not-a-return", "This XML is not a census return: its outermost element is not Message",
                   f"{name}, line {line_of(root)}", _MEND_SHAPE)
        )  # fmt: skip
    blocks: dict[str, etree._Element] = {}
    for block in root:
        tag = str(block.tag)
        if tag in blocks and tag in _TOP:
            raise InputRefused(
                Reason("block-twice", f"The block {tag} is given twice", f"{name}, line {line_of(block)}",
                       _MEND_SHAPE)
            )  # fmt: skip
        blocks[tag] = block
    if "Header" not in blocks:
        raise InputRefused(Reason("no-header", "The return has no Header", f"{name}, line 1", _MEND_SHAPE))
    return blocks


def _text(element: etree._Element) -> str | None:
    text = element.text
    return (text.strip() or None) if text else None


def _header(block: etree._Element, gathering: Gathering) -> Header:
    texts: dict[str, str | None] = {}
    lines: dict[str, int] = {}
    for group in block:
        for leaf in group if group.tag in _HEADER_KNOWN else ():
            path = f"{group.tag}/{leaf.tag}"
            column = _HEADER.get(path)
            if column is None:
                gathering.drop(leaf, f"Header/{path}")
            elif column in texts:
                gathering.fault("PT-061", leaf, None, str(leaf.tag))
            else:
                texts[column] = gathering.short(leaf, _text(leaf), str(leaf.tag))
                lines[column] = line_of(leaf)
    gathering.drop_others(block, _HEADER_KNOWN | {"Content"}, "Header")
    day, moment = texts.pop("reference_date", None), texts.pop("date_time", None)
    return Header(
        **texts, reference_date=_or_none(read_date, day), date_time=_or_none(read_moment, moment),
        line=line_of(block), lines=lines,
    )  # fmt: skip


def _or_none(read: Callable[[str], T], text: str | None) -> T | None:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError:
        return None  # rules PT-001 and PT-006 say so, with the line


def _school(block: etree._Element | None, gathering: Gathering) -> SchoolFacts:
    if block is None:
        return SchoolFacts()
    texts: dict[str, str | None] = {}
    lines: dict[str, int] = {}
    characteristics = block.find("SchoolCharacteristics")
    leaves = [*(characteristics if characteristics is not None else ()), *block.findall("Accommodation")]
    for leaf in leaves:
        column = _SCHOOL.get(str(leaf.tag))
        if column is None:
            gathering.drop(leaf, f"School/SchoolCharacteristics/{leaf.tag}")
        elif column in texts:
            gathering.fault("PT-061", leaf, None, str(leaf.tag))
        else:
            texts[column] = gathering.short(leaf, _text(leaf), str(leaf.tag))
            lines[column] = line_of(leaf)
    gathering.drop_others(block, frozenset({"SchoolCharacteristics", "Accommodation"}), "School")
    return SchoolFacts(**texts, line=line_of(block), lines=lines)


def _no_attributes(data: bytes) -> bool:
    """Whether no element among the pupils can have an attribute: no equals sign stands inside a tag."""
    at = start = data.find(b"<Pupils")
    for _ in range(_MOST_EQUALS):
        at = data.find(b"=", at + 1)
        if at < 0:
            return True
        if data.rfind(b"<", start, at) > data.rfind(b">", start, at):
            return False
    return False


def _pupils(block: etree._Element, gathering: Gathering, *, bare: bool) -> None:
    for roll in block:
        inside = ROLLS.get(str(roll.tag))
        if inside is None:
            gathering.drop(roll, f"Pupils/{roll.tag}")
            continue
        on_roll = roll.tag == "PupilsOnRoll"
        shape = gathering.profile.on_roll if on_roll else gathering.profile.off_roll
        for pupil in roll:
            if pupil.tag == inside:
                record = gathering.begin_pupil(pupil, on_roll=on_roll)
                _walk(pupil, shape.children, record, inside, gathering, bare)
                gathering.end_pupil()
            else:
                gathering.drop(pupil, f"{roll.tag}/{pupil.tag}")


def _walk(
    element: etree._Element,
    children: Mapping[str, Node],
    record: Record,
    path: str,
    gathering: Gathering,
    bare: bool,
) -> None:
    """Take what the shape names. Recursion is as deep as the profile, whatever the file does.

    Nearly every value can be read and stands in an element that holds nothing else, for the first time: these are taken
    here, in the loop that reading spends its time in. `Gathering.take` is the rule, and takes the others.
    """
    for child in element:
        tag = child.tag
        node: Any = children.get(tag)
        if node.__class__ is Leaf:
            column = node.column
            if bare and record.get(column) is None and not len(child) and node.kind != "line":
                text = child.text
                if text is None or not (text := text.strip()):
                    continue
                if node.kind not in PLAIN:
                    try:
                        record[column] = read_value(text, node.kind)
                        continue
                    except ValueError:
                        pass  # told by `take`
                elif len(text) <= MAX_TEXT:
                    record[column] = text
                    continue
            gathering.take(child, node, f"{path}/{tag}", record)
        elif node is None:
            gathering.drop(child, f"{path}/{tag}")
        elif node.__class__ is Group:
            _walk(child, node.children, record, f"{path}/{tag}", gathering, bare)
        else:
            row = gathering.new_row(node.table, child)
            _walk(child, node.leaves, row, f"{path}/{tag}", gathering, bare)
