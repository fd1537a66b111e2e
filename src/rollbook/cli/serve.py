"""`rollbook serve` and the processes it is made of."""

import signal
import threading
from types import FrameType

import typer

from rollbook.services import config as settings


def serve() -> None:
    """Run the database, the web pages, the jobs and the log's writer until stopped."""
    from rollbook.cli.admin import run_self
    from rollbook.services import database, embedded, supervise

    config = settings.load(process="owner")
    started = database.prepare(config)
    supervisor = supervise.Supervisor(supervise.commands(config.bind))
    supervisor.stop_on_signals()
    try:
        run_self("migrate")
        supervisor.start()
        supervise.wait_until_answering(f"http://{config.bind}/", supervisor)
        typer.echo(f"Rollbook is at http://{config.bind}/")
        supervisor.watch()
    finally:
        supervisor.stop()
        if started:
            embedded.stop(config)


def jobs() -> None:
    """Do the jobs that deeds hand in, until stopped."""
    from rollbook.services import tasks

    tasks.run_worker()


def writer() -> None:
    """Append what waits to the public log, until stopped."""
    from rollbook.services.log.writer import write_forever

    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    write_forever(stop)
