"""Runs the processes of an installation side by side, and stops them together.

Each signs in to the database as its own role. A process that ends is started again, after a pause that grows; one that
keeps ending within ten minutes stops everything, so that an outage is seen rather than served around. What happened
longer ago is forgotten: a process that dies once in a while over months does not use its restarts up.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from rollbook.kernel.refusals import Reason, SetupFailed, StateBroken

# So many within so long; the first at once, each later one after twice the pause.
MOST_RESTARTS = 4
SECONDS_REMEMBERED = 600.0
FIRST_PAUSE = 1.0
SECONDS_TO_STOP = 15.0
SECONDS_TO_START = 60.0
BETWEEN_LOOKS = 0.2


@dataclass
class Supervisor:
    """The processes to keep running: a name and a command for each."""

    commands: Mapping[str, Sequence[str]]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ends: dict[str, list[float]] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    asked_to_stop: bool = False
    now: Callable[[], float] = time.monotonic

    def start(self) -> None:
        """Start every process."""
        for name in self.commands:
            self._start(name)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep them running until a signal to stop, or until `until` says so.

        Raises:
            StateBroken: a process ended more often than it may.
        """
        while not self.asked_to_stop and not until():
            self.look()
            time.sleep(BETWEEN_LOOKS)

    def look(self) -> None:
        """Start again what has ended, once its pause is over.

        Raises:
            StateBroken: code `process-ends`.
        """
        for name, process in list(self.running.items()):
            code = process.poll()
            if code is None:
                continue
            if name not in self.due:
                self.due[name] = self.now() + self._pause(name, code)
            if self.now() >= self.due[name]:
                del self.due[name]
                self._start(name)

    def stop(self) -> None:
        """Ask every process to end, wait, and end by force those that do not."""
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop_on_signals(self) -> None:
        """Let SIGTERM and SIGINT end `watch`."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _start(self, name: str) -> None:
        # A session of its own: an interrupt at the terminal reaches the supervisor alone, which stops them in order.
        self.running[name] = subprocess.Popen(self.commands[name], stdin=subprocess.DEVNULL, start_new_session=True)

    def _pause(self, name: str, code: int) -> float:
        """Note that a process has ended; gives the seconds to wait before it is started again."""
        now = self.now()
        self.ends[name] = [then for then in self.ends.get(name, []) if now - then < SECONDS_REMEMBERED] + [now]
        many = len(self.ends[name])
        if many > MOST_RESTARTS:
            raise StateBroken(Reason("process-ends", f"The {name} process keeps ending (with {code})"))
        return FIRST_PAUSE * 2 ** (many - 2) if many > 1 else 0.0


def commands(bind: str) -> dict[str, list[str]]:
    """The processes of an installation: web server, job process, log writer."""
    host, _, port = bind.rpartition(":")
    this = [sys.executable, "-m", "rollbook.cli.main"]
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", port, "--workers", "1",
        "--blocking-threads", str(max(4, os.cpu_count() or 1)), "--no-ws", "--log-level", "warning",
        "rollbook.web.wsgi:application",
    ]  # fmt: skip
    return {"web": web, "jobs": [*this, "jobs"], "log writer": [*this, "log", "write"]}


def refuse_taken(bind: str) -> None:
    """Refuse an address where another program listens: its pages would be taken for ours.

    Raises:
        SetupFailed: the address cannot be had.
    """
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            message = f"The web server cannot listen there: {error.strerror}"
            mend = "Stop the program that listens there, or choose another address with --bind or ROLLBOOK_BIND."
            raise SetupFailed(Reason("web-server", message, where=bind, mend=mend)) from error


def answers(address: str) -> bool:
    """Whether a page comes from `address`."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own address
            return int(answer.status) < 500
    except (urllib.error.URLError, OSError):
        return False


def wait_until_answering(address: str, supervisor: Supervisor) -> None:
    """Wait for the first page.

    Raises:
        SetupFailed: none came in time.
    """
    deadline = time.monotonic() + SECONDS_TO_START
    supervisor.watch(until=lambda: answers(address) or time.monotonic() > deadline)
    if not supervisor.asked_to_stop and not answers(address):
        mend = "Is another program listening there? Set ROLLBOOK_BIND."
        raise SetupFailed(Reason("web-server", "The web server does not answer", where=address, mend=mend))
