"""`rollbook verify BUNDLE... --log ADDRESS_OR_FOLDER --policy FILE`: check a pupil's bundles on your own machine.

The identifier is asked for or read from a file: on the command line it would stay in the shell's history.
"""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rollbook.kernel.refusals import RollbookError
from rollbook.services.outside.verify import (
    data_of_refusal,
    default_state,
    read_identifier,
    typed_identifier,
    verify_bundles,
    words_of,
)

app = typer.Typer(add_completion=False, help="Verify a pupil's bundles against the public log.")
# Answers go to standard output and wrap nowhere, so that they can be searched and kept.
_console = Console(highlight=False, soft_wrap=True)


@app.command()
def verify(
    bundles: Annotated[list[Path], typer.Argument(help="proof files, of a month or of the whole history")],
    log: Annotated[str, typer.Option(help="address of the log (https://…/log), or a folder with its files")],
    policy: Annotated[Path, typer.Option(help="policy file that came with this program")],
    identifier_file: Annotated[Path | None, typer.Option(help="file with the pupil's UPN or ULN, else asked")] = None,
    state: Annotated[Path | None, typer.Option(help="file that keeps the last state of the log seen here")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the verdict as data")] = False,
) -> None:
    """Say, for every use of the bundles' months, whether the pupil's record was in it, and whether that is all."""
    try:
        prompted = "The pupil's UPN or ULN"
        pupil_id = read_identifier(identifier_file) if identifier_file else typed_identifier(typer.prompt(prompted))
        verdict = verify_bundles(
            bundles=bundles,
            pupil_id=pupil_id,
            log=log,
            policy=policy,
            now=int(time.time()),
            state=state or default_state(policy),
        )
    except RollbookError as refusal:
        if as_json:
            _print(json.dumps(data_of_refusal(refusal), ensure_ascii=False))
        raise
    if as_json:
        _print(json.dumps(verdict.as_data(), ensure_ascii=False))
    else:
        for line in words_of(verdict):
            _print(line)
    verdict.require_sound()


def _print(text: str) -> None:
    _console.print(text, markup=False)
