"""The system user that root lends its hands to: PostgreSQL and study code never run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

from rollbook.kernel.refusals import Reason, SetupFailed
from rollbook.services.platform.config import Config

NAME = "rollbook"


@dataclass(frozen=True, slots=True)
class SystemUser:
    """Numbers of the user `rollbook`."""

    uid: int
    gid: int


def refuse_root(config: Config) -> None:
    """In production nothing of Rollbook runs as root: a fault in a page would otherwise hold the whole machine.

    A demonstration or a trial may: PostgreSQL and studies then run as users of their own, the pages and jobs as root.

    Raises:
        SetupFailed: with code `root`.
    """
    if config.production and os.geteuid() == 0:
        mend = f"Make a user for it (useradd --system {NAME}), give it the folders of data and keys, and run as it."
        raise SetupFailed(Reason("root", "In production Rollbook does not run as root", mend=mend))


def system_user() -> SystemUser | None:
    """The system user when this process is root (made if missing), None for an ordinary user.

    Raises:
        SetupFailed: when the machine has no such user and no way to make one.
    """
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam(NAME)
    except KeyError:
        _create()
        found = pwd.getpwnam(NAME)
    return SystemUser(found.pw_uid, found.pw_gid)


def _create() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    mend = f"Make it: useradd --system --user-group {NAME}"
    if program is None:
        raise SetupFailed(
            Reason("system-user", f"Root needs the system user {NAME}, and useradd is missing", mend=mend)
        )
    command = [program, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        pwd.getpwnam(NAME)  # another process may have made it first; then ours fails and all is well
    except KeyError:
        message = f"The system user {NAME} could not be made: {done.stderr.strip()}"
        raise SetupFailed(Reason("system-user", message, mend=mend)) from None
