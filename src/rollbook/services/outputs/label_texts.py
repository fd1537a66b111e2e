"""Which labels of a table tell nothing by their words: those that the study or a code list spells out.

Any other label was made from the data while the study ran, and could say anything about anybody.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.runs.hostile import NOT_RECORDED
from rollbook.records.models.studies import Study

# With more texts than this a study could spell out a message by which of them it puts into its table.
MOST_TEXTS: Final = 500
_SQL_TEXT = re.compile(r"'((?:[^']|'')*)'")


def known_texts(study: Study) -> frozenset[str]:
    """The texts in quotes of the study's own SQL and Python, and the codes of the items it reads."""
    written = {text for path, code in study.files.items() for text in _texts(path, code)}
    collections = study.project.request.collections
    codes = {code for item in study.items for collection in collections for code in codes_of(item, collection)}
    return frozenset(codes | {NOT_RECORDED} | (written if len(written) <= MOST_TEXTS else set()))


def _texts(path: str, code: str) -> Iterator[str]:
    if path.endswith(".sql"):
        yield from (text.replace("''", "'") for text in _SQL_TEXT.findall(code))
    elif path.endswith(".py"):
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        for text in constants:
            if isinstance(text, str):
                yield text
                # SQL inside Python has texts of its own.
                yield from (one.replace("''", "'") for one in _SQL_TEXT.findall(text))
