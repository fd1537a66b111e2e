"""Which labels of a table tell nothing by their words: those that the study or a code list spells out.

Any other label was made from the data while the study ran, and could say anything about anybody.
"""

import re
from typing import Final

from rollbook.dataplane.census.codes import codes_of
from rollbook.dataplane.runs.hostile import NOT_RECORDED
from rollbook.records.models.studies import Study

# With more texts than this a study could spell out a message by which of them it puts into its table.
MOST_TEXTS: Final = 500
_SQL_TEXT = re.compile(r"'((?:[^']|'')*)'")


def known_texts(study: Study) -> frozenset[str]:
    """The texts in quotes of the study's own SQL, and the codes of the items it reads."""
    written = {
        text.replace("''", "'")
        for path, code in study.files.items()
        if path.endswith(".sql")
        for text in _SQL_TEXT.findall(code)
    }
    collections = study.project.request.collections
    codes = {code for item in study.items for collection in collections for code in codes_of(item, collection)}
    return frozenset(codes | {NOT_RECORDED} | (written if len(written) <= MOST_TEXTS else set()))
