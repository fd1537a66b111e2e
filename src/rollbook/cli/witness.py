"""`rollbook witness key|serve|show`: a witness of the log, run by a body other than the authority."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from rollbook.services.outside import witness
from rollbook.services.outside.witness_http import WitnessServer

app = typer.Typer(
    add_completion=False,
    help="Run a witness: it cosigns the log for as long as the log only grows.",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(help="the witness's own folder")]
Address = Annotated[str, typer.Option(help="address at which the log reaches this witness")]


@app.command()
def key(
    folder: Folder,
    name: Annotated[str, typer.Option(help="what it signs as: an address without the scheme")],
    address: Address = "https://ADDRESS",
) -> None:
    """Make the keys and the empty memory of a new witness, and print the lines that name it in a policy."""
    typer.echo(witness.policy_lines(witness.create(folder, name), address), nl=False)


@app.command()
def show(folder: Folder, address: Address = "https://ADDRESS") -> None:
    """Print the lines that name this witness in a policy."""
    typer.echo(witness.policy_lines(witness.open_keys(folder), address), nl=False)


@app.command()
def serve(
    folder: Folder,
    policy: Annotated[Path, typer.Option(help="file whose log lines say which logs, and by which keys")],
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on; 0 for any that is free")] = 7380,
) -> None:
    """Answer add-checkpoint requests until stopped."""
    served = witness.Witness(folder, witness.logs_of(policy.read_text("utf-8")))
    server = WitnessServer(served, host, port)
    typer.echo(f"{served.keys.name} witnesses at {server.address}")

    def on_signal(number: int, frame: FrameType | None) -> None:
        # `shutdown` waits for the loop that this signal interrupted.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    served.close()
