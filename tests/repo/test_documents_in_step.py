"""Documents say what the code does: commands, settings, decisions, the README."""

import re
from pathlib import Path

import pytest

from dev.documents import PAGES, leaves
from rollbook.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


@pytest.mark.parametrize("path", list(PAGES), ids=str)
def test_pages_written_from_code_are_in_step(path: Path) -> None:
    page = PAGES[path]()
    assert (ROOT / path).read_text() == page, "run `make fix`"


def test_no_command_takes_the_place_of_a_person() -> None:
    """A command acts as the operator: there is no way to say as whom."""
    import typer

    named = {
        option
        for name, entry in COMMANDS.items()
        for _, command in leaves(typer.main.get_command(entry.load()), (name,))
        for param in command.params
        for option in param.opts
    }
    assert named & {"--by", "--as", "--actor", "--person", "--session", "--second-factor"} == set()


def test_every_option_says_what_it_is_for() -> None:
    import typer

    silent = [
        " ".join((*words, *param.opts))
        for name, entry in COMMANDS.items()
        for words, command in leaves(typer.main.get_command(entry.load()), (name,))
        for param in command.params
        if param.param_type_name == "option" and not param.help and not param.hidden
    ]
    assert silent == []


def test_decisions_are_numbered_without_gap_or_double() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/adr").glob("[0-9]*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_readme_is_short_and_its_commands_exist() -> None:
    text = README.read_text()
    assert len(text.splitlines()) < 80
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"\brollbook ([a-z]+)", text)) <= set(COMMANDS)


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-peers.lock", "requirements-acro-0.4.12.lock", "package-lock.json"]
)
def test_lock_files_name_no_host(name: str) -> None:
    assert not re.search(r"https?://|\bindex-url\b|\bfind-links\b", (ROOT / name).read_text())


def test_make_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    wanted = {"demo", "serve", "test", "quick", "check", "fix", "bench", "migrations"}
    assert wanted <= set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
