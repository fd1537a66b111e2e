"""Papers and organisations, as the operator records them: `paper example|publish`, `organisation register|verify|…`."""

from pathlib import Path
from typing import Annotated

import typer

from rollbook.kernel.refusals import InputRefused, Reason

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
organisations = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="its number in the public register of such bodies")]


@app.command("example")
def example(
    kind: Annotated[str, typer.Argument(help="notice, assessment, agreement, rules or review")],
    collection: Annotated[str, typer.Option(help="the collection that notice or assessment is about")] = "sc-spr-2025",
) -> None:
    """Print a whole paper of a kind, to be saved, changed and published."""
    from rollbook.services.platform import clock
    from rollbook.services.projects import paper_forms

    typer.echo(paper_forms.example(kind, collection, clock.today()), nl=False)


@app.command("publish")
def publish(file: Annotated[Path, typer.Argument(help="the paper, as `paper example` prints one")]) -> None:
    """Publish a notice, assessment, agreement, rule set or review. It is public at once and can never be changed."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import paper_forms

    reference = paper_forms.publish_form(by=operator(), data=_bytes_of(file, paper_forms.LARGEST), name=file.name)
    typer.echo(f"{reference} is published: /register/papers/{reference}/. Its entry waits for the log's writer.")


def _bytes_of(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        why = error.strerror or "unknown"
        raise InputRefused(Reason("file", f"The file cannot be read: {why}", file.name, "Check the path.")) from None


@organisations.command("register")
def register(
    number: Number,
    name: str,
    sector: Annotated[str, typer.Argument(help="university, police-force and so on")],
) -> None:
    """Enter a body that may ask for data. It receives nothing until it is verified."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import governance

    governance.register_organisation(by=operator(), name=name, number=number, sector=sector)
    typer.echo(
        f"{number} is registered. Look it up in the public register, then: rollbook organisation verify {number}"
    )


@organisations.command("verify")
def verify(number: Number) -> None:
    """Record that name and number were found together in the public register today."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import governance

    governance.verify_organisation(by=operator(), number=number)
    typer.echo(f"{number} is verified.")


@organisations.command("rename")
def rename(number: Number, name: str) -> None:
    """Enter a body's new name. Every use by it stops until it is verified again."""
    from rollbook.services.platform.actors import operator
    from rollbook.services.projects import governance

    governance.rename_organisation(by=operator(), number=number, name=name)
    typer.echo(f"{number} has a new name. It receives nothing until: rollbook organisation verify {number}")


@organisations.command("list")
def list_organisations() -> None:
    """List the bodies that are registered, and whether each stands verified."""
    from rollbook.services.projects import governance

    for one in governance.organisations():
        typer.echo(f"{one.number}  {one.name}  ({one.sector})  {one.standing}")
