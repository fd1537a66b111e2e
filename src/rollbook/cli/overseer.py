"""`rollbook overseer open PACKAGE --key FOLDER --to FOLDER`: what the overseer does, on a machine of their own."""

from pathlib import Path
from typing import Annotated

import typer

from rollbook.services.outside.overseer_desk import check_case, open_package

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def about() -> None:
    """For the independent overseer: open what was sealed for you."""


@app.command("open")
def open_(
    package: Annotated[Path, typer.Argument(help="a sealed package, or the files of a case (.case)")],
    key: Annotated[Path, typer.Option(help="folder with the overseer's private key")],
    to: Annotated[Path, typer.Option(help="folder for the opened files; none of them may be there yet")],
) -> None:
    """Open a package that the authority handed over; needs no installation."""
    for name in open_package(package=package, key=key, to=to):
        typer.echo(to / name)


@app.command()
def check(
    opened: Annotated[Path, typer.Argument(help="folder into which a case was opened", exists=True)],
    entry: Annotated[Path, typer.Argument(help="file of the sealed entry's exact bytes", exists=True)],
) -> None:
    """Hold an opened case against its sealed entry: the facts, the set and the manifest that were fixed then."""
    reference = check_case(opened=opened, entry=entry.read_bytes())
    typer.echo(f"{reference}: facts, set and manifest are those that were sealed.")
