"""Looking at a run from outside: which processes it has, what they hold, and how full its two folders are."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
# A file in a memory file system costs the kernel about this much even when it is empty.
FILE_COST = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run holds at one moment: bytes of memory, threads, and the users its processes run as."""

    memory: int
    threads: int
    users: frozenset[int]


def tree(root: int) -> list[int]:
    """`root` and all its descendants. Orphans inside stay descendants: their own process 1 adopts them."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _parents() -> Iterator[tuple[int, int]]:
    # Done many times a second over every process of the machine, so with the fewest calls.
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                file = os.open(f"/proc/{name}/stat", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                stat = os.read(file, 1024)
            except OSError:
                continue
            finally:
                os.close(file)
            # The command's name may hold spaces and brackets; the fields start after the last one.
            yield int(name), int(stat.rpartition(b")")[2].split()[1])


def usage(pids: list[int]) -> Usage:
    """What the processes `pids` hold together. One that has just ended counts as nothing."""
    memory, threads, users = 0, 0, set[int]()
    for pid in pids:
        try:
            lines = Path("/proc", str(pid), "status").read_text().splitlines()
        except OSError:
            continue
        fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        threads += int(fields.get("Threads", "0"))
        users.update(int(user) for user in fields["Uid"].split())
        memory += _proportional(pid, int(fields.get("VmRSS", "0 kB").split()[0]) * 1024)
    return Usage(memory, threads, frozenset(users))


def _proportional(pid: int, resident: int) -> int:
    """Memory with shared pages divided among those who share them; all of it when the kernel will not say."""
    try:
        rollup = Path("/proc", str(pid), "smaps_rollup").read_text()
        return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return resident


class Folders:
    """The run's two writable folders, held open from outside so that their fill can be measured and not touched."""

    def __init__(self, init: int, places: Iterable[str]) -> None:
        """Open `places` through `init`, the first process inside.

        Raises:
            OSError: when they cannot be seen from here.
        """
        flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._open = [os.open(f"/proc/{init}/root{place}", flags) for place in places]

    def held(self) -> int:
        """Bytes of memory the folders take, with a charge for each file."""
        found = [os.statvfs(folder) for folder in self._open]
        return sum((f.f_blocks - f.f_bfree) * f.f_frsize + (f.f_files - f.f_ffree) * FILE_COST for f in found)

    def close(self) -> None:
        """Let go of them."""
        for folder in self._open:
            os.close(folder)
