"""Runs first inside the sandbox: sets the limits, reads every one back, reports, and only then starts the study.

Nothing a study wrote has run when this does, so its report can be believed. It is run as a plain script by the
sandbox's own interpreter and imports nothing but the standard library. Usage: `launch.py STATUS_FD PROGRAM`; what to
expect is in `/cage/expect.json`. The report is one JSON object on STATUS_FD: the names of the limits that do not hold.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator

ENVIRONMENT = {"PATH", "PWD", "LANG", "LC_CTYPE", "LD_LIBRARY_PATH"}
DEVICES = {"/dev/null", "/dev/random", "/dev/urandom"}
WRITABLE = {"/out": "out", "/tmp": "scratch"}
KINDS = {
    "processes": resource.RLIMIT_NPROC,
    "address-space": resource.RLIMIT_AS,
    "cpu": resource.RLIMIT_CPU,
    "file-size": resource.RLIMIT_FSIZE,
    "open-files": resource.RLIMIT_NOFILE,
    "core-dump": resource.RLIMIT_CORE,
}


def set_limits(wanted: dict[str, int]) -> None:
    """Set what can be set; what did not take is found by reading back."""
    for name, kind in KINDS.items():
        try:
            resource.setrlimit(kind, _pair(name, wanted[name]))
        except (OSError, ValueError, KeyError):
            continue


def _pair(name: str, most: int) -> tuple[int, int]:
    """The soft and hard limit. For the processor the soft one comes first, so that its own signal tells it apart."""
    return (most, most + 1) if name == "cpu" else (most, most)


def loose_limits(expect: dict[str, dict[str, int]], spaces: dict[str, str], status: int) -> list[str]:
    """The names of all limits that do not hold, read back from the kernel."""
    wanted = expect["limits"]
    loose = [name for name, kind in KINDS.items() if resource.getrlimit(kind) != _pair(name, wanted.get(name, 0))]
    loose += [name for path, name in WRITABLE.items() if not _small(path, expect["sizes"].get(name, 0))]
    loose += [
        f"namespace-{kind}" for kind, outside in spaces.items() if os.readlink(f"/proc/self/ns/{kind}") == outside
    ]
    loose += [f"writable-{path}" for path in _writable_mounts()]
    loose += list(_privileges())
    if set(os.environ) - ENVIRONMENT:
        loose.append("environment")
    if set(_descriptors()) != {0, 1, 2, status}:
        loose.append("descriptors")
    return loose


def _small(path: str, size: int) -> bool:
    """Whether `path` is a file system of its own, no larger than `size` rounded up to a page."""
    if not os.path.isdir(path) or os.stat(path).st_dev == os.stat("/").st_dev:
        return False
    found = os.statvfs(path)
    return 0 < found.f_blocks * found.f_frsize <= size + found.f_frsize


def _writable_mounts() -> Iterator[str]:
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            path, options = line.split()[4:6]
            known = path in WRITABLE or path in DEVICES or path == "/proc" or path.startswith("/proc/")
            if not known and "ro" not in options.split(","):
                yield path


def _privileges() -> Iterator[str]:
    with open("/proc/self/status", encoding="utf-8") as lines:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)
    if "0" in status["Uid"].split() or "0" in status["Gid"].split():
        yield "user"
    if any(int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")):
        yield "capabilities"
    if status["NoNewPrivs"] != "1":
        yield "no-new-privileges"
    if status["Seccomp"] != "2":
        yield "system-calls"


def _descriptors() -> list[int]:
    """The open descriptors, without the one that listing them opens."""
    return [fd for fd in map(int, os.listdir("/proc/self/fd")) if os.path.exists(f"/proc/self/fd/{fd}") or fd < 3]


def main() -> None:
    """Set, read back, report, and become the study's program unless something is loose."""
    status = int(sys.argv[1])
    with open("/cage/expect.json", encoding="utf-8") as file:
        expect = json.load(file)
    set_limits(expect["limits"])
    loose = loose_limits(expect, expect["spaces"], status)
    os.write(status, json.dumps({"loose": loose}).encode())
    os.close(status)
    if loose:
        sys.exit(1)
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-B", sys.argv[2]])  # noqa: S606


if __name__ == "__main__":
    main()
