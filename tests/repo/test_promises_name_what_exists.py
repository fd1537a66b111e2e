"""The page of promises: all ten are there, and every module and test it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security-properties.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "|---" not in line]


def named(cell: str) -> list[str]:
    return [word for word in re.findall(r"`([^`]+)`", cell) if word.endswith(".py") or "/" in word]


def test_every_promise_has_its_row_with_where_it_is_held_and_by_what_it_is_tried() -> None:
    promises = [re.match(r"\| \*\*(P\d+) ", line[0]) for line in ROWS]
    assert [found[1] for found in promises if found] == [f"P{number}" for number in range(1, 11)]
    for row in ROWS:
        if "held in" not in row[1]:
            assert named(row[1]), row[0]
            assert named(row[2]), row[0]


def test_every_module_named_exists() -> None:
    for row in ROWS:
        folder = Path()
        for name in named(row[1]) if "held in" not in row[1] else ():
            folder = Path(name).parent if "/" in name and name.endswith(".py") else folder
            places = {ROOT / "src/rollbook" / name, ROOT / "src/rollbook" / folder / name}
            assert any(place.exists() for place in places), name


def test_every_test_named_exists() -> None:
    for row in ROWS:
        folder = Path()
        for name in named(row[2]) if "held in" not in row[1] else ():
            folder = Path(name).parent if "/" in name and name.endswith(".py") else folder
            places = {ROOT / "tests" / name, ROOT / "tests" / folder / name}
            assert any(place.exists() for place in places), name
