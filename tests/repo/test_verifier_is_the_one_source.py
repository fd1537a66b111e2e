"""The verifier that strangers install takes exactly the modules it needs from here, and has no copy of any."""

import ast
import re
import tomllib
from pathlib import Path

from rollbook.tlog.steps import as_data

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "verifier"


def imported(path: Path) -> set[str]:
    """The modules of Rollbook that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if file_of(name).is_file()}


def file_of(module: str) -> Path:
    return ROOT / "src" / f"{module.replace('.', '/')}.py" if module.startswith("rollbook.") else Path("none")


def test_the_build_names_what_the_program_needs_and_nothing_else() -> None:
    hook = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["hooks"]["custom"]
    named = {f"rollbook.{room}.{name}" for room in ("kernel", "tlog") for name in hook[room] if name != "__init__"}
    waiting, needed = list((PACKAGE / "rollbook_verify").glob("*.py")), set[str]()
    for path in waiting:
        for module in imported(path) - needed:
            needed.add(module)
            waiting.append(file_of(module))
    assert named == needed


def test_nothing_of_the_rules_is_copied() -> None:
    assert {path.name for path in PACKAGE.rglob("*.py")} == {
        "__init__.py", "command.py", "sources.py", "shared.py", "test_published_examples.py",
    }  # fmt: skip


def codes(pattern: str, *paths: Path) -> set[str]:
    return {code for path in paths for code in re.findall(pattern, path.read_text())}


def test_every_refusal_belongs_to_a_step() -> None:
    rooms = ("notes", "checkpoint", "trust", "tiles", "reading", "bundle", "vrf", "trie_proof", "log_copy")
    modules = [ROOT / f"src/rollbook/tlog/{name}.py" for name in rooms]
    sources = [*modules, PACKAGE / "rollbook_verify/sources.py", ROOT / "src/rollbook/services/outside/verify.py"]
    steps = as_data()
    known = {*steps["log"], *steps["bundle"]}
    # Said beside another reason, never alone.
    assert codes(r'Reason\(\s*"([a-z-]+)"', *sources) - known == {"evidence"}
    assert codes(r'new Refused\(\s*"([a-z-]+)"', *(PACKAGE / "browser").glob("*.js")) - known == {"canonical-json"}
    assert {*steps["log"].values(), *steps["bundle"].values(), "nothing-missing"} == {*steps["steps"]}
