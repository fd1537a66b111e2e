"""`rollbook serve` and the processes it is made of."""

import typer

from rollbook.services.platform import config as settings


def serve() -> None:
    """Run the database, the web pages, the jobs and the log's writer until stopped."""
    from rollbook.services.platform import database, supervise
    from rollbook.services.platform.processes import run_self
    from rollbook.services.platform.system_user import refuse_root

    config = settings.load(process="owner")
    refuse_root(config)
    supervise.refuse_taken(config.bind)
    with database.running(config):
        database.prepare(config)
        run_self("migrate")
        supervisor = supervise.Supervisor(supervise.commands(config.bind))
        supervisor.stop_on_signals()
        try:
            supervisor.start()
            supervise.wait_until_answering(f"http://{config.bind}/", supervisor)
            typer.echo(f"Rollbook is at http://{config.bind}/")
            supervisor.watch()
        finally:
            supervisor.stop()


def jobs() -> None:
    """Do the jobs that deeds hand in, until stopped."""
    from rollbook.services.work import tasks

    tasks.run_worker()
