"""`rollbook bench NAME`: times a piece of work beside its floor and peers in the same call."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.bench import (
    differencing,
    disclosure_set,
    dummy,
    history,
    ingest,
    log,
    match,
    proofs,
    pseudonyms,
    rules,
    suppression,
    tables,
    vrf,
)
from rollbook.services.bench.measure import Result

BENCHES = {
    "differencing": differencing.run,
    "disclosure-set": disclosure_set.run,
    "dummy": dummy.run,
    "history": history.run,
    "ingest": ingest.run,
    "log": log.run,
    "match": match.run,
    "proofs": proofs.run,
    "pseudonyms": pseudonyms.run,
    "rules": rules.run,
    "suppression": suppression.run,
    "tables": tables.run,
    "vrf": vrf.run,
}
_BY_PUPILS = {"dummy": dummy.run, "history": history.run, "ingest": ingest.run, "rules": rules.run}


def bench(
    name: Annotated[str, typer.Argument(help=f"one of: {', '.join(BENCHES)}")],
    scale: Annotated[int, typer.Option(help="times the default amount of work")] = 1,
    runs: Annotated[int, typer.Option(help="counted runs of each contestant")] = 3,
    pupils: Annotated[
        int | None, typer.Option(help="how many pupils, for differencing, dummy, history, ingest and rules", min=1)
    ] = None,
    released: Annotated[
        int | None, typer.Option("--tables", help="how many released tables, for differencing", min=20)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Time one piece of work; ratios hold on a noisy machine, seconds do not."""
    if name not in BENCHES:
        raise InputRefused(Reason("bench", "There is no such benchmark", mend=f"Use one of: {', '.join(BENCHES)}."))
    if name == "differencing":
        result = differencing.run(scale, runs, pupils, released)
    else:
        result = _BY_PUPILS[name](scale, runs, pupils) if name in _BY_PUPILS else BENCHES[name](scale, runs)
    if as_json:
        typer.echo(json.dumps(result.as_data()))
    else:
        _print(result)


def _print(result: Result) -> None:
    table = Table("", "median s", "ratio to ours")
    table.add_row("ours", f"{result.ours.median_s:.3f}", "1.0")
    table.add_row(f"floor: {result.floor_what}", *_figures(result, result.floor.median_s))
    for peer in result.peers:
        table.add_row(
            f"{peer.name} {peer.version}", *(_figures(result, peer.timed.median_s) if peer.timed else ("not run", ""))
        )
    console = Console()
    console.print(table)
    console.print(f"{result.meaning} Work: {dict(result.work)}. Facts: {dict(result.facts)}")


def _figures(result: Result, seconds: float) -> tuple[str, str]:
    return f"{seconds:.3f}", f"{seconds / result.ours.median_s:.2f}"
