"""Runs another command of Rollbook: one process is started for one role of the database."""

import subprocess
import sys

from rollbook.kernel.refusals import Reason, SetupFailed


def run_self(*arguments: str) -> None:
    """Run a command in a process of its own.

    Raises:
        SetupFailed: it ended with an error, which it has already printed.
    """
    done = subprocess.run([sys.executable, "-m", "rollbook.cli.main", *arguments], check=False)
    if done.returncode:
        raise SetupFailed(Reason("setup", f"`rollbook {' '.join(arguments)}` failed with {done.returncode}"))
