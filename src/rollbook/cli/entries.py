"""`rollbook entry` and `rollbook lookups`: what an operator tells the log after the fact.

Numbers of pupils are read from a file, one a line: on the command line they would stay in the shell's history.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.platform.actors import operator
from rollbook.services.uses import certificates, corrections, reported_uses
from rollbook.services.uses import totals as period

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])]
Index = Annotated[int, typer.Argument(help="number of the entry in the public log")]
Pupils = Annotated[Path, typer.Argument(help="file of identifiers, upn:… or uln:…, one a line", exists=True)]
Account = Annotated[str, typer.Argument(help="name of the account in the log")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
lookups = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command()
def correct(
    entry: Index,
    change: Annotated[str, typer.Argument(help='the fields that change, as JSON: {"title":"…"}')],
    reason: Annotated[str, typer.Option(help=f"one of: {', '.join(corrections.REASONS)}")],
    note: Annotated[str, typer.Option(help="a text for the register; names no person")] = "",
) -> None:
    """Correct fields of an entry by a new one. What a use rests on cannot be corrected."""
    try:
        fields = json.loads(change)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise InputRefused(Reason("change", "The change is not an object in JSON", mend='For example {"title":"…"}.'))
    name = corrections.correct(by=operator(), index=entry, change=fields, reason=reason, note=note)
    typer.echo(f"Handed in as {name}.")


@app.command()
def certify(
    entry: Index,
    on: Day,
    certificate: Annotated[Path, typer.Argument(help="text of the certificate", exists=True)],
    method: Annotated[str, typer.Option(help=f"one of: {', '.join(certificates.METHODS)}")],
) -> None:
    """Record that the data of a use was destroyed."""
    text = certificate.read_text(encoding="utf-8")
    name = certificates.certify(by=operator(), index=entry, on=on.date(), method=method, certificate=text)
    typer.echo(f"Handed in as {name}.")


@app.command()
def late(
    released: Day,
    pupils: Pupils,
    reason: Annotated[str, typer.Option(help=f"one of: {', '.join(reported_uses.LATE)}")],
    organisation: Annotated[str, typer.Option(help="registered number of who received it")],
    power: Annotated[str, typer.Option(help="code of the legal power")],
    items: Annotated[str, typer.Option(help="codes of the items, with commas")],
) -> None:
    """Log a release that happened before its entry. It is counted in public as late."""
    name = reported_uses.log_late(
        by=operator(), released=released.date(), reason=reason, organisation=organisation, power=power,
        items=items.split(","), pupil_ids=_identifiers(pupils),
    )  # fmt: skip
    typer.echo(f"Handed in as {name}.")


@app.command()
def totals(
    first: Day, last: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="last day, both included")]
) -> None:
    """Count a period that is over and enter its exact numbers; none is typed."""
    typer.echo(f"Handed in as {period.enter_totals(by=operator(), first=first.date(), last=last.date())}.")


@lookups.command("open")
def open_account(
    request: Annotated[str, typer.Argument(help="reference of the approved request")], account: Account, opens: Day
) -> None:
    """Open an account; nothing may be looked up before its entry is public."""
    reported_uses.open_account(by=operator(), request_ref=request, reference=account, opens=opens.date())
    typer.echo(f"{account} is handed in. It may be used once its entry is public.")


@lookups.command()
def answer(account: Account, pupils: Pupils) -> None:
    """Print what goes with today's answers: the day's id, then each pupil's reference, in the order of the file."""
    did, found = reported_uses.references(by=operator(), account=account, pupil_ids=_identifiers(pupils))
    typer.echo("\n".join([did, *found]))


@lookups.command()
def report(account: Account, day: Day, pupils: Pupils) -> None:
    """Enter everybody an account looked up on a day, at the latest on the next."""
    identifiers = _identifiers(pupils)
    name = reported_uses.report_day(by=operator(), account=account, day=day.date(), pupil_ids=identifiers)
    typer.echo(f"Handed in as {name}.")


@lookups.command("close")
def close_account(account: Account) -> None:
    """Close an account."""
    reported_uses.close_account(by=operator(), account=account)
    typer.echo(f"{account} is closed.")


def _identifiers(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
