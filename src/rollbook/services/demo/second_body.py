"""A witness of a second body: a process of its own that cosigns the log's head, and no other story of it."""

import subprocess
import sys
import time
from pathlib import Path

from rollbook.services.demo.stage import Stage
from rollbook.services.log.trust import own_policy
from rollbook.services.log.witnesses import fetch, post
from rollbook.tlog.checkpoint import verify_checkpoint
from rollbook.tlog.trust import parse_policy

NAME = "witness.university.invalid/rollbook"
QUORUM = "witness.university.invalid-rollbook"


def witness(stage: Stage) -> None:
    """Start it, let it cosign the served head, ask it for another story, and stop it."""
    with stage.narrator.step("A university's witness cosigns the log's head, and refuses another story") as step:
        folder, policy = stage.folder / "university", stage.folder / "log-policy.txt"
        policy.write_text(own_policy())
        _call("witness", "key", str(folder), "--name", NAME)
        process = _serve(folder, policy)
        try:
            address = (process.stdout.readline() if process.stdout else "").split()[-1]
            note = fetch(f"{stage.site}/log/checkpoint")[2]
            status, _, lines = post(f"{address}/add-checkpoint", b"old 0\n\n" + note)
            stage.narrator.check(status == 200, "the witness cosigns the head")
            named = _call("witness", "show", str(folder), "--address", address)
            trusted = own_policy().replace("quorum none\n", f"{named}quorum {QUORUM}\n")
            checkpoint = verify_checkpoint(note + lines, parse_policy(trusted), int(time.time()), fresh=True)
            stage.narrator.check(checkpoint.warning == "", "a reader who names the witness sees no warning")
            status, _, size = post(f"{address}/add-checkpoint", b"old 0\n\n" + note)
            stage.narrator.check(status == 409, f"the witness remembers its {size.decode().strip()} entries")
            status, _, _ = post(f"{address}/add-checkpoint", b"old 0\n\n" + _changed(note))
            stage.narrator.check(status == 403, "the witness refuses a head that the log did not sign")
        finally:
            process.terminate()
            process.wait(timeout=10)
        step.says = "A witness in a process of its own cosigned the log's head, then refused two other stories"
        step.link = "rollbook witness serve FOLDER --policy policy.txt"


def _serve(folder: Path, policy: Path) -> subprocess.Popen[str]:
    command = [*_this(), "witness", "serve", str(folder), "--policy", str(policy), "--port", "0"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)


def _call(*arguments: str) -> str:
    return subprocess.run([*_this(), *arguments], check=True, capture_output=True, text=True).stdout


def _this() -> list[str]:
    return [sys.executable, "-m", "rollbook.cli.main"]


def _changed(note: bytes) -> bytes:
    origin, size, rest = note.split(b"\n", 2)
    return b"\n".join((origin, str(int(size) + 1).encode(), rest))
