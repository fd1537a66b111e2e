"""`rollbook demo`: plays the story on invented people, and shows their codes. Not under production settings."""

from pathlib import Path
from typing import Annotated

import typer

from rollbook.services.demo.folder import refuse_production
from rollbook.services.platform import config as settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="the demonstration's own folder, made anew each time", file_okay=False)]
DEFAULT = Path("var/demo")


@app.command()
def play(
    folder: Folder = DEFAULT,
    bind: Annotated[str, typer.Option(help="address and port to serve on")] = "127.0.0.1:8000",
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="serve the pages when the story has been checked")
    ] = True,
) -> None:
    """Play the story, check it, and serve it. Exit code 7 names what did not hold."""
    refuse_production(settings.load(process="owner"))
    from rollbook.services.demo import play as story

    story.play(folder.absolute(), bind, serve=serve)


@app.command()
def code(
    name: Annotated[str, typer.Argument(help="parent, researcher, panel, checker, …")], folder: Folder = DEFAULT
) -> None:
    """Show the current second-factor code of one of the demonstration's people."""
    refuse_production(settings.load(process="owner"))
    from rollbook.services.demo import play as story

    typer.echo(story.show_code(folder.absolute(), name))
