"""Reading a file that a study hands over by exception, and writing it anew in the one form it can have.

Every byte is taken as written by an enemy. What is refused here no person ever sees: bytes that are no plain text,
letters that look like others, identifiers, packed data. What is left is written again by us, so that nothing stands in
it that says nothing: spaces, order of rows and keys, ways to write a number, digits beyond those a table shows. Reasons
repeat no word and no number of the file.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rollbook.dataplane.runs.coded_labels import why_coded
from rollbook.dataplane.runs.file_form import DeclaredFile
from rollbook.dataplane.runs.hostile import LETTERS
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.kernel.upn import parse_upn

LARGEST: Final = 64 * 1024
MOST_LINES: Final = 500
MOST_VALUES: Final = 2000
LONGEST_LINE: Final = 200
LONGEST_LABEL: Final = 60
DEEPEST: Final = 6
DIGITS: Final = 4
MOST: Final = 1e12

# One alphabet for every format. There is no @ (addresses), no tab and nothing that is not seen; letters are those of
# labels: of our own alphabet, and none that is put together from two characters.
_PLAIN = re.compile(rf"[{LETTERS} \n!\"#$%&'()*+,\-./:;<=>?\[\\\]_{{|}}~^£]*")
_LABEL = re.compile(rf"[{LETTERS}(<>\[](?: ?[{LETTERS}_.,:;'()/\\&+%<>=\[\]£!?*#-])*")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?")
_IN_TEXT = re.compile(r"(?<![0-9A-Za-z_.])[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?(?![0-9A-Za-z_])")
_UPN_LIKE = re.compile(r"(?=([A-Z][0-9]{11}[0-9A-Z]))")
_APART = re.compile(r"[^0-9A-Z -]")
# So much of a pseudonym is not met by chance among nine million people.
_PIECE: Final = 12


@dataclass(frozen=True, slots=True)
class PlainFile:
    """The text as it may be seen and published. `cut` numbers lost digits; `moved`: its rows or keys changed places."""

    text: str
    cut: int = 0
    moved: bool = False


class _Numbers:
    """Writes numbers to `DIGITS` significant digits, in one way each, and counts those that lost some."""

    def __init__(self) -> None:
        self.cut = 0

    def written(self, text: str) -> str:
        value = float(text)
        if not math.isfinite(value) or abs(value) > MOST:
            raise _refuse("file-number", "A number is not one that can be read", f"Use at most {MOST:,.0f}.")
        kept = float(f"{value:.{DIGITS - 1}e}")
        self.cut += kept != value
        return str(int(kept)) if kept.is_integer() else repr(kept)


def read_file(stream: bytes, declared: DeclaredFile, ppids: Collection[str]) -> PlainFile:
    """The file in `stream` in its one form. `ppids` are the run's own people (32 hexadecimal digits each).

    Raises:
        InputRefused: whenever it is not what was declared, or could be more than it says.
    """
    if not 0 < len(stream) <= LARGEST:
        raise _refuse("file-size", "The file is empty or too large", f"A file has 1 to {LARGEST // 1024} KiB.")
    text = _decoded(stream)
    _nobody(text, ppids)
    written, numbers = _WRITERS[declared.format](text, declared)
    # Looked for again in what would leave, for cells and words have come together or apart.
    _nobody(written.text, ppids)
    if not written.text.strip() or len(written.text.encode()) > LARGEST:
        raise _refuse("file-size", "Nothing is left of the file, or too much", "Write fewer lines.")
    return PlainFile(written.text, numbers.cut, written.moved)


def _refuse(code: str, message: str, mend: str) -> InputRefused:
    return InputRefused(Reason(code, message, "file", mend))


def _decoded(stream: bytes) -> str:
    try:
        text = stream.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise _refuse("file-form", "The file is not UTF-8 text", "Write plain text.") from None
    if not _PLAIN.fullmatch(text):
        mend = "Use Latin letters, digits, spaces and simple punctuation; no tab, no @, no control character."
        raise _refuse("file-characters", "A character is not allowed in a file", mend)
    return text


def _nobody(text: str, ppids: Collection[str]) -> None:
    """Refuse a text with a piece of a pseudonym or a pupil's number in it, however it is spaced or parted."""
    squeezed = re.sub(r"[^0-9a-z]", "", text.lower())
    pieces = {squeezed[place : place + _PIECE] for place in range(len(squeezed) - _PIECE + 1)}
    known = any(one[:_PIECE] in pieces or one[-_PIECE:] in pieces or one[10 : 10 + _PIECE] in pieces for one in ppids)
    words = (re.sub(r"[ -]", "", part) for part in _APART.split(text.upper()))
    if known or any(_is_upn(found) for part in words for found in _UPN_LIKE.findall(part)):
        raise _refuse("file-identifier", "The file holds what looks like an identifier", "A file is about groups.")


