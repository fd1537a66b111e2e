"""Finds the values of a return's pupils in the bytes themselves, where they are written plainly.

A parser makes an object of each element, which costs more than all else a reader does. Nearly every return writes its
pupils in a small part of XML (1.0, fifth edition): start and end tags without attributes, text, the five entities that
XML names, and no element but those its profile has a place for. That part is judged here in full (productions 1, 2, 14,
39 to 43: matched tags, allowed characters, nothing left open), so the parser need not see it. Anything else, right or
wrong, is None here and is left to the parser.

Compiled (`machine`). Arrays stand for structures, and a number below zero for a failure, as that is what compiles.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rollbook.dataplane.census.machine import compiled
from rollbook.dataplane.census.plain_shape import Bytes, Ints, Shape

_START: Final = b"<Pupils>"
_END: Final = b"</Pupils>"
_LONGEST_TEXT: Final = 100_000  # the parser has limits of its own above this
_SHORTEST: Final = len(b"<a></a>")
_PADDING: Final = 64  # no name of a profile is longer
_AMPERSAND, _SLASH, _LESS, _GREATER, _RETURN, _NEWLINE = b"&/<>\r\n"
# What a byte may be in text: most are nothing but themselves.
_PLAIN, _LINE, _OPENS, _ENTITY, _CARRIAGE, _LAST_CHARACTERS, _WRONG = range(7)
_FIRST_PRINTED: Final = 32
_TAB: Final = 9
_U_FFFE: Final = (0xEF, 0xBF, 0xBE)  # in UTF-8; U+FFFF follows it
FAILED: Final = -1


def _classes() -> Bytes:
    found = np.zeros(256, np.uint8)
    found[:_FIRST_PRINTED] = _WRONG
    found[_TAB] = _PLAIN
    found[_NEWLINE], found[_RETURN], found[_LESS], found[_AMPERSAND] = _LINE, _CARRIAGE, _OPENS, _ENTITY
    found[_GREATER], found[_U_FFFE[0]] = _WRONG, _LAST_CHARACTERS
    return found


_CLASSES: Final = _classes()
_ENTITIES: Final = {b"&amp;": b"&", b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&apos;": b"'"}
_ENTITY_CODES: Final = np.frombuffer(b"".join(_ENTITIES), np.uint8)
_ENTITY_AT: Final = np.cumsum([0, *map(len, _ENTITIES)])
_ENTITY_MEANS: Final = np.frombuffer(b"".join(_ENTITIES.values()), np.uint8)


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands inside the block of pupils, in file order. `codes` are its bytes, padded; offsets count in it.

    A value is a column of the shape (`target`), the row of that column's table (`row`) and its text from `start` to
    `end`, which is not empty. A row is a table of the shape (`begins`), its line and its pupil, counted from 1;
    `on_roll` has an entry for each pupil. `rest` is the file without the block's content, its line ends kept.
    """

    shape: Shape
    codes: Bytes
    target: Ints
    row: Ints
    start: Ints
    end: Ints
    begins: Ints
    line: Ints
    pupil: Ints
    on_roll: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """The content of the block of pupils, the line it begins on, and the file without it, its line ends kept."""

    content: bytes
    line: int
    rest: bytes


def block_of(data: bytes) -> Block | None:
    """The block of pupils of a return whose bytes are UTF-8, None when it is not written plainly."""
    start, end = data.find(_START[:-1]), data.rfind(_END)
    if start < 0 or end < start or data[start : start + len(_START)] != _START or data.find(_START[:-1], end) >= 0:
        return None
    content = data[start + len(_START) : end]
    # numpy counts many times faster than `bytes.count`, which is made for what is rare.
    lines = int(np.count_nonzero(np.frombuffer(content, np.uint8) == _NEWLINE))
    rest = data[: start + len(_START)] + b"\n" * lines + data[end:]
    return Block(content, data.count(b"\n", 0, start) + 1, rest)


def scan(block: Block, shape: Shape) -> Scan | None:
    """The values of the pupils in a block, None when they are not written plainly."""
    codes = np.frombuffer(block.content + b"\0" * _PADDING, np.uint8)
    room = len(block.content) // _SHORTEST + 1
    values, rows = np.empty((4, room), np.int32), np.empty((4, room), np.int32)
    counts = _walk(codes, len(block.content), _CLASSES, shape.tree, block.line, values, rows)
    if counts[0] < 0:
        return None
    target, row, start, end = values[:, : counts[0]]
    begins, line, pupil, place = rows[:, : counts[1]]
    on_roll = place[begins == 0] == shape.on_roll  # the first table of a shape is the pupils'
    return Scan(shape, codes, target, row, start, end, begins, line, pupil, on_roll)


