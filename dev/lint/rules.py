"""What import-linter cannot see: names used, code in package init files, files and settings touched on the pure floors.

Each rule takes a path relative to the repository and the parsed module, and yields (line, message).
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

Finding = tuple[int, str]
Rule = Callable[[PurePosixPath, ast.Module], Iterator[Finding]]

SURFACES = ("web", "cli")
PURE = ("kernel", "policy", "rights", "sdc", "tlog")
QUERY_NAMES = frozenset({"objects", "_default_manager", "_meta"})
FILE_METHODS = frozenset(
    {"write_text", "write_bytes", "read_text", "read_bytes", "unlink", "mkdir", "rmdir", "touch", "rename", "iterdir"}
)
CLOCK_CALLS = frozenset({"now", "today", "utcnow", "time", "monotonic"})
CLOCK_OWNERS = frozenset({"datetime", "date", "time"})


def surfaces_ask_no_database(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Pages and commands call services; they hold no query."""
    if room(path) not in SURFACES:
        return
    for line, module in _imports(tree):
        if module == "django.db" or module.startswith("django.db."):
            yield line, "no django.db here: call a function of services"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in QUERY_NAMES:
            yield node.lineno, f"no .{node.attr} here: call a function of services"
        if isinstance(node, ast.Name | ast.alias) and "QuerySet" in _name(node):
            yield node.lineno, "no QuerySet here: services give frozen values"


def init_files_are_empty(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Code in a package's init file runs for every module below it."""
    if path.name == "__init__.py" and path.parts[0] == "src" and tree.body:
        yield tree.body[0].lineno, "a package init file is empty"


def pure_floors_touch_nothing(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Floors 0 and 1 open no file, read no setting and no clock."""
    if room(path) not in PURE:
        return
    for line, module in _imports(tree):
        if module.split(".")[0] in {"os", "pathlib", "shutil", "tempfile", "time"}:
            yield line, f"no {module} on a pure floor: bytes and times are arguments"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield node.lineno, "no open() on a pure floor"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _method_on_pure_floor(node, node.func)


def _method_on_pure_floor(call: ast.Call, method: ast.Attribute) -> Iterator[Finding]:
    if method.attr in FILE_METHODS:
        yield call.lineno, f"no .{method.attr}() on a pure floor"
    if method.attr in CLOCK_CALLS and isinstance(method.value, ast.Name) and method.value.id in CLOCK_OWNERS:
        yield call.lineno, "no clock on a pure floor: times are arguments"


def only_config_reads_the_environment(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Settings are read in one place, so that one page can list them. `start` names the settings module for Django."""
    # A study's process reads the empty environment it was given; it is no part of the installation's settings.
    if path.parts[0] != "src" or path.name in {"config.py", "start.py"} or "inside" in path.parts:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and _name(node.value) == "os":
            yield node.lineno, "only services/platform/config.py reads the environment"


def only_clock_tells_the_time(path: PurePosixPath, tree: ast.Module) -> Iterator[Finding]:
    """Deeds take the time from one module, where tests hold it still."""
    if path.parts[:3] != ("src", "rollbook", "services") or path.name == "clock.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = _name(node.func.value)
            if (owner, node.func.attr) in {("datetime", "now"), ("date", "today"), ("timezone", "now")}:
                yield node.lineno, "ask services.platform.clock for the time"


RULES: tuple[Rule, ...] = (
    surfaces_ask_no_database,
    init_files_are_empty,
    pure_floors_touch_nothing,
    only_config_reads_the_environment,
    only_clock_tells_the_time,
)


def findings(path: PurePosixPath, source: str) -> Iterator[Finding]:
    """What every rule says about one file."""
    tree = ast.parse(source)
    for rule in RULES:
        yield from rule(path, tree)


def room(path: PurePosixPath) -> str:
    """The room a file stands in: `web` for src/rollbook/web/urls.py."""
    parts = path.parts
    return parts[2] if parts[:2] == ("src", "rollbook") and len(parts) > 3 else ""


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Each imported name in full, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.name if isinstance(node, ast.alias) else ""
