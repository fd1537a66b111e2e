"""Makes the examples of rules: small edits applied to an invented, valid return of spring 2025.

An edit is one line of text. `PATH = text` sets a value, `- PATH` removes an element, `+ PATH <xml/>` adds one inside,
`~ PATH = text` sets a value and makes the elements that are missing on the way.
A path begins with H, the header. In the school census, S is the school's characteristics, P1 to P3 are pupils on roll,
L1 is the leaver. In the early years census, E1 and E2 are settings, C1 and C2 children of the first, C3 of the second.
"""

from importlib.resources import files
from typing import Final

from lxml import etree

from rollbook.dataplane.census.ruling import Model, Rule

_ROOTS: Final = {
    "H": "Header", "S": "School/SchoolCharacteristics", "L1": "Pupils/PupilsNoLongerOnRoll/PupilNoLongerOnRoll[1]",
    **{f"P{n}": f"Pupils/PupilsOnRoll/PupilOnRoll[{n}]" for n in (1, 2, 3)},
    **{f"E{n}": f"Establishments/Establishment[{n}]" for n in (1, 2)},
    **{f"C{n}": f"Establishments/Establishment[1]/Children/Child[{n}]" for n in (1, 2)},
    "C3": "Establishments/Establishment[2]/Children/Child[1]",
}  # fmt: skip
_MARKS: Final = ("- ", "+ ", "~ ")


def model_return(model: Model = Model.SCHOOL) -> bytes:
    """The valid return that examples edit: no rule finds anything in it."""
    return (files("rollbook.dataplane.census") / "data" / f"{model.value}.xml").read_bytes()


def edited(edits: tuple[str, ...], model: Model = Model.SCHOOL) -> bytes:
    """A model return with these edits. Every path means the return as it stands in the file, before any edit."""
    root = etree.fromstring(model_return(model))
    planned = [(_target(root, line), line) for line in edits]
    for element, line in planned:
        _apply(element, line)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def passing(rule: Rule) -> bytes:
    """The return that must not break a rule."""
    return edited(rule.example_pass, rule.model)


def failing(rule: Rule) -> bytes:
    """The return that must break a rule."""
    return edited(rule.example_fail, rule.model)


def _target(root: etree._Element, line: str) -> etree._Element:
    path = (line[2:] if line.startswith(_MARKS) else line).split(" ", 1)[0]
    start, _, rest = path.partition("/")
    if line.startswith("~ "):
        return _made(root, _ROOTS[start].split("/") + rest.split("/"))
    found = root.find(_ROOTS[start] + (f"/{rest}" if rest else ""))
    if found is None:
        raise LookupError(f"the model return has no {path}")
    return found


def _made(element: etree._Element, path: list[str]) -> etree._Element:
    for part in path:
        found = element.find(part)
        element = etree.SubElement(element, part) if found is None else found
    return element


def _apply(element: etree._Element, line: str) -> None:
    if line.startswith("- "):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    elif line.startswith("+ "):
        element.append(etree.fromstring(line[2:].split(" ", 1)[1]))
    else:
        element.text = line.split(" = ", 1)[1]
