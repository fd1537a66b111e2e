"""What a hostile study tries, one by one, in the real sandbox: it must get nothing, and what ended it must be named."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rollbook.dataplane.runs import sandbox, supervisor, watch
from rollbook.kernel.refusals import InputRefused, LimitBreached, RollbookError
from tests.unit.runs.cages import CALLERS, SMALL, attack, make_study

pytestmark = pytest.mark.parametrize("caller", CALLERS)

WRITES_OUTSIDE = """
import json, os
done = []
for place in ("/", "/etc", "/extract", "/study", "/cage", "/python", "/packages", "/usr/lib", "/dev", "/proc", "/root",
              "/home", "/var", "/var/tmp", "/dev/shm", "/proc/1/root", "/proc/self/root/usr"):
    try:
        with open(place + "/planted", "w"): done.append(place)
    except OSError: pass
for change in (lambda: os.remove("/extract/pupil.parquet"), lambda: os.chmod("/extract", 0o777),
               lambda: os.truncate("/extract/pupil.parquet", 0), lambda: os.symlink("/etc", "/study/link"),
               lambda: open("/proc/sys/kernel/hostname", "w").write("x"), lambda: os.mknod("/out/dev", 0o60600, 2049),
               lambda: open("/proc/sysrq-trigger", "w").write("x")):
    try: change(); done.append("change")
    except OSError: pass
print(json.dumps(done))
"""

OPENS_SOCKETS = """
import json, socket
got = []
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET, 40):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try: socket.socket(family, kind); got.append(int(family))
        except OSError: pass
try: socket.socketpair(); got.append("pair")
except OSError: pass
links = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
print(json.dumps([got, links]))
"""

LOOKS_AROUND = """
import json, os
def read(path):
    try: return open(path, "rb").read(1 << 20).decode("latin-1")
    except OSError: return None
pids = [p for p in os.listdir("/proc") if p.isdigit()]
fds = {}
for fd in os.listdir("/proc/self/fd"):
    try: fds[fd] = os.readlink("/proc/self/fd/" + fd)
    except OSError: pass
print(json.dumps({
    "top": sorted(os.listdir("/")), "pids": len(pids), "user": [os.getuid(), os.geteuid(), os.getgid()],
    "environ": [read(f"/proc/{p}/environ") for p in pids], "own": dict(os.environ), "descriptors": fds,
    "files": {p: read(p) for p in ("/etc/passwd", "/etc/shadow", "/root/.bashrc", "/proc/kcore", "/var/lib/rollbook")},
    "tables": sorted(os.listdir("/extract")), "groups": os.getgroups(),
    "mounts": [l.split()[4] for l in open("/proc/self/mountinfo") if "ro" not in l.split()[5].split(",")]}))
"""

HIDDEN_MEMORY = """
import ctypes, json, mmap, os
got = []
def tried(name, deed):
    try: deed(); got.append(name)
    except OSError: pass
libc = ctypes.CDLL(None, use_errno=True)
def call(*numbers):
    if libc.syscall(*numbers) < 0: raise OSError(ctypes.get_errno(), "no")
tried("shared", lambda: mmap.mmap(-1, 4096))
tried("memfd", lambda: os.memfd_create("x"))
number = {"x86_64": (29, 272, 101, 165, 425, 56), "aarch64": (194, 97, 117, 40, 425, 220)}[os.uname().machine]
tried("shm", lambda: call(number[0], 0, 4096, 0o1666))
tried("unshare", lambda: call(number[1], 0x10000000))
tried("ptrace", lambda: call(number[2], 0, 0, 0, 0))
tried("mount", lambda: call(number[3], b"none", b"/tmp", b"tmpfs", 0, 0))
tried("io_uring", lambda: call(number[4], 1, 0))
tried("clone", lambda: call(number[5], 0x10000011, 0, 0, 0, 0))
print(json.dumps(got))
"""

FILLS_SPACE = """
import json, os
sizes = []
for place in ("/out", "/tmp"):
    total = 0
    try:
        with open(place + "/big", "wb", buffering=0) as file:
            while True: total += file.write(b"x" * 65536)
    except OSError: sizes.append(total)
    os.remove(place + "/big")
