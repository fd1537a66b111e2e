"""The whole log as one file, read from the files that are served."""

from collections.abc import Iterator
from pathlib import Path

from rollbook.tlog.checkpoint import read_body
from rollbook.tlog.log_copy import write_head
from rollbook.tlog.tiles import CHECKPOINT, bundle_paths


def parts_of_copy(folder: Path) -> Iterator[bytes] | None:
    """The parts of a copy of the log in `folder`, one after another, or None where there is no log yet."""
    try:
        checkpoint = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return None
    return _parts(folder, checkpoint)


def _parts(folder: Path, checkpoint: bytes) -> Iterator[bytes]:
    yield write_head(checkpoint)
    for path in bundle_paths(read_body(checkpoint).size):
        yield (folder / path).read_bytes()
