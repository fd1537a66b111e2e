"""`rollbook replay RECORD TABLE`: judge a released table again from what is public about it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rollbook.kernel.refusals import InputRefused, Reason, UseRefused
from rollbook.services.outside.proved_release import Proof, read_proof
from rollbook.services.outside.replay import replay as again


def replay(
    record: Annotated[Path, typer.Argument(help="record.json of the released table", exists=True, dir_okay=False)],
    tables: Annotated[
        list[Path],
        typer.Argument(help="its CSV, and each that left with it", exists=True, dir_okay=False),
    ],
    verify: Annotated[
        Path | None, typer.Option(help="proof.json of the released table: the log must have signed these very files")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="policy file that came with this program")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Judge a released table by the rules and parameters of its record, and attack its hidden cells."""
    found = again(record, tables[0], _proof(verify, policy), tables[1:])
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        what = f"{found.cells:,} cells, {found.hidden:,} hidden" if found.cells else "a file by exception"
        typer.echo(f"{found.output}: {what}; recorded: {found.recorded}.")
        if found.signed:
            typer.echo(f"Signed by {found.signed.origin}, entry {found.signed.index}, as of {found.signed.signed_at}.")
            if found.signed.warning:
                typer.echo(f"Warning: {found.signed.warning}.")
        for part in found.not_judged:
            typer.echo(f"Not judged again: {part}.")
    if not found.same:
        raise UseRefused([Reason("replay", sentence, "", "Ask the authority.") for sentence in found.differences])
    if not as_json:
        typer.echo("What was judged again agrees with the record.")


def _proof(verify: Path | None, policy: Path | None) -> Proof | None:
    if (verify is None) != (policy is None):
        mend = "Give --verify and --policy together: whom to trust is never taken from the authority's own page."
        raise InputRefused(Reason("policy", "A proof needs the policy it is verified under", mend=mend))
    return None if verify is None or policy is None else read_proof(verify, policy)
