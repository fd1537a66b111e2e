"""Projects: `project open` for an approved request, `project member` for another researcher of the same organisation,
`project close` when the work is over.

An approval opens its project by itself once the job process runs; `open` is for when it did not.
"""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.command("open")
def open_project(request: Annotated[str, typer.Argument(help="reference of the approved request")]) -> None:
    """Make an approved request a project with a pseudonym key of its own. Safe to repeat."""
    from rollbook.services import projects
    from rollbook.services.actors import operator

    typer.echo(f"{projects.open_project(by=operator(), request_ref=request)} is open.")


@app.command("member")
def member(
    project: Annotated[str, typer.Argument(help="reference of the project")],
    account: Annotated[int, typer.Argument(help="number of the researcher's account")],
) -> None:
    """Let a researcher of the requesting organisation work in the project."""
    from rollbook.services import projects
    from rollbook.services.actors import operator

    projects.add_member(by=operator(), project_ref=project, account_id=account)
    typer.echo(f"Account {account} is a member of {project}.")


@app.command("close")
def close_project(project: Annotated[str, typer.Argument(help="reference of the project")]) -> None:
    """End a project for good and destroy its pseudonym key. What was released stays public."""
    from rollbook.services import projects
    from rollbook.services.actors import operator

    projects.close_project(by=operator(), project_ref=project)
    typer.echo(f"{project} is closed.")