def _is_upn(text: str) -> bool:
    try:
        parse_upn(text)
    except InputRefused:
        return False
    return True


def _labels(texts: Iterable[str]) -> None:
    """Refuse labels that are no plain words, or packed data."""
    for text in texts:
        if len(text) > LONGEST_LABEL or not _LABEL.fullmatch(text):
            mend = f"Use at most {LONGEST_LABEL} characters: letters, digits, single spaces and simple punctuation."
            raise _refuse("file-label", "A label is not a plain name", mend)
        if why := why_coded([text]):
            raise _refuse("file-coded", f"A label looks like data: {why}", "Say it in words.")


def _as_csv(text: str, declared: DeclaredFile) -> tuple[PlainFile, _Numbers]:
    try:
        head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, ValueError):
        raise _refuse("file-form", "The file is not CSV", "Write it with a CSV writer.") from None
    if tuple(head) != declared.columns or any(len(row) != len(head) for row in rows):
        mend = f"Write exactly these, in this order: {', '.join(declared.columns)}."
        raise _refuse("file-columns", "The file has other columns than the study declares", mend)
    if not 0 < len(rows) <= MOST_LINES:
        raise _refuse("file-lines", "The file has no row, or too many", f"A CSV has at most {MOST_LINES} rows.")
    numbers = _Numbers()
    cells = [[_cell(cell.strip(" "), numbers) for cell in row] for row in rows]
    ordered = sorted(cells, key=lambda row: [_place(cell) for cell in row])
    out = io.StringIO()
    csv.writer(out).writerows([head, *ordered])
    return PlainFile(out.getvalue(), moved=ordered != cells), numbers


def _cell(text: str, numbers: _Numbers) -> str:
    if _NUMBER.fullmatch(text):
        return numbers.written(text)
    if text:
        _labels([text])
    return text


def _place(cell: str) -> tuple[int, float, str]:
    return (0, float(cell), "") if _NUMBER.fullmatch(cell) else (1, 0.0, cell)


def _as_json(text: str, declared: DeclaredFile) -> tuple[PlainFile, _Numbers]:
    numbers, moved = _Numbers(), [False]

    def number(given: str) -> int | float:
        written = numbers.written(given)
        return int(written) if written.lstrip("-").isdigit() else float(written)

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in given]
        if len(set(names)) < len(names):
            raise _refuse("file-form", "A name stands twice", "Use each name once.")
        moved[0] |= names != sorted(names)
        return dict(given)

    def constant(given: str) -> Any:
        raise _refuse("file-number", "A number is not one that can be read", "Write null for what is missing.")

    try:
        value = json.loads(text, parse_int=number, parse_float=number, parse_constant=constant, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        raise _refuse("file-form", "The file is not JSON", "Write it with a JSON writer.") from None
    found = list(_values(value, 1))
    if len(found) > MOST_VALUES:
        raise _refuse("file-lines", "The file holds too many values", f"A JSON has at most {MOST_VALUES}.")
    _labels(one for one in found if one)
    return PlainFile(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", moved=moved[0]), numbers


def _values(value: Any, depth: int) -> Iterator[str]:
    """Every value below, as it counts: its text, or nothing for a number or a mark; names are texts too."""
    if depth > DEEPEST:
        raise _refuse("file-form", "The file is nested too deeply", f"Use at most {DEEPEST} levels.")
    if isinstance(value, dict):
        for name, below in value.items():
            yield name
            yield from _values(below, depth + 1)
    elif isinstance(value, list):
        for below in value:
            yield from _values(below, depth + 1)
    else:
        yield value if isinstance(value, str) else ""


def _as_text(text: str, declared: DeclaredFile) -> tuple[PlainFile, _Numbers]:
    numbers = _Numbers()
    lines = [" ".join(line.split()) for line in text.split("\n")]
    # How often a mark is repeated says nothing that is seen.
    lines = [re.sub(r"([^0-9A-Za-z ])\1{3,}", r"\1\1\1", line) for line in lines]
    lines = [_IN_TEXT.sub(lambda found: numbers.written(found[0]), line) for line in lines]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    whole = "\n".join(kept).strip("\n")
    if whole.count("\n") >= MOST_LINES or any(len(line) > LONGEST_LINE for line in kept):
        mend = f"A text has at most {MOST_LINES} lines of {LONGEST_LINE} characters."
        raise _refuse("file-lines", "The text has too many lines, or too long ones", mend)
    if why := why_coded(word for line in kept for word in line.split(" ")):
        raise _refuse("file-coded", f"A word looks like data: {why}", "Say it in words.")
    return PlainFile(whole + "\n"), numbers


_Writer = Callable[[str, DeclaredFile], tuple[PlainFile, _Numbers]]
_WRITERS: Final[Mapping[str, _Writer]] = {"csv": _as_csv, "json": _as_json, "txt": _as_text}
