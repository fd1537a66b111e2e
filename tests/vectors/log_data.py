"""The vectors of the log's specification, and the 300-entry log that many of them speak about."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.reading import Log, read_log
from rollbook.tlog.tiles import Tiles, bundle_paths
from rollbook.tlog.trust import Policy, parse_policy

NOW = 1791624360


@cache
def vectors(name: str) -> Any:
    """One vector file as data; callers do not change it."""
    return json.loads((Path(__file__).parent / "data" / f"{name}.json").read_text(encoding="utf-8"))


def policy() -> Policy:
    """The example policy: any three of four operators."""
    return parse_policy(vectors("checkpoint")["policy"])


def entries() -> list[bytes]:
    """The 300 entries."""
    return [entry.encode() for entry in vectors("log300")["entries"]]


def log_files() -> dict[str, bytes]:
    """Every file of the 300-entry log, made by this implementation, and its signed checkpoint as given."""
    return {**Tiles().grow(entries()), "checkpoint": vectors("log300")["checkpoint"].encode()}


@cache
def log300() -> Log:
    """The 300-entry log, read and audited."""
    files = log_files()
    checkpoint = verify_checkpoint(files["checkpoint"], policy(), NOW, fresh=True)
    return read_log(checkpoint, [files[path] for path in bundle_paths(300)])
