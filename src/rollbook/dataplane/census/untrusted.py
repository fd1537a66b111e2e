"""From untrusted bytes to an XML tree, or a refusal that says what, where and how to mend it.

The bytes may come from anyone. So: a limit on size and on the number of marks before the parser sees them, UTF-8 only,
no document type (hence no entities of its own), no network, no expansion, the parser's own limits left on, and a limit
on depth. No message repeats the parser's words: they can quote what stood in the file.
"""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from rollbook.kernel.refusals import InputRefused, Reason

_DECLARATION: Final = re.compile(rb"<\?xml\b[^>]{0,200}?\?>")
_ENCODING: Final = re.compile(rb"""\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_SKIPPED: Final = re.compile(rb"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_OTHER_BOMS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\x00<", b"<\x00")
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_AGAIN: Final = "Export the return again from the school's system and send the new file unchanged."
_LAST_EXACT_LINE: Final = 65_535
DEEPEST_READ: Final = 9
_MISMATCH: Final = 76  # numbers of libxml2's parser errors
_EXCESSIVE: Final = 114
_AFTER_END: Final = 5
_ESCAPE: Final = ("An & stands where it has no meaning", "Write & as &amp; in every value.")
_SAID: Final = {
    _MISMATCH: ("An element is closed by a tag of another name", _AGAIN),
    _AFTER_END: ("Something stands after the end of the return", _AGAIN),
    9: ("A character stands here that XML does not allow", _AGAIN),
    26: _ESCAPE,
    68: _ESCAPE,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a return may ask of the reader. The defaults leave room for a school of 20,000 pupils."""

    max_bytes: int = 64 * 1024 * 1024
    max_marks: int = 4_000_000  # "<" characters: bounds the memory of the tree
    max_depth: int = 16  # a real return goes to 9
    max_school_pupils: int = 20_000  # of one school; the largest in England has under 5,000
    max_pupils: int = 100_000  # of a file that is not a tree: the largest authority's early years return has fewer
    max_rows: int = 1_000_000  # of one table
    max_columns: int = 200  # the widest table has 70
    max_members: int = 100  # files in a zip; the collection system makes 30 tables
    max_ratio: int = 200  # bytes out of a zip for each byte in; tables shrink 5 to 20 times


def parse_untrusted(data: bytes, name: str, limits: Limits) -> etree._Element:
    """The root element of the document in `data`. Raises InputRefused for all but plain, small UTF-8 XML."""
    refuse_unfit(data, name, limits)
    return parse_fit(data, name, limits)


def refuse_unfit(data: bytes, name: str, limits: Limits) -> None:
    """Refuse bytes that no parser should see: too many, in another encoding, with a document type."""
    _refuse_size(data, name, limits)
    _refuse_encoding(data, name)
    _refuse_doctype(data, name)


def parse_fit(data: bytes, name: str, limits: Limits) -> etree._Element:
    """The root element of a document that `refuse_unfit` let through."""
    # White space between elements is nobody's value, and a third of the parser's work to keep. Only past the last line
    # that the parser counts itself is it needed: there it is what lines are told by.
    short = len(data) < _LAST_EXACT_LINE or data.count(b"\n") < _LAST_EXACT_LINE
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8", remove_blank_text=short,
    )  # fmt: skip
    try:
        root = etree.fromstring(data.removeprefix(_UTF8_BOM), parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(error, data, name) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _refusal("xml-doctype", "A return may not have a document type or entities", f"{name}, line 1", _AGAIN)
    _refuse_depth(root, name, limits)
    return root


def line_of(element: etree._Element) -> int:
    """The line an element begins on."""
    line = element.sourceline
    if not isinstance(line, int):
        return 1
    if line < _LAST_EXACT_LINE:
        return line
    # Past this line the parser keeps no line for an element and answers with the end of the text inside it.
    return line - (element.text or "").count("\n")


def _refusal(code: str, message: str, where: str, mend: str) -> InputRefused:
    return InputRefused(Reason(code, message, where, mend))


def refuse_large(size: int, name: str, limits: Limits) -> None:
    """Refuse a file by its size alone, so that a caller need not read it."""
    if size > limits.max_bytes:
        megabytes = limits.max_bytes / 1024 / 1024
        raise _refusal(
            "file-too-large", f"The file is larger than the limit of {megabytes:g} MB", name, "Send one school a file."
        )


def _refuse_size(data: bytes, name: str, limits: Limits) -> None:
    if not data.strip(b"\x00 \t\r\n"):
        raise _refusal("file-empty", "The file is empty", name, _AGAIN)
    refuse_large(len(data), name, limits)
    if len(data) > limits.max_marks and data.count(b"<") > limits.max_marks:
        raise _refusal("file-too-large", "The file has more elements than any school needs", name, _AGAIN)


def _line_at(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _refuse_encoding(data: bytes, name: str) -> None:
    mend = "Save the file as UTF-8 and send it again."
    declaration = _DECLARATION.match(data.removeprefix(_UTF8_BOM))
    declared = _ENCODING.search(declaration.group()) if declaration else None
    wrong = declared is not None and declared.group(1).lower() not in (b"utf-8", b"utf8")
    if wrong or data.startswith(_OTHER_BOMS):
        raise _refusal("encoding", "The file is not written in UTF-8", f"{name}, line 1", mend)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"{name}, line {_line_at(data, error.start)}"
        raise _refusal("encoding", "The file holds bytes that are not UTF-8", where, mend) from None


def _refuse_doctype(data: bytes, name: str) -> None:
    # A document type may stand only before the root element; looking there is enough and reads no data.
    offset = len(_UTF8_BOM) if data.startswith(_UTF8_BOM) else 0
    while skipped := _SKIPPED.match(data, offset):
        offset = skipped.end()
    if data.startswith(b"<!DOCTYPE", offset):
        where = f"{name}, line {_line_at(data, offset)}"
        mend = "Remove the DOCTYPE. A census return needs none."
        raise _refusal("xml-doctype", "A return may not have a document type or entities", where, mend)


def _malformed(error: etree.XMLSyntaxError, data: bytes, name: str) -> InputRefused:
    code: int = error.code  # type: ignore[attr-defined]  # the stubs leave it out
    line = error.lineno or 1
    where = f"{name}, line {line}"
    if code == _EXCESSIVE:
        return _too_deep(where)
    text = data.removeprefix(_UTF8_BOM).strip()
    if not text.startswith(b"<"):
        return _refusal("not-xml", "The file is not XML", name, "Choose the census file (.xml), not a zip or a table.")
    message, mend = _SAID.get(code, ("The file is not well-formed XML", _AGAIN))
    at_end = line >= _line_at(data.rstrip(), len(data)) and not text.endswith((b"</Message>", b"</CTfile>"))
    if at_end and code != _AFTER_END and not (code == _MISMATCH and text.endswith(b">")):
        return _refusal("xml-truncated", "The file ends before its last element is closed", where, _AGAIN)
    return _refusal("xml-malformed", message, where, mend)


def _too_deep(where: str) -> InputRefused:
    return _refusal("xml-too-deep", "Elements are nested deeper than any census return", where, _AGAIN)


def _refuse_depth(root: etree._Element, name: str, limits: Limits) -> None:
    """Refuse what is too deep, but for the pupils of a return: these the reader walks itself, no deeper than a return
    goes, and what it drops on the way it asks about by `refuse_deep`.
    """
    if root.tag != "Message" or limits.max_depth < DEEPEST_READ:
        refuse_deep(root, name, limits)
        return
    for block in root:
        if block.tag != "Pupils":
            refuse_deep(block, name, limits)


def refuse_deep(element: etree._Element, name: str, limits: Limits) -> None:
    """Refuse an element that holds others too deep inside the document."""
    if not len(element):
        return
    left = limits.max_depth - sum(1 for _ in element.iterancestors())
    deep: object = element.xpath("(" + "/".join("*" * max(left, 1)) + ")[1]")
    if isinstance(deep, list) and deep:
        raise _too_deep(f"{name}, line {line_of(deep[0])}")
