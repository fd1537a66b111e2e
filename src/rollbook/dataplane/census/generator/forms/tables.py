"""CSV tables and zips of them, the same bytes each time."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence

Rows = Sequence[Mapping[str, object]]
_WHEN = (2025, 1, 1, 0, 0, 0)  # a zip must date its members; the date says nothing


def table(rows: Rows) -> bytes:
    """Rows as a table with a column for every key, in the order first met."""
    text = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Members as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
