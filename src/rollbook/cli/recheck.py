"""`rollbook recheck --threshold N`: which tables that left would not leave under other parameters."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from rollbook.kernel.refusals import InputRefused, Reason


def recheck(
    threshold: Annotated[int | None, typer.Option(help="fewest people in a cell")] = None,
    other: Annotated[list[str], typer.Option("--set", help="another parameter: NAME=VALUE; may be repeated")] = [],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Judge every released table again from the evidence kept. Checkers get a task for each that would not leave."""
    from rollbook.services.outputs import recheck as again
    from rollbook.services.platform.actors import operator

    changes = dict(_pair(text) for text in other) | ({} if threshold is None else {"threshold": str(threshold)})
    found = again.recheck(by=operator(), parameters=again.parameters_with(changes))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(f"{found.judged:,} released tables judged again; {len(found.fallen):,} would not leave today.")
    for one in found.fallen:
        typer.echo(f"{one.reference}, {one.title}:")
        for reason in one.reasons:
            typer.echo(f"  {reason.code}: {reason.message} ({reason.where})")
    for reference in found.by_hand:
        typer.echo(f"{reference}: by hand; no rule judged it, so none can judge it again.")
    typer.echo(f"{found.made:,} tasks left for the checkers. Nothing was changed.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        mend = "Write it as NAME=VALUE, for example dominant_k=0.85."
        raise InputRefused(Reason("parameter", "This is not a parameter with a value", text, mend))
    return name, value
