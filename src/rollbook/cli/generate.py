"""`rollbook generate returns`: made-up school census returns for trying things out."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from rollbook.services.generate import Generated, generate_returns

app = typer.Typer(
    help="Make up data for demonstrations and tests. No real person is in it.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip


@app.callback()
def generate() -> None:
    """Keeps `returns` a command of its own, so that other made-up files can stand beside it."""


@app.command()
def returns(
    pupils: Annotated[int, typer.Option(help="how many pupils on a roll on census day", min=10)],
    out: Annotated[Path, typer.Option(help="the folder to write into", file_okay=False)],
    schools: Annotated[
        int | None, typer.Option(help="how many schools; the national mean size if left out", min=1)
    ] = None,
    defects: Annotated[Path | None, typer.Option(help="TOML or JSON file of defects to plant")] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same files")] = 1,
    term: Annotated[str, typer.Option(help="AUT, SPR or SUM")] = "SPR",
    year: Annotated[int, typer.Option(help="calendar year of census day", min=2025, max=2100)] = 2025,
    lea: Annotated[str, typer.Option(help="number of the local authority")] = "201",
) -> None:
    """Write school census returns, one file a school."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("writing returns", total=None)
        made = generate_returns(
            pupils=pupils, out=out, schools=schools, defects=defects, seed=seed, term=term, year=year, lea=lea,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    _say(made, out)


def _say(made: Generated, out: Path) -> None:
    console = Console()
    records = sum(file.on_roll + file.leavers for file in made.files)
    console.print(f"{len(made.files)} returns with {records:,} pupil records in {out}", soft_wrap=True, highlight=False)
    if made.truth is not None:
        console.print(f"{made.planted} defects planted; the truth is in {made.truth}", soft_wrap=True, highlight=False)
    console.print(f"Next: rollbook check {out}/*.xml", soft_wrap=True, highlight=False)
