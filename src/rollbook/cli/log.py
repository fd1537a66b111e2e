"""`rollbook log …`: the public log, as the authority's own machine sees it."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from rollbook.cli.monitor import monitor
from rollbook.kernel.refusals import Reason, StateBroken, VerificationFailed
from rollbook.services.log import genesis, monitor_entry, reader, refused, restoring, writer
from rollbook.services.log.history import audit_published
from rollbook.services.log.trust import own_policy
from rollbook.services.log.witness_state import witness_state
from rollbook.services.platform.actors import operator

app = typer.Typer(
    add_completion=False, help="The public log: its head, an audit of it, its policy, its writer.", no_args_is_help=True
)

app.command()(monitor)
Refused = Annotated[str, typer.Argument(help="id of the entry, as `rollbook log head` shows it")]


def found(
    authority: Annotated[str, typer.Argument(help="name that the log's first entry says")],
) -> None:
    """Hand in the log's first entries: who keeps it, its policy, the key of this month. Safe to repeat."""
    genesis.found_log(authority)
    typer.echo("Handed in. They are public once the log's writer has run.")


def enter_report(
    report: Annotated[Path, typer.Argument(help="what `rollbook log monitor --json` wrote")],
    monitor: Annotated[str, typer.Option(help="who ran the monitor")],
) -> None:
    """Enter a monitor's report in the log it is about."""
    name = monitor_entry.log_report(by=operator(), monitor=monitor, report=report.read_bytes())
    typer.echo(f"Handed in as {name}. It is public once the log's writer has run.")


@app.command()
def head() -> None:
    """Show the published state of the log, and what waits or was refused."""
    shown = reader.head()
    if shown is None:
        typer.echo("Nothing has been published yet.")
    else:
        typer.echo(
            f"{shown.origin}: {shown.size} entries, root {shown.root}, signed {shown.signed_at:%Y-%m-%d %H:%M} UTC"
        )
        if shown.warning:
            typer.echo(f"Warning: {shown.warning}.")
    _show_witnesses()
    health = reader.health()
    since = f", the oldest since {health.oldest:%Y-%m-%d %H:%M} UTC" if health.oldest else ""
    typer.echo(f"{health.waiting} waiting{since}; {len(health.refused)} refused.")
    for one in health.refused:
        typer.echo(f"  refused {one.id} ({one.type}): {' '.join(one.reasons)}")


def _show_witnesses() -> None:
    state = witness_state()
    if not state.quorum:
        return
    typer.echo(f"Witnesses asked for: {state.quorum}.")
    for line in state.lines:
        signed = f"signed {line.signed_at:%Y-%m-%d %H:%M} UTC" if line.signed_at else f"missing: {line.fault}"
        typer.echo(f"  {line.name}: {signed}")
    if state.waits:
        typer.echo(f"{state.waits} entries are signed and wait for witnesses.")


@app.command()
def audit() -> None:
    """Read the served log as any client would: hash every entry and apply every rule."""
    log = audit_published()
    typer.echo(f"{log.checkpoint.body.origin}: {log.size} entries read, {len(log.faults)} faults.")
    if log.checkpoint.warning:
        typer.echo(f"Warning: {log.checkpoint.warning}.")
    if log.faults:
        raise VerificationFailed([Reason("log-fault", str(fault)) for fault in log.faults])


@app.command()
def policy() -> None:
    """Print the policy file that belongs into every verifier."""
    typer.echo(own_policy(), nl=False)


@app.command()
def again(entry: Refused) -> None:
    """Hand a refused entry in once more, where the cause has passed."""
    refused.hand_in_again(by=operator(), entry_id=entry)
    typer.echo("Handed in again. `rollbook log head` says whether the writer took it.")


@app.command("set-aside")
def set_aside(
    entry: Refused,
    ground: Annotated[str, typer.Argument(help=f"one of: {', '.join(refused.GROUNDS)}")],
    note: Annotated[str, typer.Option(help="what became of it, for the public; names no person")],
) -> None:
    """Give a refused entry up for good: a public paper in the log shows it whole and says why."""
    name = refused.set_aside(by=operator(), entry_id=entry, ground=ground, note=note)
    typer.echo(f"Set aside; the log tells of it in {name}.")


@app.command()
def restore(
    source: Annotated[str, typer.Argument(help="address or folder of a whole copy of this log")],
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="go on though entries have no deed in this database")
    ] = False,
) -> None:
    """Bring entries back from a copy, where this database is behind what the log has shown."""
    done = restoring.restore(source, accept_loss=accept_loss)
    typer.echo(f"{done.size_before} entries were recorded here, now {done.size}, as the copy has them.")
    if done.missing_documents:
        typer.echo(f"{done.missing_documents} documents are not in the copy; where they were removed, that is right.")
    for entry_id in done.lost:
        typer.echo(f"  no deed in this database: {entry_id}")


@app.command()
def write(once: Annotated[bool, typer.Option("--once", help="append what waits and stop")] = False) -> None:
    """Append what waits to the log, until stopped."""
    if once:
        typer.echo(f"{writer.append_waiting()} entries appended.")
        if reader.health().refused:
            mend = "See `rollbook log head`, then `rollbook log again` or `set-aside`."
            raise StateBroken(Reason("log-refused", "Entries were refused", mend=mend))
        return
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    writer.write_forever(stop)
