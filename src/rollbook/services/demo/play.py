"""The order of the story, and what is said when it ends."""

import json
from pathlib import Path

from rich.console import Console

from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.demo.cast import OTHER_PARENT, PARENT, PASSWORD, STAFF, STRANGER
from rollbook.services.demo.narrator import Narrator
from rollbook.services.demo.one_time_code import code_now
from rollbook.services.demo.stage import SECRETS, Stage, curtain
from rollbook.services.platform.start import start_django


def play(folder: Path, bind: str, *, serve: bool) -> None:
    """Play the whole story, check it, and serve it until stopped (`serve`).

    Raises:
        SetupFailed: the folder is not the demonstration's, or something is missing.
        StateBroken: code `demo-check` or `demo-wait`, naming what did not hold.
    """
    narrator = Narrator()
    with curtain(folder, bind, narrator) as (stage, supervisor):
        start_django("operator")
        # Only now: the chapters call deeds, whose models need Django.
        from rollbook.services.demo.chapters import tell

        tell(stage)
        took = narrator.elapsed()
        narrator.console.print(
            f"[bold]The story holds:[/bold] {narrator.checks} checks in {took:.0f} s.", highlight=False
        )
        if serve:
            _introduce(narrator.console, stage)
            supervisor.stop_on_signals()
            supervisor.watch()


def show_code(folder: Path, name: str) -> str:
    """One line with a person's current second-factor code.

    Raises:
        InputRefused: nobody of the demonstration has this name.
    """
    path = folder / SECRETS
    secrets: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    if name not in secrets:
        mend = f"Use one of: {', '.join(sorted(secrets))}." if secrets else "Run `make demo` first."
        raise InputRefused(Reason("demo-person", "Nobody in the demonstration has this name", mend=mend))
    code, seconds = code_now(secrets[name])
    return f"{code}  (for {seconds} s more)"


def _introduce(console: Console, stage: Stage) -> None:
    for member in (PARENT, *STAFF):
        role = member.role.value.replace("-", " ")
        console.print(f"  {member.key:<17}{member.email:<37}{member.name}, {role}", highlight=False, soft_wrap=True)
    console.print(f"Everyone's password: {PASSWORD}", highlight=False)
    console.print(
        "Second factor: [bold].venv/bin/rollbook demo code NAME[/bold], for example: code parent", highlight=False
    )
    console.print(f"Sign in at {stage.link('/account/sign-in/')}  (Ctrl-C ends it)", highlight=False)
    names = f"{OTHER_PARENT.name} and {STRANGER.name}"
    console.print(f"{names} have no account: the code gave them nothing.", highlight=False, soft_wrap=True)
