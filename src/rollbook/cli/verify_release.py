"""`rollbook verify-release FILES PROOF --policy FILE`: hold released files or gathered rows against the log."""

import time
from pathlib import Path
from typing import Annotated

import typer

from rollbook.services.outside.verify_release import ReleaseVerdict, verify

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def verify_release(
    files: Annotated[Path, typer.Argument(help="the released file or folder; for an opening, a CSV of gathered rows")],
    proof: Annotated[Path, typer.Argument(help="folder with entry.json, receipt.tlog-proof and manifest.json")],
    policy: Annotated[Path, typer.Option(help="policy file that came with this program")],
    log: Annotated[str | None, typer.Option(help="address or folder of the log, to read it whole as well")] = None,
) -> None:
    """Say whether these files are what the log's entry commits to: the same bytes, and exactly the pupils of its set.

    Exit code 6 where they are not; what is printed then names the step that failed.
    """
    _show(verify(files=files, proof=proof, policy=policy, now=int(time.time()), log=log))


def _show(verdict: ReleaseVerdict) -> None:
    what = {"output": "a released table", "sealed": "a sealed use", "lookup-batch": "a day of look-ups"}
    lines = [f"Entry {verdict.index} of {verdict.origin}: {what.get(verdict.type, 'a use')}, {verdict.at[:10]}."]
    if verdict.to:
        lines.append(f"Given to {verdict.to}." + (" It was logged late." if verdict.late else ""))
    if verdict.pupils is not None:
        lines.append(f"The set in the log holds exactly the {verdict.pupils:,} pupils found here.")
    lines.append(f"Files that agree, byte for byte: {', '.join(verdict.files) or 'none were to leave'}.")
    if not verdict.logged:
        lines.append("The receipt holds. The log itself was not read; give --log to do so.")
    if verdict.warning:
        lines.append(f"Warning: {verdict.warning}.")
    lines += ["ACCEPTED.", "What this cannot prove:", *(f"  - {limit}" for limit in verdict.limits)]
    typer.echo("\n".join(lines))
