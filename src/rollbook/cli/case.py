"""`rollbook case hand|reveal`, `rollbook opening`, `rollbook end-month`: what an operator does with sealed things.

None of these stands in for a person: a case is told only with what the overseer opened, and a month ends by its rule.
"""

from pathlib import Path
from typing import Annotated

import typer

from rollbook.services.gateway import reveals
from rollbook.services.platform.actors import operator
from rollbook.services.uses import endings, openings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command()
def hand(
    reference: Annotated[str, typer.Argument(help="reference of the case")],
    to: Annotated[Path, typer.Option(help="file for the overseer; its name ends in .case")],
) -> None:
    """Write a sealed case's files, still sealed, for the overseer to open."""
    reveals.hand_case(by=operator(), reference=reference, to=to)
    typer.echo(f"Hand {to} to the overseer, who runs: rollbook overseer open {to.name} --key KEY --to FOLDER")


@app.command()
def reveal(
    reference: Annotated[str, typer.Argument(help="reference of the case")],
    opened: Annotated[Path, typer.Argument(help="folder into which the overseer opened the case", exists=True)],
) -> None:
    """Tell a case: its facts go into the log, and everybody gets an answer about it."""
    files = {path.name: path.read_bytes() for path in opened.iterdir() if path.is_file()}
    entry = reveals.reveal(by=operator(), reference=reference, opened=files)
    typer.echo(f"Handed in as {entry}. It is told once the log's writer has run.")


def opening(
    run: Annotated[int, typer.Argument(help="number of the run, as in its entry run-N")],
    to: Annotated[Path, typer.Option(help="file for the overseer")],
) -> None:
    """Write what a regulator needs to check the opening of a project's data, sealed for the overseer."""
    pupils = openings.hand_opening(by=operator(), run_id=run, to=to)
    typer.echo(f"{pupils:,} pupils. Only the overseer can open {to}.")


def end_month(month: Annotated[str, typer.Argument(help="the month, as YYYY-MM")]) -> None:
    """Destroy a month's keys once its time is over: who was in its uses can then never be read again."""
    gone = endings.end_month(by=operator(), epoch=month)
    typer.echo(f"The keys of {month} are destroyed; {gone} files that nobody can read any more were removed.")
