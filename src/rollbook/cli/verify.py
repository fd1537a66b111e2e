"""`rollbook verify BUNDLE... --log ADDRESS_OR_FOLDER --policy FILE`: check a pupil's bundles on your own machine.

The identifier is asked for or read from a file: on the command line it would stay in the shell's history.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rollbook.services.verify import (
    BundleReport,
    Verdict,
    default_state,
    parse_identifier,
    read_identifier,
    verify_bundles,
)

app = typer.Typer(add_completion=False, help="Verify a pupil's bundles against the public log.")
# Answers go to standard output and wrap nowhere, so that they can be searched and kept.
_console = Console(highlight=False, soft_wrap=True)


@app.command()
def verify(
    bundles: Annotated[list[Path], typer.Argument(help="bundle files, one for each month")],
    log: Annotated[str, typer.Option(help="address of the log (https://…/log), or a folder with its files")],
    policy: Annotated[Path, typer.Option(help="policy file that came with this program")],
    identifier_file: Annotated[Path | None, typer.Option(help="file with the pupil's UPN or ULN, else asked")] = None,
    state: Annotated[Path | None, typer.Option(help="file that keeps the last state of the log seen here")] = None,
) -> None:
    """Say, for every use of the bundles' months, whether the pupil's record was in it, and whether that is all."""
    prompted = "The pupil's UPN or ULN"
    pupil_id = read_identifier(identifier_file) if identifier_file else parse_identifier(typer.prompt(prompted))
    verdict = verify_bundles(
        bundles=bundles,
        pupil_id=pupil_id,
        log=log,
        policy=policy,
        now=int(time.time()),
        state=state or default_state(policy),
    )
    _show(verdict)
    verdict.require_sound()


def _show(verdict: Verdict) -> None:
    signed = datetime.fromtimestamp(verdict.signed_at, UTC).strftime("%d %B %Y, %H:%M UTC")
    _print(f"The log {verdict.origin} has {verdict.size:,} entries, signed {signed}.")
    if verdict.faults:
        _print("The log BREAKS ITS OWN RULES:")
    else:
        _print("Every entry was read, hashed and checked against the rules: no fault.")
    for fault in verdict.faults:
        _print(f"  {fault}")
    if verdict.unverifiable:
        _print(f"Cannot verify these entries: {', '.join(map(str, verdict.unverifiable))}. Get a newer verifier.")
    for report in verdict.bundles:
        _print("")
        _show_bundle(report)
    if verdict.unchecked:
        _print(f"\nNot checked, because no bundle was given: {', '.join(verdict.unchecked)}.")
    if verdict.warning:
        _print(f"\nWarning: {verdict.warning}.")
    _print("\nWhat this cannot prove:")
    for limit in verdict.limits:
        _print(f"  - {limit}")


def _show_bundle(report: BundleReport) -> None:
    if report.refused:
        _print(f"{report.name}: INVALID. It proves nothing.")
        for reason in report.refused:
            _print(f"  {reason.sentence()}")
        return
    _print(f"{report.name}, {report.epoch}: {_word(report)}.")
    for line in report.lines:
        _print(f"  Entry {line.index}, {line.at[:10]}: {line.what}.")
        _print(f"    {line.answer}")


def _word(report: BundleReport) -> str:
    if report.complete:
        return "COMPLETE: every use of the month is answered"
    if report.unanswered:
        return f"INCOMPLETE: {report.unanswered} uses have no answer"
    return "NOT COMPLETE: the log has entries this program cannot read"


def _print(text: str) -> None:
    _console.print(text, markup=False)
