"""Reads a school census return: bytes in, `ParsedReturn` out, or `InputRefused` with what, where and how to mend it.

Refused by default: an element the collection's profile does not name is dropped here, before anything is checked or
stored, and only the fact is kept. That is how nationality and country of birth never enter. A refusal code such as REFU
is a value and stays. Judging what was read is left to `rules`.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from lxml import etree

from rollbook.dataplane.census.gathering import Gathering
from rollbook.dataplane.census.parsed import Header, ParsedReturn, Record, SchoolFacts
from rollbook.dataplane.census.plain_shape import ROLLS
from rollbook.dataplane.census.plainly import Gathered, gather
from rollbook.dataplane.census.profile import Group, Leaf, Node, profile_of
from rollbook.dataplane.census.scan import Scan, scan
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


def read_return(data: bytes, name: str, *, limits: Limits | None = None, plainly: bool = True) -> ParsedReturn:
    """Read one return. `name` is the file's name, for messages. Raises InputRefused; never crashes on any bytes.

    Without `plainly` every element is walked, which comes to the same and takes longer.
    """
    limits = limits or Limits()
    refuse_unfit(data, name, limits)
    found = scan(data) if plainly and limits.max_depth >= DEEPEST_READ else None
    parsed = None if found is None else _read(data, found, name, limits)
    parsed = parsed or _read(data, None, name, limits)
    if parsed is None:
        raise RuntimeError("a walk of the whole tree reads every return")
    return parsed


def _read(data: bytes, found: Scan | None, name: str, limits: Limits) -> ParsedReturn | None:
    """Read the tree, all of it or what stands around the pupils that were found. None when that will not do."""
    root = parse_fit(data if found is None else found.rest, name, limits)
    if found is not None and (root.tag != "Message" or root.find("Pupils") is None):
        return None
    blocks = _top_blocks(root, name)
    discards = Gathering(profile_of("unknown"), name, limits)
    header = _header(blocks["Header"], discards)
    gathering = Gathering(profile_of(header.collection_code), name, limits, discards)
    gathering.drop_others(root, _TOP, "Message")
    school = _school(blocks.get("School"), gathering)
    made: Gathering | Gathered | None = gathering
    if found is not None:
        made = gather(found, header.collection_code)
    elif "Pupils" in blocks:
        _pupils(blocks["Pupils"], gathering, bare=_no_attributes(data))
    if made is None:
        return None
    return ParsedReturn(
        name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), header=header, school=school,
        tables=made.tables(), discards=gathering.discards(), faults=tuple(gathering.faults), records=made.records(),
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
