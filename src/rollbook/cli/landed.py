"""`rollbook check-landed COLLECTION`: today's rules over what was taken, as counts by rule and by school."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rollbook.services.platform.actors import operator
from rollbook.services.returns import landed_check


def check_landed(
    collection: Annotated[str, typer.Argument(help="the collection's code, for example sc-spr-2025")],
    by_school: Annotated[bool, typer.Option("--by-school", help="a line for each school and rule")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, schools among it")] = False,
) -> None:
    """Run today's rules over every return of a collection that was taken; prints counts, never a record."""
    found = landed_check.check_landed(by=operator(), collection=collection)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(f"{found.collection}: {found.returns} returns, {found.rules_run} rules run over their rows.")
    table = (
        Table("school", "rule", "findings") if by_school else Table("rule", "severity", "findings", "schools", "says")
    )
    for school in found.schools if by_school else ():
        table.add_row(school.laestab, school.rule, str(school.findings))
    for rule in () if by_school else found.rules:
        table.add_row(rule.rule, rule.severity, str(rule.findings), str(rule.schools), rule.message)
    Console().print(table if found.rules else "Nothing was found.")
