"""Writes what comes from code: commands, settings, census rules, diagrams. A test fails when they are out of step."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from dev.diagrams import DIAGRAMS
from dev.rules_page import rules_page
from rollbook.cli.main import COMMANDS
from rollbook.services.platform.config import SETTINGS

COMMANDS_PAGE = Path("docs/how-to/commands.md")
SETTINGS_PAGE = Path("docs/how-to/settings.md")
RULES_PAGE = Path("docs/spec/census-rules.md")
MARK = "<!-- Written by `make fix` from the code; change it there. -->"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# Commands",
        "",
        MARK,
        "",
        "Exit codes: 0 done, 1 unforeseen fault, 2 wrong usage, 3 input refused, 4 use refused,",
    ]
    lines += ["5 access denied, 6 verification failed, 7 state broken, 8 limit breached, 9 set-up failed.", ""]
    for name, entry in COMMANDS.items():
        lines += [f"## rollbook {name}", "", entry.help, ""]
        for words, command in leaves(typer.main.get_command(entry.load()), ("rollbook", name)):
            lines += _command(words, command)
    return "\n".join(lines).rstrip() + "\n"


def leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, with the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name in sorted(below):
        yield from leaves(below[name], (*words, name))


def _command(words: tuple[str, ...], command: Any) -> list[str]:
    params = [param for param in command.params if param.name != "help" and not getattr(param, "hidden", False)]
    arguments = " ".join(_as_argument(param) for param in params if param.param_type_name == "argument")
    lines = [f"`{' '.join(words)}{' ' + arguments if arguments else ''}`", "", _first_paragraph(command.help or ""), ""]
    options = [param for param in params if param.param_type_name == "option"]
    if options:
        lines += ["| option | meaning |", "|---|---|"]
        lines += [f"| `{', '.join(option.opts)}` | {_sentence(option.help)} |" for option in options]
        lines.append("")
    return lines


def _as_argument(param: Any) -> str:
    shown = str(param.metavar or param.name).upper()
    shown = f"{shown}..." if param.nargs == -1 else shown
    return shown if param.required else f"[{shown}]"


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "/")


def settings_page() -> str:
    """Every setting with what it is for."""
    lines = ["# Settings", "", MARK, "", "All are read from the environment, once, when a process starts.", ""]
    lines += ["| setting | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in SETTINGS.items()]
    return "\n".join(lines) + "\n"


PAGES: Mapping[Path, Callable[[], str]] = {
    COMMANDS_PAGE: commands_page,
    SETTINGS_PAGE: settings_page,
    RULES_PAGE: lambda: rules_page(MARK),
    **DIAGRAMS,
}


def main() -> None:
    """Write the pages."""
    from rollbook.services.platform.start import start_django

    start_django("operator")
    for path, page in PAGES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page())


if __name__ == "__main__":
    main()
