"""Runs our own lints over the files git knows: `python -m dev.lint`."""

import subprocess
import sys
from pathlib import Path, PurePosixPath

from dev.lint.rules import findings


def main() -> int:
    """Print each finding; 1 when there is any."""
    listed = subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True, check=True).stdout.split()
    count = 0
    for name in listed:
        if not Path(name).exists():
            continue
        for line, message in findings(PurePosixPath(name), Path(name).read_text()):
            print(f"{name}:{line}: {message}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
