"""`rollbook collection define MAPPING` and `load MAPPING FILE`: data that no school return brings."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rollbook.kernel.refusals import Family, InputRefused, Reason
from rollbook.services.catalogue import mappings
from rollbook.services.collections import loading
from rollbook.services.platform.actors import operator
from rollbook.services.returns import ingest

MappingFile = Annotated[Path, typer.Argument(help="the mapping, a TOML file")]


def define(mapping: MappingFile) -> None:
    """Make a collection's items known by its mapping, so that notice and assessment can be about them."""
    try:
        data = mapping.read_bytes()
    except OSError as error:
        raise _unreadable(mapping, error) from None
    made = mappings.define_mapping(by=operator(), data=data, name=mapping.name)
    typer.echo(f"{made.code} is defined, with {len(made.items)} items, {len(made.own)} of them its own.")


def load(
    mapping: MappingFile,
    file: Annotated[Path, typer.Argument(help="the data, CSV or Parquet")],
    as_json: Annotated[bool, typer.Option("--json", help="print data instead of words")] = False,
) -> None:
    """Load a file by its mapping: accepted or refused whole, with totals beside the published ones. Exit code 3 when
    it was refused."""
    ingest.recover()
    try:
        receipt = loading.load_path(by=operator(), mapping=mapping, file=file)
    except OSError as error:
        raise _unreadable(Path(error.filename or file), error) from None
    typer.echo(json.dumps(asdict(receipt), default=str) if as_json else receipt.text())
    if not receipt.accepted:
        raise typer.Exit(Family.INPUT)


def _unreadable(path: Path, error: OSError) -> InputRefused:
    reason = error.strerror or "cannot be read"
    return InputRefused(Reason("file", f"The file cannot be read: {reason}", path.name, "Check the path."))