@compiled
def _text(codes: Bytes, at: int, size: int, classes: Bytes) -> tuple[int, int, bool]:
    """Where the text from here ends, at a tag or at the end, the lines in it, and whether it has no carriage return. A
    place below zero for a character that may not stand there.
    """
    lines, plain = 0, True
    while at < size:
        what = classes[codes[at]]
        if what == _PLAIN:
            at += 1
        elif what == _LINE:
            lines += 1
            at += 1
        elif what == _OPENS:
            break
        elif what == _ENTITY:
            long = entity(codes, at)[0]
            if long == 0:
                return FAILED, lines, plain
            at += long
        elif what == _CARRIAGE:
            plain = False
            at += 1
        elif what == _LAST_CHARACTERS and (codes[at + 1] != _U_FFFE[1] or codes[at + 2] < _U_FFFE[2]):
            at += 1
        else:
            return FAILED, lines, plain
    return at, lines, plain


@compiled
def entity(codes: Bytes, at: int) -> tuple[int, int]:
    """How many bytes an entity has, and the one it means; nothing for one that XML does not name."""
    for number in range(len(_ENTITY_AT) - 1):
        first, last = _ENTITY_AT[number], _ENTITY_AT[number + 1]
        same = 0
        while first + same < last and codes[at + same] == _ENTITY_CODES[first + same]:
            same += 1
        if first + same == last:
            return same, _ENTITY_MEANS[number]
    return 0, 0


@compiled
def _after_name(codes: Bytes, at: int, names: Bytes, name_at: Ints, place: int) -> int:
    """Where a tag ends that has this place's name from here on, below zero when it has another."""
    for one in range(name_at[place], name_at[place + 1]):
        if codes[at] != names[one]:
            return FAILED
        at += 1
    return at + 1 if codes[at] == _GREATER else FAILED


@compiled
def _begun(codes: Bytes, at: int, names: Bytes, name_at: Ints, child: int, sibling: Ints) -> tuple[int, int]:
    """The place among siblings that the start tag from here has the name of, and where the tag ends."""
    while child >= 0:
        behind = _after_name(codes, at, names, name_at, child)
        if behind >= 0:
            return child, behind
        child = sibling[child]
    return FAILED, FAILED


@compiled
def _walk(
    codes: Bytes,
    size: int,
    classes: Bytes,
    tree: tuple[Bytes, Ints, Ints, Ints, Ints, Ints, Ints, Ints],
    line: int,
    values: Ints,
    rows: Ints,
) -> tuple[int, int]:
    """Fill `values` and `rows` (the fields of a `Scan`); gives how many of each, below zero for what is not plain."""
    names, name_at, parent, child, sibling, table, target, home = tree
    none = (FAILED, 0)
    counts = np.zeros(len(parent), np.int32)
    first, then = child.copy(), sibling.copy()  # where to look first: what stood in this order the last time
    place, last, at, found, begun = 0, FAILED, 0, 0, 0
    while True:
        start = at
        at, lines, plain = _text(codes, start, size, classes)
        if at < 0 or at - start > _LONGEST_TEXT:
            return none
        line += lines
        if at == size:
            return (found, begun) if place == 0 else none
        column = target[place]
        if codes[at + 1] == _SLASH:
            behind = _after_name(codes, at + 2, names, name_at, place)
            if behind < 0 or place == 0 or (column >= 0 and not plain):
                return none
            if column >= 0 and at > start:
                values[0, found], values[1, found] = column, counts[home[column]] - 1
                values[2, found], values[3, found] = start, at
                found += 1
            last, place = place, parent[place]
        else:
            guess = first[place] if last < 0 else then[last]
            behind = _after_name(codes, at + 1, names, name_at, guess) if guess >= 0 else FAILED
            if behind < 0:
                guess, behind = _begun(codes, at + 1, names, name_at, child[place], sibling)
                if guess < 0:
                    return none
                if last < 0:
                    first[place] = guess
                else:
                    then[last] = guess
            place, last = guess, FAILED
            if table[place] >= 0:
                counts[table[place]] += 1
                rows[0, begun], rows[1, begun] = table[place], line
                rows[2, begun], rows[3, begun] = counts[0], place
                begun += 1
        at = behind