print(json.dumps(sizes))
"""


def codes(error: RollbookError) -> set[str]:
    return {reason.code for reason in error.reasons}


def test_writes_nowhere_but_its_two_folders(caller: str) -> None:
    assert json.loads(attack(caller, WRITES_OUTSIDE)) == []


def test_opens_no_socket_of_any_family_and_sees_no_link(caller: str) -> None:
    sockets, links = json.loads(attack(caller, OPENS_SOCKETS))
    assert sockets == []
    assert set(links) <= {"lo"}


def test_sees_nothing_of_the_machine(caller: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROLLBOOK_TEST_SECRET", "open-sesame")
    secret = tmp_path / "key"
    secret.write_text("open-sesame")
    held = os.open(secret, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        seen = json.loads(attack(caller, LOOKS_AROUND))
    finally:
        os.close(held)
    inside = {"cage", "dev", "extract", "lib", "lib64", "out", "packages", "proc", "python", "study", "tmp", "usr"}
    assert set(seen["top"]) <= inside
    assert seen["pids"] <= 3
    assert seen["tables"] == ["pupil.parquet"]
    assert set(seen["files"].values()) == {None}
    assert set(seen["own"]) <= {"PATH", "PWD", "LANG", "LC_CTYPE", "LD_LIBRARY_PATH"}
    assert "open-sesame" not in json.dumps(seen)
    assert not any(word in json.dumps(seen["environ"]) for word in ("HOME=", "ROLLBOOK", "VIRTUAL_ENV"))
    # 3 is what lists the descriptors.
    assert set(seen["descriptors"]) <= {"0", "1", "2", "3"}
    assert set(seen["mounts"]) <= {"/out", "/tmp", "/proc", "/dev/null", "/dev/random", "/dev/urandom"}


def test_is_never_root_inside_or_outside(caller: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, users = watch.usage, set()

    def seen_from_outside(pids: list[int]) -> watch.Usage:
        found = real(pids)
        users.update(found.users)
        # The child that calls from an ordinary user has no other way to tell the test than to fail in its own place.
        assert 0 not in found.users
        return found

    monkeypatch.setattr(supervisor, "usage", seen_from_outside)
    seen = json.loads(attack(caller, LOOKS_AROUND + "import time; time.sleep(0.2)"))
    assert 0 not in (*seen["user"], *seen["groups"])
    assert 0 not in users
    assert users or caller == "ordinary"


def test_holds_no_memory_that_is_not_counted(caller: str) -> None:
    assert json.loads(attack(caller, HIDDEN_MEMORY)) == []


def test_fills_only_its_small_folders(caller: str) -> None:
    sizes = json.loads(attack(caller, FILLS_SPACE))
    assert sizes[0] <= SMALL.out
    assert sizes[1] <= SMALL.scratch


def test_many_empty_files_count_too(caller: str) -> None:
    program = "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').close(); n += 1"
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, program)
    assert codes(refusal.value) == {"limit-space"}


def test_forks_without_end(caller: str) -> None:
    program = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    before = time.monotonic()
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, program)
    assert codes(refusal.value) == {"limit-processes"}
    assert time.monotonic() - before < SMALL.wall_seconds


def test_the_kernel_stops_forks_when_nobody_watches(caller: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "usage", lambda pids: watch.Usage(0, 0, frozenset({1})))
    program = (
        "import os, time\nchildren = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60)\n"
        "        children += 1\n"
        "except OSError: print(children)"
    )
    assert int(attack(caller, program)) <= SMALL.processes + 16


def test_eats_memory_in_one_process(caller: str) -> None:
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, "held = []\nwhile True: held.append(bytearray(4 << 20))")
    assert codes(refusal.value) == {"limit-memory"}


def test_eats_memory_in_many_small_processes(caller: str) -> None:
    program = (
        "import os, time\nfor _ in range(5): os.fork()\nheld = bytearray(os.urandom(1 << 20) * 40)\ntime.sleep(60)"
    )
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, program)
    assert codes(refusal.value) == {"limit-memory"}


@pytest.mark.parametrize("program", ["while True: pass", "import time; time.sleep(600)"])
def test_runs_for_ever(caller: str, program: str) -> None:
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, program, limits=replace(SMALL, wall_seconds=1.5))
    assert codes(refusal.value) == {"limit-time"}


def test_burns_the_processor(caller: str) -> None:
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, "while True: pass", limits=replace(SMALL, cpu_seconds=1))
    assert codes(refusal.value) == {"limit-cpu"}


def test_a_run_that_was_killed_is_no_result(caller: str) -> None:
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, "import os; os.write(1, b'half a table'); os.kill(os.getpid(), 9)")
    assert codes(refusal.value) == {"limit-killed"}


def test_talks_without_end(caller: str) -> None:
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, "import os\nwhile True: os.write(1, b'x' * 65536)")
    assert codes(refusal.value) == {"limit-stream"}


def test_words_on_standard_error_are_dropped_beyond_a_little(caller: str) -> None:
    program = "import os\nfor _ in range(100): os.write(2, b'x' * 65536)\nos.write(1, b'done')"
    kept = attack(caller, program, deed=lambda *given: len(sandbox._run(*given).log))
    assert kept == supervisor.MAX_LOG


def test_leaves_nothing_running(caller: str) -> None:
    mark = f"left-behind-{os.getpid()}"
    program = (
        f"import os, sys, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n"
        f"    os.execv(sys.executable, [sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60)', '{mark}'])\n"
        "time.sleep(0.3)\nos.write(1, b'gone')"
    )
    assert attack(caller, program) == b"gone"
    running = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.exists()]
    assert not any(mark.encode() in line for line in running)


def test_sql_that_writes_a_file_is_told_which_step(caller: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        attack(caller, study=make_study("COPY pupil TO '/tmp/copy.csv'"))
    assert codes(refusal.value) == {"study-step-failed"}
    assert refusal.value.reasons[0].where == "steps/01.sql"


def test_sql_that_needs_too_much_memory_is_told_which_limit(caller: str) -> None:
    sql = "CREATE TABLE people AS SELECT list(a.ppid || b.ppid || c.ppid) AS x FROM pupil a, pupil b, pupil c"
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, study=make_study(sql))
    assert codes(refusal.value) <= {"limit-memory", "limit-space"}


def test_a_good_study_gives_its_table(caller: str) -> None:
    stream = attack(caller).decode().splitlines()
    assert stream[0] == "ppid\tsex"
    assert len(stream) == 401
