"""Building the sandbox around one run: its room on disk, and the arguments that describe it to bwrap."""

import functools
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rollbook.dataplane.runs.hostile_file import LARGEST
from rollbook.dataplane.runs.limits import Limits
from rollbook.dataplane.runs.runtime import Runtime, make_room
from rollbook.dataplane.runs.study import Study
from rollbook.kernel.refusals import InputRefused, Reason, SetupFailed

OUT, SCRATCH = "/out", "/tmp"
PYTHON = "/python/bin/python3"
SPACES = ("user", "pid", "net", "mnt", "ipc", "uts")
# One process of a run may map this much beyond what it may hold: an interpreter reserves more address space than it
# uses.
ADDRESS_ROOM = 1024 * 1024 * 1024
# The supervisor ends a run at its own count and says so; the kernel stops it a little above, whoever watches.
PROCESS_ROOM = 16
INSIDE_USER = 1000
_TABLE_FILE = re.compile(r"[a-z0-9][a-z0-9_-]*(-SYNTHETIC)?\.parquet")
STUDY_THREADS = 2


@dataclass(frozen=True, slots=True)
class Room:
    """The folders of one run on disk, all bound read-only. `user` owns them, or is None for our own user."""

    path: Path
    extract: Path
    user: int | None

    @property
    def cage(self) -> Path:
        """The launcher, the program and what the launcher expects."""
        return self.path / "cage"

    @property
    def study(self) -> Path:
        """The study's steps."""
        return self.path / "study"


def furnish(study: Study, extract: Path, limits: Limits, program: bytes | None, user: int | None) -> Room:
    """Make the room: launcher, program, study and, for a run that has a user of its own, that user's copy of the
    extract.

    Raises:
        InputRefused: when the extract is not a folder of plain Parquet files.
    """
    path = make_room()
    room = Room(path, path / "extract" if user is not None else extract, user)
    try:
        _write(room.cage / "launch.py", _inside("launch.py"))
        _write(room.cage / "program.py", program if program is not None else _inside("steps.py"))
        _write(room.cage / "expect.json", json.dumps(_expectation(limits)).encode())
        _write(room.study / "study.json", json.dumps(_steps(study, limits)).encode())
        tables = list(_extract_files(extract))
        if user is not None:
            _copy_extract(room.extract, tables)
            _hand_over(path, user)
    except BaseException:
        clear(room)
        raise
    return room


def clear(room: Room) -> None:
    """Take the room away, with its copy of the extract."""
    shutil.rmtree(room.path, ignore_errors=True)


def arguments(room: Room, runtime: Runtime, limits: Limits, *, status: int, filter_: int) -> list[str]:
    """The bwrap command for `room`. Nothing but what is listed here exists inside; all but two small folders is read-
    only.
    """
    return [
        str(runtime.bwrap),
        *("--unshare-all", "--unshare-user", "--disable-userns", "--assert-userns-disabled"),
        *("--uid", str(INSIDE_USER), "--gid", str(INSIDE_USER), "--hostname", "rollbook-run"),
        *("--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
        *(
            "--setenv",
            "PATH",
            "/python/bin",
            "--setenv",
            "LANG",
            "C.UTF-8",
            "--setenv",
            "LD_LIBRARY_PATH",
            "/python/lib",
        ),
        *_mounts(room, runtime),
        *_spaces(limits),
        *("--remount-ro", "/", "--chdir", SCRATCH, "--seccomp", str(filter_), "--"),
        *(_interpreter(runtime), "-I", "-S", "-B", "/cage/launch.py", str(status), "/cage/program.py"),
    ]


def _mounts(room: Room, runtime: Runtime) -> Iterator[str]:
    for source, place in runtime.mounts:
        yield from ("--ro-bind", str(source), place)
    for source, place in ((room.cage, "/cage"), (room.study, "/study"), (room.extract, "/extract")):
        yield from ("--ro-bind", str(source), place)
    for device in ("/dev/null", "/dev/random", "/dev/urandom"):
        yield from ("--dev-bind", device, device)
    yield from ("--proc", "/proc")


def _spaces(limits: Limits) -> list[str]:
    """The two places a study can write to: file systems in memory, each of a fixed size."""
    return ["--size", str(limits.out), "--tmpfs", OUT, "--size", str(limits.scratch), "--tmpfs", SCRATCH]


def _interpreter(runtime: Runtime) -> str:
    return next(place for _, place in runtime.mounts if place.startswith(PYTHON))


def _expectation(limits: Limits) -> dict[str, object]:
    wanted = {
        "processes": limits.processes + PROCESS_ROOM,
        "address-space": limits.memory + ADDRESS_ROOM,
        "cpu": limits.cpu_seconds,
        "file-size": limits.file,
        "open-files": limits.open_files,
        "core-dump": 0,
    }
    spaces = {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in SPACES}
    return {"limits": wanted, "sizes": {"out": limits.out, "scratch": limits.scratch}, "spaces": spaces}


def _steps(study: Study, limits: Limits) -> dict[str, object]:
    return {
        "steps": [{"path": step.path, "language": step.language, "code": step.code} for step in study.steps],
        "table": "" if study.file else study.table.name,
        "file": f"{OUT}/{study.file.file}" if study.file else "",
        "most": LARGEST,
        "threads": STUDY_THREADS,
        "memory": limits.memory,
        "scratch": limits.scratch,
    }


@functools.cache
def _inside(name: str) -> bytes:
    return resources.files("rollbook.dataplane.runs").joinpath("inside", name).read_bytes()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def _extract_files(extract: Path) -> Iterator[Path]:
    """The Parquet files of an extract, one a table."""
    if extract.is_symlink() or not extract.is_dir():
        raise SetupFailed(Reason("no-extract", "The run's extract is not there", mend="Make the extract again."))
    for entry in sorted(extract.iterdir()):
        if entry.is_symlink() or not entry.is_file() or not _TABLE_FILE.fullmatch(entry.name):
            where, mend = ascii(entry.name)[1:-1][:60], "An extract holds Parquet files only, one a table."
            raise InputRefused(Reason("extract-form", "The extract holds something else", where, mend))
        yield entry


def _copy_extract(target: Path, files: list[Path]) -> None:
    target.mkdir(mode=0o700)
    for file in files:
        shutil.copyfile(file, target / file.name)


def _hand_over(path: Path, user: int) -> None:
    """Give what is in the room to the run's user alone; the room itself stays ours, so that nothing can be put into
    it.
    """
    for entry in path.rglob("*"):
        os.chown(entry, user, user)
        entry.chmod(0o500 if entry.is_dir() else 0o400)
