"""What an operator does to an installation: set it up, migrate it, open accounts.

A command acts as the operator, never as a person.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.platform import config as settings
from rollbook.services.platform.processes import run_self

accounts = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


def setup(
    overseer: Annotated[
        Path | None,
        typer.Option(help="folder for the overseer's private key, to be handed over; needed the first time"),
    ] = None,
) -> None:
    """Make keys, database, roles and tables. Safe to repeat."""
    from rollbook.services.platform import database, keys
    from rollbook.services.platform.system_user import refuse_root

    config = settings.load(process="owner")
    refuse_root(config)
    keys.create(config, overseer)
    with database.running(config):
        database.prepare(config)
        run_self("migrate")


def migrate() -> None:
    """Bring the tables and grants to this version."""
    from rollbook.services.platform import database

    database.migrate()


@accounts.command("open")
def open_account(
    email: str,
    name: str,
    role: Annotated[str, typer.Argument(help="for example custodian, panel-member, output-checker")],
    school: Annotated[str | None, typer.Option(help="LAESTAB of the school, for a school data manager")] = None,
    organisation: Annotated[
        str | None, typer.Option(help="registered number of the organisation, for everybody who belongs to one")
    ] = None,
    holder: Annotated[
        str,
        typer.Option(help="staff or accreditation number, from the proof of who they are; one for each human being"),
    ] = "",
    namesake: Annotated[bool, typer.Option("--namesake", help="another human being has the same name")] = False,
) -> None:
    """Open an account; its password is asked for, or read from standard input."""
    from rollbook.services.accounts import accounts as deeds
    from rollbook.services.platform.actors import Role, operator
    from rollbook.services.projects import governance

    if role not in set(Role):
        mend = f"Use one of: {', '.join(one for one in Role if one not in deeds.NOT_OPENED_HERE)}."
        raise InputRefused(Reason("account-role", "There is no such role", role[:32], mend))
    body = governance.organisation_id(organisation) if organisation is not None else None
    password = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    number = deeds.open_account(
        by=operator(), email=email, name=name, role=Role(role), password=password,
        organisation_id=body, laestab=school, holder=holder, namesake=namesake,
    )  # fmt: skip
    typer.echo(f"Account {number} is open. Its second factor is set up at the first sign-in.")


@accounts.command("holder")
def record_holder(account: int, holder: str) -> None:
    """Say who is behind an account, where it was recorded wrongly: what two people must do is held to it."""
    from rollbook.services.accounts import accounts as deeds
    from rollbook.services.outputs.deeds_of_one import deeds_of_one
    from rollbook.services.platform.actors import operator

    deeds.record_holder(by=operator(), account_id=account, holder=holder)
    typer.echo(f"Account {account} is held by {deeds.plain_reference(holder)}.")
    if alone := deeds_of_one(account):
        typer.echo("One person did what takes two. Tell the data protection officer:")
        for deed in alone:
            typer.echo(f"  {deed}")


@accounts.command("close")
def close_account(account: int) -> None:
    """Let nobody sign in with an account any more."""
    from rollbook.services.accounts import accounts as deeds
    from rollbook.services.platform.actors import operator

    deeds.close_account(by=operator(), account_id=account)
    typer.echo(f"Account {account} is closed.")


@accounts.command("forget-second-factor")
def forget_second_factor(account: int) -> None:
    """Let a person who lost their authenticator set up a new one. Check who asks first."""
    from rollbook.services.accounts import accounts as deeds
    from rollbook.services.platform.actors import operator

    deeds.forget_second_factor(by=operator(), account_id=account)
    typer.echo(f"Account {account} sets up a new authenticator at its next sign-in.")
