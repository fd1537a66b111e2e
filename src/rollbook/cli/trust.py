"""`rollbook trust new-keys|retire-keys|announce`: the keys the log signs with, and the policy it announces."""

import typer

from rollbook.services.log import key_change
from rollbook.services.platform.actors import operator

app = typer.Typer(
    add_completion=False, help="Change the keys the log signs with, announce its policy.", no_args_is_help=True
)


@app.command("new-keys")
def new_keys() -> None:
    """Make a second pair of keys, which signs beside the first, and announce both in the log."""
    announced = key_change.add_log_keys(by=operator())
    typer.echo(f"Two pairs of keys sign from now on; announced by {announced}. Release verifiers with the new policy,")
    typer.echo("`rollbook log policy`, and once they are out run `rollbook trust retire-keys`.")


@app.command("retire-keys")
def retire_keys() -> None:
    """Destroy the private keys of the older pair. What it signed goes on verifying."""
    key_change.retire_log_keys(by=operator())
    typer.echo("The older pair signs no more. Verifiers without the newer keys refuse the log from its next head on.")


@app.command()
def announce() -> None:
    """Announce in the log that the policy has changed, for example its witnesses."""
    announced = key_change.announce_policy(by=operator())
    typer.echo(f"Handed in as {announced}." if announced else "The log announces this policy already.")
