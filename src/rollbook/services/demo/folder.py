"""The demonstration's own folder: made anew each time, never anyone else's."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from rollbook.kernel.refusals import Reason, SetupFailed
from rollbook.services.platform import embedded
from rollbook.services.platform.config import Config

MARKER = ".made-by-rollbook-demo"
SERVER = "server.pid"


def refuse_production(config: Config) -> None:
    """The demonstration and its accounts do not exist under production settings."""
    if config.production:
        raise SetupFailed(
            Reason("production", "There is no demonstration in production", mend="Unset ROLLBOOK_PRODUCTION.")
        )


def recreate(folder: Path, config: Config) -> None:
    """Empty the demonstration's folder, stopping what an earlier one started.

    Raises:
        SetupFailed: when the folder holds something and not the marker of a demonstration.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).is_file():
            mend = "Name an empty folder, or one that a demonstration made."
            raise SetupFailed(
                Reason("demo-folder", "This folder was not made by a demonstration", where=str(folder), mend=mend)
            )
        stop_server(folder)
        embedded.remove(config)
        if config.home != config.data:
            shutil.rmtree(config.home, ignore_errors=True)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("This folder belongs to `make demo`, which deletes it whole.\n")


def remember_server(folder: Path, pid: int) -> None:
    """Note the process that serves, so that the next demonstration can stop it."""
    (folder / SERVER).write_text(str(pid))


def forget_server(folder: Path) -> None:
    """The server has ended by itself."""
    (folder / SERVER).unlink(missing_ok=True)


def stop_server(folder: Path) -> None:
    """Stop the server an earlier demonstration started, if it still runs and is ours."""
    note = folder / SERVER
    if not note.is_file() or not (text := note.read_text().strip()).isdigit():
        return
    pid = int(text)
    if not _is_rollbook(pid):
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)


def _is_rollbook(pid: int) -> bool:
    """A number may have been given to another program since: only a process that runs Rollbook is stopped."""
    with suppress(OSError):
        return b"rollbook" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
