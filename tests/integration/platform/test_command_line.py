"""The command line from outside: what it starts, what it says, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rollbook.cli.main import COMMANDS
from rollbook.kernel.refusals import Family
from rollbook.services.platform.config import Config


def rollbook(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rollbook.cli.main", *arguments]
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "200", **environ}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=60)


def test_help_lists_every_command_and_imports_none() -> None:
    code = "import sys; sys.argv = ['rollbook', '--help']\nfrom rollbook.cli import main\n"
    code += "try:\n    main.run()\nexcept SystemExit as end:\n    assert not end.code\n"
    code += "assert 'django' not in sys.modules and 'duckdb' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [name for name in COMMANDS if name not in done.stdout] == []


@pytest.mark.parametrize("name", ["check", "study", "verify", "generate"])
def test_what_runs_on_other_peoples_machines_needs_no_django(name: str) -> None:
    code = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("django", "psycopg", "allauth", "procrastinate"):
            raise ImportError("not on this machine: " + name)
sys.meta_path.insert(0, Refuse())
sys.argv = ["rollbook", {name!r}, "--help"]
from rollbook.cli.main import run
run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


def test_nothing_it_makes_can_be_changed_by_another_user_whatever_the_shell_says(tmp_path: Path) -> None:
    made = tmp_path / "study"
    command = [sys.executable, "-m", "rollbook.cli.main", "study", "new", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, umask=0)
    assert done.returncode == 0, done.stderr
    modes = {path: path.stat().st_mode & 0o022 for path in [made, *made.rglob("*")]}
    assert len(modes) > 2
    assert not any(modes.values()), modes


def test_wrong_usage_ends_with_two() -> None:
    assert rollbook("no-such-command").returncode == Family.USAGE
    assert rollbook("check").returncode == Family.USAGE


def test_without_an_installation_it_says_what_to_run(tmp_path: Path) -> None:
    done = rollbook(
        "account",
        "forget-second-factor",
        "1",
        ROLLBOOK_DATA=str(tmp_path / "data"),
        ROLLBOOK_KEYS=str(tmp_path / "keys"),
    )
    assert done.returncode == Family.SETUP
    assert "rollbook setup" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("log", "head"), ("log", "write", "--once")])
def test_a_database_that_does_not_run_is_named(config: Config, command: tuple[str, ...]) -> None:
    done = rollbook(
        *command,
        ROLLBOOK_DATA=str(config.data),
        ROLLBOOK_KEYS=str(config.keys),
        DATABASE_URL="postgresql://postgres@127.0.0.1:1/rollbook",
    )
    assert done.returncode == Family.SETUP, done.stderr
    assert "database: The database does not answer" in done.stderr
    assert "File" not in done.stderr


def test_an_unsafe_setting_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = rollbook("serve", ROLLBOOK_PRODUCTION="1", ROLLBOOK_PUBLIC_URL="http://rollbook.example")
    assert done.returncode == Family.SETUP
    assert "ROLLBOOK_PUBLIC_URL" in done.stderr


@pytest.mark.django_db(transaction=True)
def test_accounts_are_opened_by_the_operator_and_the_password_is_not_an_argument(config: Config) -> None:
    from rollbook.records.models.accounts import Account
    from rollbook.records.models.control import Audit

    command = [
        sys.executable,
        "-m",
        "rollbook.cli.main",
        "account",
        "open",
        "wynn@rollbook.invalid",
        "Wynn Hattrelow",
        "custodian",
        "--holder",
        "ST-0415",
    ]
    done = subprocess.run(command, input="a long enough password\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    account = Account.objects.get(email="wynn@rollbook.invalid")
    # 600,000 rounds is what the OWASP Password Storage Cheat Sheet asks of this function at the least.
    function, rounds, *_ = account.password.split("$")
    assert (function, int(rounds) >= 600_000) == ("pbkdf2_sha256", True)
    assert account.check_password("a long enough password")
    row = Audit.objects.get(deed="open-account")
    assert (row.actor, row.channel) == ("operator@command", "command")
    assert "wynn" not in str(vars(row)).lower()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["parent", "operator", "nobody-such"])
def test_some_roles_are_not_opened_by_an_operator(config: Config, role: str) -> None:
    command = [sys.executable, "-m", "rollbook.cli.main", "account", "open", "x@rollbook.invalid", "Somebody", role]
    done = subprocess.run(command, input="a long enough password\n", capture_output=True, text=True, check=False)
    assert done.returncode == Family.INPUT
