"""Makes the examples of rules: small edits applied to one invented, valid spring 2025 return.

An edit is one line of text. `PATH = text` sets a value, `- PATH` removes an element, `+ PATH <xml/>` adds one inside.
A path begins with H (header), S (school characteristics), P1, P2, P3 (pupils on roll) or L1 (the leaver).
"""

from importlib.resources import files
from typing import Final

from lxml import etree

_ROOTS: Final = {
    "H": "Header", "S": "School/SchoolCharacteristics", "L1": "Pupils/PupilsNoLongerOnRoll/PupilNoLongerOnRoll[1]",
    **{f"P{n}": f"Pupils/PupilsOnRoll/PupilOnRoll[{n}]" for n in (1, 2, 3)},
}  # fmt: skip


def model_return() -> bytes:
    """The valid return that examples edit: no rule finds anything in it."""
    return (files("rollbook.dataplane.census") / "data" / "model_return.xml").read_bytes()


def edited(edits: tuple[str, ...]) -> bytes:
    """The model return with these edits. Every path means the return as it stands in the file, before any edit."""
    root = etree.fromstring(model_return())
    planned = [(_target(root, line), line) for line in edits]
    for element, line in planned:
        _apply(element, line)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _target(root: etree._Element, line: str) -> etree._Element:
    path = (line[2:] if line[:2] in ("- ", "+ ") else line).split(" ", 1)[0]
    start, _, rest = path.partition("/")
    found = root.find(_ROOTS[start] + (f"/{rest}" if rest else ""))
    if found is None:
        raise LookupError(f"the model return has no {path}")
    return found


def _apply(element: etree._Element, line: str) -> None:
    if line.startswith("- "):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    elif line.startswith("+ "):
        element.append(etree.fromstring(line[2:].split(" ", 1)[1]))
    else:
        element.text = line.split(" = ", 1)[1]
