"""`rollbook replay RECORD TABLE`: judge a released table again from what is public about it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rollbook.kernel.refusals import Reason, UseRefused
from rollbook.services.replay import replay as again


def replay(
    record: Annotated[Path, typer.Argument(help="record.json of the released table", exists=True, dir_okay=False)],
    table: Annotated[Path, typer.Argument(help="its CSV", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Judge a released table by the rules and parameters of its record, and attack its hidden cells."""
    found = again(record, table)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        typer.echo(f"{found.output}: {found.cells:,} cells, {found.hidden:,} hidden; recorded: {found.recorded}.")
        for part in found.not_judged:
            typer.echo(f"Not judged again: {part}.")
    if not found.same:
        raise UseRefused([Reason("replay", sentence, "", "Ask the authority.") for sentence in found.differences])
    if not as_json:
        typer.echo("What was judged again agrees with the record.")
