"""`rollbook generate returns`: made-up returns of a nation for trying things out."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from rollbook.services.outside.generate import FORMATS, Generated, generate_returns

app = typer.Typer(
    help="Make up data for demonstrations and tests. No real person is in it.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip


@app.callback()
def generate() -> None:
    """Keeps `returns` a command of its own, so that other made-up files can stand beside it."""


@app.command()
def returns(
    pupils: Annotated[int, typer.Option(help="about how many pupils on a roll on census day", min=10)],
    out: Annotated[Path, typer.Option(help="the folder to write into", file_okay=False)],
    schools: Annotated[
        int | None, typer.Option(help="how many schools; the national mean size if left out", min=1)
    ] = None,
    terms: Annotated[str, typer.Option(help="terms, such as aut-2025,spr-2026,sum-2026")] = "spr-2025",
    form: Annotated[
        list[str] | None, typer.Option("--format", help=f"one of {', '.join(FORMATS)}; may be given again")
    ] = None,
    defects: Annotated[Path | None, typer.Option(help="TOML or JSON file of defects to plant in each term")] = None,
    seed: Annotated[int, typer.Option(help="the same seed gives the same files")] = 1,
    lea: Annotated[str, typer.Option(help="number of the first local authority")] = "201",
    authorities: Annotated[
        int | None,
        typer.Option(help="how many authorities; one for each 20,000 pupils, and no more than there are", min=1),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="processes; as many as the machine has cores if left out", min=1)
    ] = None,
) -> None:
    """Write the returns of an invented nation: one file a school, term and format.

    Schools of every phase and early years settings add up to the published national figures. One child is one child
    through all terms: `people.csv` says who stands where. People move, change names and phases, come and leave.
    """
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("writing returns", total=None)
        made = generate_returns(
            pupils=pupils, out=out, schools=schools, defects=defects, seed=seed, terms=terms.split(","),
            formats=form or ["xml"], lea=lea, authorities=authorities, jobs=jobs or os.cpu_count() or 1,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    _say(made, out)


def _say(made: Generated, out: Path) -> None:
    console = Console()
    records = sum(file.on_roll + file.leavers for file in made.files)

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False)

    say(f"{len(made.files)} returns with {records:,} pupil records in {out}")
    say(f"Who is who stands in {made.people}")
    if made.truth is not None:
        say(f"{made.planted} defects planted; the truth is in {made.truth}")
    if made.files:
        say(f"Next: rollbook check {made.files[0].path.parent}/*{made.files[0].path.suffix}")
