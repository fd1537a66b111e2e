"""Puts the shared modules into the wheel and the source archive: the ones named in pyproject.toml, unchanged."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SharedModules(BuildHookInterface):  # type: ignore[type-arg]
    """In the repository the modules stand in ../src; in an unpacked source archive beside this file."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name every shared file and its place in the archive."""
        here = Path(self.root)
        source = next(path for path in (here / "src/rollbook", here.parent / "src/rollbook") if path.is_dir())
        place = "src/rollbook" if self.target_name == "sdist" else "rollbook"
        for room in ("kernel", "tlog"):
            for name in self.config[room]:
                build_data["force_include"][str(source / room / f"{name}.py")] = f"{place}/{room}/{name}.py"
