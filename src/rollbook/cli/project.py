"""Projects: `project open` for an approved request, `project member` for another researcher of the same organisation,
`project close` when the work is over. `project accredit`, `train`, `site` and `device` record who may work, and where.

An approval opens its project by itself once the job process runs; `open` is for when it did not.
"""

from datetime import datetime
from typing import Annotated

import typer

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])]
AccountNumber = Annotated[int, typer.Argument(help="number of the researcher's account")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command("open")
def open_project(request: Annotated[str, typer.Argument(help="reference of the approved request")]) -> None:
    """Make an approved request a project with a pseudonym key of its own. Safe to repeat."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import projects

    typer.echo(f"{projects.open_project(by=operator(), request_ref=request)} is open.")


@app.command("member")
def member(
    project: Annotated[str, typer.Argument(help="reference of the project")],
    account: Annotated[int, typer.Argument(help="number of the researcher's account")],
) -> None:
    """Let a researcher of the requesting organisation work in the project."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import projects

    projects.add_member(by=operator(), project_ref=project, account_id=account)
    typer.echo(f"Account {account} is a member of {project}.")


@app.command("remove-member")
def remove_member(
    project: Annotated[str, typer.Argument(help="reference of the project")],
    account: Annotated[int, typer.Argument(help="number of the researcher's account")],
) -> None:
    """Take a researcher off a project, at once."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import projects

    projects.remove_member(by=operator(), project_ref=project, account_id=account)
    typer.echo(f"Account {account} is no member of {project} any more.")


@app.command("close")
def close_project(project: Annotated[str, typer.Argument(help="reference of the project")]) -> None:
    """End a project for good and destroy its pseudonym key. What was released stays public."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import projects

    projects.close_project(by=operator(), project_ref=project)
    typer.echo(f"{project} is closed.")


@app.command("accredit")
def accredit(
    account: AccountNumber,
    starts: Day,
    expires: Day,
    scheme: Annotated[str, typer.Option(help="who accredits")] = "accredited-researcher",
    kind: Annotated[str, typer.Option(help="full or provisional")] = "full",
) -> None:
    """Record a researcher's accreditation, first and last day included."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_people

    safe_people.record_accreditation(
        by=operator(), account_id=account, scheme=scheme, kind=kind, starts=starts.date(), expires=expires.date()
    )
    typer.echo(f"Account {account} is accredited until {expires.date()}.")


@app.command("withdraw")
def withdraw(account: AccountNumber) -> None:
    """Withdraw a researcher's accreditation, at once."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_people

    safe_people.end_accreditation(by=operator(), account_id=account)
    typer.echo(f"Account {account} is not accredited any more.")


@app.command("train")
def train(account: AccountNumber, course: str, passed_on: Day, expires: Day) -> None:
    """Record a course a researcher passed, and the last day on which it counts."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_people

    safe_people.record_training(
        by=operator(), account_id=account, course=course, passed_on=passed_on.date(), expires=expires.date()
    )
    typer.echo(f"The training of account {account} counts until {expires.date()}.")


@app.command("site")
def site(
    organisation: Annotated[str, typer.Argument(help="the organisation's public register number")],
    name: str,
    starts: Day,
    expires: Day,
    asks: Annotated[str, typer.Option(help="network, device or both")] = "network",
    network: Annotated[list[str], typer.Option(help="a range such as 192.0.2.0/24; may be repeated")] = [],  # noqa: B006
) -> None:
    """Accredit a place from which the organisation's researchers may work."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_places

    number = safe_places.accredit_site(
        by=operator(), organisation=organisation, name=name, asks=asks, networks=network, starts=starts.date(),
        expires=expires.date(),
    )  # fmt: skip
    typer.echo(f"Site {number} is accredited until {expires.date()}.")


@app.command("end-site")
def end_site(site: int) -> None:
    """Let nobody work from a site any more."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_places

    safe_places.end_site(by=operator(), site_id=site)
    typer.echo(f"Site {site} has ended.")


@app.command("device")
def device(site: int, label: str, expires: Day) -> None:
    """Let one more machine be registered at a site; prints the code to type into it, which works once."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_places

    typer.echo(safe_places.accredit_device(by=operator(), site_id=site, label=label, expires=expires.date()))


@app.command("end-device")
def end_device(device: int) -> None:
    """Let a lost machine's key open nothing any more."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import safe_places

    safe_places.end_device(by=operator(), device_id=device)
    typer.echo(f"Device {device} has ended.")
