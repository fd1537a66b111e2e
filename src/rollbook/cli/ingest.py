"""Receiving returns: `ingest FILE...` and `recover`, and what returns come into: `collection` and `school`."""

import json
import time
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from rollbook.cli import mapped
from rollbook.cli.loading import Kind, Progressing, Summary
from rollbook.kernel.refusals import Family, InputRefused, Reason, RollbookError
from rollbook.services.collections import collections, notices
from rollbook.services.collections.notices import HOW
from rollbook.services.platform.actors import operator
from rollbook.services.returns import ingest, load
from rollbook.services.returns.receipts import Receipt

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
collection = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
_SHOW_PROGRESS_AFTER = 1.0
_Outcome = Receipt | RollbookError


@app.command()
def receive(
    files: Annotated[list[Path], typer.Argument(help="returns, one school a file; or one folder of them")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a file, one a line")] = False,
) -> None:
    """Receive returns: each is accepted or refused whole, and gets a receipt. Exit code 3 when any was refused."""
    ingest.recover()
    if len(files) == 1 and files[0].is_dir():
        _load(files[0], as_json=as_json)
        return
    outcomes = _with_progress(files)
    for path, outcome in zip(files, outcomes, strict=True):
        typer.echo(json.dumps(_as_data(path, outcome), default=str) if as_json else _as_text(path, outcome))
    if not all(isinstance(one, Receipt) and one.accepted for one in outcomes):
        raise typer.Exit(Family.INPUT)


def _load(folder: Path, *, as_json: bool) -> None:
    """A folder of returns, in any number: each outcome is printed once it stands, the good ones only as data.

    A fault of ours beside returns that are merely refused decides the exit code.
    """
    files = load.files_of(folder)
    if not files:
        mend = "Name the folder that holds the .xml files themselves."
        raise InputRefused(Reason("folder-empty", "No return is in this folder", folder.name, mend))
    summary = Summary(len(files))
    with Progressing(summary) as shown, load.readers(files=len(files)) as pool:
        shown.begin()
        for path, outcome, pupils in load.load(by=operator(), files=files, pool=pool):
            kind = summary.add(outcome, pupils)
            if outcome is not None and (as_json or kind is not Kind.ACCEPTED):
                typer.echo(json.dumps(_as_data(path, outcome), default=str) if as_json else _as_text(path, outcome))
            shown.advance()
    typer.echo(summary.text(), err=as_json)
    if summary.family:
        raise typer.Exit(summary.family)


def _with_progress(files: list[Path]) -> list[_Outcome]:
    """Take the files one by one; one that is refused does not stop the others. A bar appears once it takes a second."""
    started = time.monotonic()
    outcomes: list[_Outcome] = []
    with Progress(console=Console(stderr=True), transient=True, disable=len(files) == 1) as progress:
        bar = progress.add_task("Returns", total=len(files), visible=False)
        for path in files:
            outcomes.append(_one(path))
            progress.update(bar, advance=1, visible=time.monotonic() - started > _SHOW_PROGRESS_AFTER)
    return outcomes


def _one(path: Path) -> _Outcome:
    try:
        return ingest.ingest_file(by=operator(), path=path)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        return InputRefused(Reason("file", f"The file cannot be read: {reason}", str(path), "Check the path."))
    except RollbookError as refused:
        if refused.family not in (Family.INPUT, Family.REFUSED):
            raise
        return refused


def _as_text(path: Path, outcome: _Outcome) -> str:
    if isinstance(outcome, Receipt):
        return f"{path.name}: {outcome.text()}"
    return f"{path.name}: refused.\n" + "\n".join(f"- {reason.sentence()}" for reason in outcome.reasons)


def _as_data(path: Path, outcome: _Outcome) -> dict[str, object]:
    if isinstance(outcome, Receipt):
        return {"file": path.name, **asdict(outcome)}
    return {"file": path.name, "state": "refused", **outcome.as_data()}


def recover() -> None:
    """Undo what a killed process left half done. Every start does this; it is safe at any time."""
    removed = sum(ingest.recover().values())
    typer.echo(f"{removed} rows of unfinished returns removed." if removed else "Nothing was left half done.")


@collection.command("open")
def open_collection(
    code: Annotated[str, typer.Argument(help="for example sc-spr-2025")],
    notice: Annotated[str, typer.Option(help="reference of the published notice")],
    assessment: Annotated[str, typer.Option(help="reference of the published impact assessment")],
) -> None:
    """Open a collection. Refused unless notice and assessment cover every one of its items."""
    collections.open_collection(by=operator(), code=code, notice=notice, assessment=assessment)
    typer.echo(f"{code} is open.")


@collection.command("tell")
def tell(
    code: Annotated[str, typer.Argument(help="for example sc-spr-2025")],
    how: Annotated[str, typer.Argument(help=f"one of: {', '.join(HOW)}")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="the day it was given")],
) -> None:
    """Record that everybody on a collection's current returns was given its notice; prints how many were not before."""
    new = notices.tell(by=operator(), collection=code, how=how, day=day.date())
    counts = collections.told_counts(code)
    typer.echo(f"{new:,} people newly told. Told in all: {counts.told:,}; not told: {counts.not_told:,}.")


collection.command("define")(mapped.define)
collection.command("load")(mapped.load)


@collection.command("log-intake")
def log_intake(day: Annotated[str, typer.Argument(help="YYYY-MM-DD")]) -> None:
    """Enter in the log how many returns came in by the end of a day."""
    try:
        named = date.fromisoformat(day)
    except ValueError:
        raise InputRefused(Reason("day", "This is not a day", day[:16], "Write it as YYYY-MM-DD.")) from None
    made = collections.log_intake(by=operator(), day=named)
    typer.echo(f"{len(made)} entries handed in.")


def register_school(
    laestab: Annotated[str, typer.Argument(help="the authority's three digits and the school's four")],
    name: str,
    phase: Annotated[str, typer.Option(help="PS, SS and so on, as in returns")] = "PS",
    urn: Annotated[str, typer.Option(help="six digits")] = "",
) -> None:
    """Register a school, so that its returns can be received."""
    collections.register_school(by=operator(), laestab=laestab, name=name, phase=phase, urn=urn)
    typer.echo(f"{laestab} is registered.")


@collection.command("doubles")
def find_doubles(
    code: Annotated[str, typer.Argument(help="the collection's code, for example sc-spr-2025")],
) -> None:
    """Look among a collection's new people for those known already; custodians decide on what is found."""
    from rollbook.services.people import linking

    found = linking.find_doubles(by=operator(), collection=code)
    for outcome, count in {**found.outcomes, "no-match": found.none, "error": found.errors}.items():
        typer.echo(f"{outcome}: {count}")
    typer.echo(f"New for the custodians: {found.new}")


def reconcile(
    code: Annotated[str, typer.Argument(metavar="COLLECTION", help="for example sc-spr-2025")],
    as_json: Annotated[
        bool, typer.Option("--json", help="every school, authority and the nation as one object")
    ] = False,
) -> None:
    """Compare the counts of the files, the study tables and the identity zone. Exit code 7 when a school's differ."""
    from rollbook.services.returns import reconcile as reconciling

    found = reconciling.reconcile(by=operator(), collection=code)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "differing": [one.what for one in found.differing]}))
    else:
        for line in (*found.authorities, found.nation):
            typer.echo(line.sentence)
        for line in found.differing:
            typer.echo(f"DIFFERS {line.sentence}")
        typer.echo(
            f"{len(found.missing)} registered schools have no standing return: {', '.join(found.missing) or 'none'}"
        )
    if found.differing:
        raise typer.Exit(Family.STATE)
