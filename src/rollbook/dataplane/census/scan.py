"""Finds the elements of a return's pupils in the bytes themselves, all at once, where they are written plainly.

A parser makes an object of each element, which costs more than all else a reader does. Nearly every return writes its
pupils in a small part of XML (1.0, fifth edition): start and end tags without attributes, text, the five entities that
XML names. That part is judged here in full (productions 1, 2, 14, 39 to 43: matched tags, allowed characters, nothing
left open) by comparing whole arrays, so the parser need not see it. Anything else, right or wrong, is None here and is
left to the parser.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_START: Final = b"<Pupils>"
_END: Final = b"</Pupils>"
_ENTITY: Final = re.compile(rb"&(?:amp|lt|gt|quot|apos);")
_NOT_CHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF in UTF-8
_LONGEST_NAME: Final = 32  # bytes: four words of eight
_LONGEST_TEXT: Final = 100_000  # the parser has limits of its own above this
_DEEPEST: Final = 8
_WORDS: Final = range(0, _LONGEST_NAME, 8)
_WHITE: Final = (9, 10, 13)
_FIRST_PRINTED: Final = 32
_LESS, _GREATER, _SLASH, _MARK, _QUESTION, _NEWLINE = b"<>/!?\n"

_KEPT: Final = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Scan:
    """The elements inside the block of pupils, in file order; an array has one entry for each of them.

    `raw` are the bytes of the block, padded; offsets count in it. `depth` is 0 for a child of the block. `names` are
    the element's name in four words of eight bytes. Its text up to the first tag inside it is `start` to `end`; `leaf`
    says that it holds nothing else. `rest` is the file without the block's content, its line ends kept.
    """

    raw: bytes
    depth: Ints
    names: Words
    start: Ints
    end: Ints
    leaf: npt.NDArray[np.bool_]
    line: Ints
    rest: bytes


def words_of(name: str) -> tuple[int, ...] | None:
    """A name as `Scan.names` has it; None for one too long for it."""
    data = name.encode()
    if len(data) > _LONGEST_NAME:
        return None
    padded = data.ljust(_LONGEST_NAME, b"\0")
    return tuple(int.from_bytes(padded[at : at + 8], "little") for at in _WORDS)


def scan(data: bytes) -> Scan | None:
    """The pupils of a return whose bytes are UTF-8, None when they are not written plainly."""
    start, end = data.find(_START[:-1]), data.rfind(_END)
    if start < 0 or end < start or data[start : start + len(_START)] != _START or _START[:-1] in data[end:]:
        return None
    content = data[start + len(_START) : end]
    if not _plain(content):
        return None
    rest = data[: start + len(_START)] + b"\n" * content.count(b"\n") + data[end:]
    return _elements(content, data.count(b"\n", 0, start) + 1, rest)


def _plain(content: bytes) -> bool:
    """Whether there are only characters and entities that XML allows."""
    if b"\xef" in content and any(other in content for other in _NOT_CHARACTERS):
        return False
    if b"&" in content and len(_ENTITY.findall(content)) != content.count(b"&"):
        return False
    codes = np.frombuffer(content, np.uint8)
    white = sum(int(np.count_nonzero(codes == one)) for one in _WHITE)
    return int(np.count_nonzero(codes < _FIRST_PRINTED)) == white


def _elements(content: bytes, before: int, rest: bytes) -> Scan | None:
    raw = content + b"\0" * (_LONGEST_NAME + 8)
    codes = np.frombuffer(raw, np.uint8)[: len(content)]
    opens, closes = np.flatnonzero(codes == _LESS), np.flatnonzero(codes == _GREATER)
    if not len(opens) or len(opens) != len(closes) or not _alternate(opens, closes):
        return None
    second = codes[opens + 1]
    if (second == _MARK).any() or (second == _QUESTION).any():
        return None  # a comment, a section or an instruction
    ending = second == _SLASH
    name_at = opens + 1 + ending
    length = closes - name_at
    if length.min() < 1 or length.max() > _LONGEST_NAME or np.diff(opens).max(initial=0) > _LONGEST_TEXT:
        return None
    level = np.cumsum(np.where(ending, -1, 1))
    if level[-1] != 0 or level.min() < 0 or level.max() > _DEEPEST:
        return None
    names = _names(raw, name_at, length)
    depth = level - 1 + ending  # a start tag and the end tag that matches it have one depth
    if not _matched(names, depth, ending):
        return None
    first = np.flatnonzero(~ending)
    after = first + 1  # the last tag is an end tag
    return Scan(
        raw=raw, depth=depth[first], names=names[:, first], start=closes[first] + 1, end=opens[after],
        leaf=ending[after], line=before + np.searchsorted(np.flatnonzero(codes == _NEWLINE), opens[first]), rest=rest,
    )  # fmt: skip


def _alternate(opens: Ints, closes: Ints) -> bool:
    return bool((opens < closes).all() and (closes[:-1] < opens[1:]).all())


def _names(raw: bytes, at: Ints, length: Ints) -> Words:
    """Eight bytes at a time, what lies past the name's end set to zero."""
    every: Any = np.ndarray((len(raw) - 7,), "<u8", raw, strides=(1,))
    names = np.zeros((len(_WORDS), len(at)), np.uint64)
    for word, first in enumerate(_WORDS):
        some = np.flatnonzero(length > first)
        names[word, some] = every[at[some] + first] & _KEPT[np.minimum(length[some] - first, 8)]
    return names


def _matched(names: Words, depth: Ints, ending: npt.NDArray[np.bool_]) -> bool:
    """Whether each end tag has the name of its start tag: at one depth they follow each other in turn."""
    order = np.argsort(depth.astype(np.int8), kind="stable")
    started, ended = order[::2], order[1::2]
    if ending[started].any() or not ending[ended].all():
        return False
    return all(np.array_equal(word[started], word[ended]) for word in names)
