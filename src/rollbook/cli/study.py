"""`rollbook study new|dummy|check|run DIR`: write a study on your own machine and see how its table would be judged."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.services.outside import study_check, study_local, study_pack

app = typer.Typer(
    add_completion=False,
    help="Write a study and try it on dummy data, without the authority's machine.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(help="the study's folder")]
Mapping = Annotated[
    list[Path] | None,
    typer.Option(
        "--mapping", help="mapping of a loaded collection it reads; can be given again", exists=True, dir_okay=False
    ),
]
MAX_FAILURES = 20


@app.command()
def new(folder: Folder) -> None:
    """Write a working example study into a new folder."""
    for path in study_local.new_study(folder):
        typer.echo(f"wrote {path}")
    typer.echo(f"Next: rollbook study dummy {folder}")


@app.command()
def dummy(
    folder: Folder,
    people: Annotated[int, typer.Option(help="how many people to invent")] = 2000,
    seed: Annotated[int, typer.Option(help="the same seed gives the same people")] = 1,
    clean: Annotated[bool, typer.Option("--clean", help="no planned dirt")] = False,
    mapping: Mapping = None,
) -> None:
    """Make the tables the study asks for, with invented pupils."""
    mappings = study_local.read_mappings(mapping or ())
    with _progress() as progress:
        task = progress.add_task("inventing pupils")
        for table in study_local.make_dummy(folder, people=people, seed=seed, clean=clean, mappings=mappings):
            progress.update(task, description=f"wrote {table.name}")
            progress.console.print(f"{table.name}: {table.rows:,} rows in {table.file}", soft_wrap=True)
    typer.echo(f"All of it is invented. Next: rollbook study run {folder}")


@app.command()
def pack(
    folder: Folder,
    to: Annotated[Path | None, typer.Option(help="the zip to write; beside the folder by default")] = None,
) -> None:
    """Write the study as one zip to send in, with proof of the commit it stands in where there is one."""
    packed = study_pack.pack(folder, to or folder.resolve().with_suffix(".zip"))
    typer.echo(f"wrote {packed.file}: version {packed.digest}")
    typer.echo(
        f"commit {packed.commit}, shown by git's own objects" if packed.commit else "no commit: this is no repository"
    )


@app.command()
def check(folder: Folder, mapping: Mapping = None) -> None:
    """Say everything that would stop the study inside, with file and line; ends with exit code 3 when there is any."""
    mappings = study_local.read_mappings(mapping or ())
    with _progress() as progress:
        progress.add_task("checking as inside")
        found = study_check.problems(folder, mappings)
    stops = [problem for problem in found if problem.stops]
    for problem in found[:MAX_FAILURES]:
        typer.echo(str(problem))
    if stops:
        mend = "Mend what is named above and check again."
        raise InputRefused(Reason("study-check", f"Problems found: {len(stops)}", folder.name, mend))
    if found:
        typer.echo("Nothing found that stops it; what is named above, people judge by hand.")
        return
    typer.echo("Nothing found: inside, the same checks are made on the real table.")


@app.command()
def run(folder: Folder) -> None:
    """Run the study on its dummy data in the sandbox, count its table and check it."""
    with _progress() as progress:
        progress.add_task("running inside the sandbox")
        result = study_local.run_local(folder)
    if isinstance(result, study_local.LocalFile):
        _show_file(result)
        return
    tables = (result, *result.others)
    for one in tables:
        _show(one)
    failures = [message for one in tables for message in one.failures]
    if failures:
        mend = "Make groups larger or dimensions fewer; real data has other counts, so leave room."
        reasons = [Reason("sdc", message, "", mend) for message in failures[:MAX_FAILURES]]
        raise UseRefused(reasons)
    typer.echo("Passed: no rule objects. These are invented pupils; the real table is checked again.")


def _progress() -> Progress:
    return Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True)


def _show_file(result: study_local.LocalFile) -> None:
    typer.echo(f"{result.title}: {result.name}, as its judges would see it (invented data, {result.people:,} pupils)\n")
    typer.echo(result.text)
    for warning in result.warnings:
        typer.echo(f"Warning: {warning.sentence()}")
    typer.echo("No rule passes a file: people judge it by hand. The real one is read again.")


def _show(result: study_local.LocalRun) -> None:
    table = Table(title=f"{result.title} (invented data, {result.people:,} pupils)")
    for dimension in result.dimensions:
        table.add_column(dimension)
    table.add_column("pupils" if result.measure == "count" else result.measure, justify="right")
    for labels, figure in result.rows:
        table.add_row(*labels, figure)
    Console().print(table)
