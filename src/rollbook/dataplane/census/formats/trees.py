"""Walks an XML tree along a shape. What the shape does not name is dropped, and only the fact is kept."""

from collections.abc import Sequence

from lxml import etree

from rollbook.dataplane.census.formats.collecting import Collecting
from rollbook.dataplane.census.formats.heads import Texts
from rollbook.dataplane.census.profile import Group, Leaf, Row
from rollbook.dataplane.census.untrusted import line_of

Cells = Sequence[tuple[Leaf, str | None, int]]


def walk(element: etree._Element, shape: Group, no: int, path: str, into: Collecting, *, beside: str = "") -> None:
    """Take what the shape names, for one pupil. Recursion is as deep as the shape, whatever the file does.

    Elements named `beside` are left to the caller.
    """
    for child in element:
        name = str(child.tag)
        if name == beside:
            continue
        node = shape.children.get(name)
        if node is None:
            into.drop(path, name, line_of(child))
        elif isinstance(node, Group):
            walk(child, node, no, f"{path}/{name}", into)
        elif isinstance(node, Leaf):
            into.take(no, node, text_in(child, f"{path}/{name}", into), line_of(child))
        else:
            row(child, node, no, f"{path}/{name}", into)


def row(element: etree._Element, node: Row, no: int, path: str, into: Collecting, before: Cells = ()) -> None:
    """Take one row of a child table; `before` are values of the row that stood outside the element."""
    cells: list[tuple[Leaf, str | None, int]] = list(before)
    for child in element:
        leaf = node.leaves.get(str(child.tag))
        if leaf is None:
            into.drop(path, str(child.tag), line_of(child))
        else:
            cells.append((leaf, text_in(child, f"{path}/{child.tag}", into), line_of(child)))
    into.add_row(no, node.table, line_of(element), cells)


def text_in(element: etree._Element, path: str, into: Collecting) -> str | None:
    """The text of an element that holds a value; anything else inside it is dropped."""
    for child in element:
        into.drop(path, str(child.tag), line_of(child))
    for attribute in element.attrib:
        into.drop(path, f"@{attribute!s}", line_of(element))
    return element.text


def texts_at(block: etree._Element, places: dict[str, str]) -> Texts:
    """The texts at these paths of a header, by column, with their lines."""
    found = {column: block.find(path) for path, column in places.items()}
    return {column: (element.text or "", line_of(element)) for column, element in found.items() if element is not None}


def drop_others(block: etree._Element, known: set[str], path: str, into: Collecting) -> None:
    """Drop every child that is not known."""
    for child in block:
        if str(child.tag) not in known:
            into.drop(path, str(child.tag), line_of(child))
