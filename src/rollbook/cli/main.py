"""`rollbook`: finds the command, starts no more than it needs, and turns a refusal into words and an exit code.

A command's module is imported only when it is asked for, after Django has been started for the process it names;
`check`, `study` and `verify` name none and run where Django is not installed.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import NoReturn

import typer
from rich.console import Console

from rollbook.kernel.refusals import RollbookError
from rollbook.services.platform.config import Process

UNFORESEEN = 1


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command stands, as module:function or module:Typer app, and the process Django is started for."""

    target: str
    help: str
    process: Process | None = None

    def start(self) -> None:
        """Start Django, where the command needs it."""
        if self.process:
            from rollbook.services.platform.start import start_django

            start_django(self.process)

    def load(self) -> typer.Typer:
        """The command itself, ready to be called with its arguments."""
        module, _, name = self.target.partition(":")
        found: typer.Typer | Callable[..., None] = getattr(import_module(f"rollbook.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            return found
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command()(found)
        return app


COMMANDS: Mapping[str, Command] = {
    "check": Command("check:app", "Check school census returns on this machine, with the authority's own rules."),
    "generate": Command("generate:app", "Write invented returns to try the system with."),
    "study": Command("study:app", "Start a study, make dummy data for it, run it on this machine."),
    "replay": Command("replay:replay", "Judge a released table again, from its record and figures."),
    "verify": Command("verify:app", "Verify a proof bundle against the public log."),
    "verify-release": Command("verify_release:app", "Hold released files against the public log."),
    "ingest": Command("ingest:app", "Receive schools' returns.", "operator"),
    "check-landed": Command(
        "landed:check_landed", "Run today's rules over every return of a collection that was taken.", "operator"
    ),
    "reconcile": Command("ingest:reconcile", "Compare a collection's counts: files, study tables, people.", "operator"),
    "recover": Command("ingest:recover", "Undo what a killed process left half done.", "operator"),
    "collection": Command("ingest:collection", "Open a collection, count its returns in the log.", "operator"),
    "school": Command("ingest:register_school", "Register a school that sends returns.", "operator"),
    "organisation": Command("paper:organisations", "Register and verify bodies that may ask for data.", "operator"),
    "paper": Command("paper:app", "Publish notices, assessments, agreements and rules.", "operator"),
    "recheck": Command("recheck:recheck", "Judge every released table again under other parameters.", "operator"),
    "project": Command("project:app", "Open the project of an approved request, add members, close it.", "operator"),
    "found": Command("log:found", "Begin the public log, in the authority's name.", "operator"),
    "log": Command("log:app", "The public log: its head, its writer.", "log"),
    "witness": Command("witness:app", "Run a witness of the log, for a body other than the authority."),
    "trust": Command("trust:app", "Change the keys the log signs with, announce its policy.", "operator"),
    "monitor-report": Command("log:enter_report", "Enter a monitor's report in the log it is about.", "operator"),
    "case": Command("case:app", "Hand a sealed case to the overseer; tell it with what came back.", "operator"),
    "opening": Command("case:opening", "Hand the overseer what proves whose data a run opened.", "operator"),
    "entry": Command("entries:app", "Correct an entry, certify a destruction, log a late release.", "operator"),
    "lookups": Command("entries:lookups", "Accounts and days of look-ups in other databases.", "operator"),
    "end-month": Command("case:end_month", "Destroy a month's keys once its time is over.", "operator"),
    "overseer": Command("overseer:app", "For the overseer: open what was sealed for you."),
    "setup": Command("admin:setup", "Make keys, database and tables, or bring them to this version."),
    "migrate": Command("admin:migrate", "Bring the tables and grants to this version.", "owner"),
    "account": Command("admin:accounts", "Open accounts for staff, panel, researchers and schools.", "operator"),
    "serve": Command("serve:serve", "Run everything: database, web pages, jobs and the log's writer."),
    "jobs": Command("serve:jobs", "Run the job process alone.", "jobs"),
    "demo": Command("demo:app", "Play the demonstration, and show its people's codes."),
    "bench": Command("bench:bench", "Time a piece of work beside its floor and peers."),
}


# Parts of a command that a stranger runs on a machine where nothing was set up.
OUTSIDE: Mapping[tuple[str, str], Command] = {
    ("log", "monitor"): Command("monitor:app", "Follow a log from any machine and report every breach."),
}


class _WithoutPandas(MetaPathFinder):
    """Hides pandas: the table library loads it wherever it finds it, which takes longer than checking a school."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Say of pandas that it is not there, and nothing of others."""
        if fullname == "pandas":
            raise ModuleNotFoundError("a check needs no pandas", name=fullname)


def build() -> typer.Typer:
    """The command line as a whole; help lists every command without importing one."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)
    app.callback(help="Pupils' records for a public authority: used safely, fairly and in the open.")(_nothing)
    for name, command in COMMANDS.items():
        settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
        app.command(name, help=command.help, add_help_option=False, context_settings=settings)(
            _passes_on(name, command)
        )
    return app


def run() -> NoReturn:
    """The entry of the `rollbook` program."""
    # Whatever the operator's shell says: no file or folder made here can be changed by another user of the machine.
    os.umask(os.umask(0o077) | 0o022)
    if sys.argv[1:2] == ["check"]:
        sys.meta_path.insert(0, _WithoutPandas())
    try:
        build()(prog_name="rollbook")
    except RollbookError as refusal:
        explain(refusal)
        sys.exit(int(refusal.family))
    except Exception as fault:
        _report(fault)
        sys.exit(UNFORESEEN)
    sys.exit(0)


def explain(refusal: RollbookError) -> None:
    """Print each reason to stderr: what, where, and how to mend it."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    following = [*(reason.mend for reason in refusal.reasons[1:]), ""]
    for reason, next_mend in zip(refusal.reasons, following, strict=True):
        where = f" ({reason.where})" if reason.where else ""
        console.print(f"[bold]{reason.code}[/bold]: ", end="")
        console.print(f"{reason.message}{where}", markup=False)
        # The same advice for many faults is said once, below the last of them.
        if reason.mend and reason.mend != next_mend:
            console.print(f"  {reason.mend}", markup=False)


def _passes_on(name: str, command: Command) -> Callable[[typer.Context], None]:
    def pass_on(context: typer.Context) -> None:
        outside = OUTSIDE.get((name, next(iter(context.args), "")))
        if outside is not None:
            outside.load()(args=context.args[1:], prog_name=f"rollbook {name} {context.args[0]}")
            return
        if command.process and "--help" in context.args:
            _explain_use(name, command, context.args)
            return
        command.start()
        with _database_of(command):
            command.load()(args=context.args, prog_name=f"rollbook {name}")

    return pass_on


def _explain_use(name: str, command: Command, args: list[str]) -> None:
    """Help is there before set-up too."""
    from rollbook.services.platform.start import start_for_help

    start_for_help()
    command.load()(args=args, prog_name=f"rollbook {name}")


@contextmanager
def _database_of(command: Command) -> Iterator[None]:
    """The embedded server runs while a command of the operator does; one that was running before stays."""
    if command.process is None:
        yield
        return
    from rollbook.services.platform import config, database

    # The log's writer and the jobs have no right to start a server.
    ours = database.running(config.load()) if command.process in {"operator", "owner"} else nullcontext()
    with ours, database.answering():
        yield


def _nothing() -> None:
    pass


def _report(fault: Exception) -> None:
    """Where an unforeseen fault happened, without its message: that could quote a record."""
    frames = traceback.format_list(traceback.extract_tb(fault.__traceback__))
    what = str(fault) if isinstance(fault, ImportError) else type(fault).__name__
    print(f"An unforeseen fault: {what}\n{''.join(frames[-6:])}", file=sys.stderr)


if __name__ == "__main__":
    run()
