"""A limit that is not there is noticed: each is taken away in turn, and the run must be refused with its name."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rollbook.dataplane.runs import cage, runtime, seccomp, supervisor, watch
from rollbook.dataplane.runs.limits import Limits
from rollbook.kernel.refusals import LimitBreached, SetupFailed
from tests.unit.runs.cages import CALLERS, SMALL, attack, make_extract, make_study

STARTED = "import os; os.write(1, b'started')"
Change = Callable[[list[str]], list[str]]


def without(*words: str) -> Change:
    """Take a run of arguments out of the command."""

    def change(command: list[str]) -> list[str]:
        places = [i for i in range(len(command)) if tuple(command[i : i + len(words)]) == words]
        assert len(places) == 1
        return command[: places[0]] + command[places[0] + len(words) :]

    return change


def with_(*words: str) -> Change:
    """Put arguments in before the root is made read-only."""

    def change(command: list[str]) -> list[str]:
        place = command.index("--remount-ro")
        return [*command[:place], *words, *command[place:]]

    return change


def refused(monkeypatch: pytest.MonkeyPatch, caller: str, change: Change) -> set[str]:
    """Which limits the launcher names after `change` to the command."""
    real = cage.arguments
    monkeypatch.setattr(cage, "arguments", lambda *given, **named: change(real(*given, **named)))
    with pytest.raises(LimitBreached) as refusal:
        attack(caller, STARTED)
    assert {reason.code for reason in refusal.value.reasons} == {"limit-not-set"}
    return {reason.where for reason in refusal.value.reasons}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("--size", str(SMALL.out), "--tmpfs", "/out"), "out"),
        (without("--size", str(SMALL.out)), "out"),
        (lambda command: [str(SMALL.out * 4) if word == str(SMALL.out) else word for word in command], "out"),
        (with_("--share-net"), "namespace-net"),
        (without("--remount-ro", "/"), "writable-/"),
        (with_("--tmpfs", "/mnt"), "writable-/mnt"),
        (with_("--setenv", "HOME", "/root"), "environment"),
    ],
    ids=["no-out", "out-without-size", "out-too-large", "network", "root-writable", "another-tmpfs", "environment"],
)
def test_a_missing_wall_is_named(monkeypatch: pytest.MonkeyPatch, caller: str, change: Change, named: str) -> None:
    assert named in refused(monkeypatch, caller, change)


def test_a_missing_filter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfiltered(command: list[str]) -> list[str]:
        place = command.index("--seccomp")
        return command[:place] + command[place + 2 :]

    # Without the filter its descriptor stays open too, and both are noticed.
    assert {"system-calls", "descriptors"} <= refused(monkeypatch, CALLERS[0], unfiltered)


@pytest.mark.parametrize("name", ["processes", "address-space", "cpu", "file-size", "open-files"])
def test_a_missing_kernel_limit_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    launcher = cage._inside("launch.py").decode()
    broken = launcher.replace("resource.setrlimit(kind,", f"name == {name!r} or resource.setrlimit(kind,")
    assert broken != launcher
    real = cage._inside
    monkeypatch.setattr(cage, "_inside", lambda file: broken.encode() if file == "launch.py" else real(file))
    # The two scratch file systems hold; only this one is loose, unless it was so low before that it holds by itself.
    assert refused(monkeypatch, CALLERS[0], lambda command: command) == {name}


def test_folders_that_cannot_be_watched_refuse_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(pid: int, places: object) -> None:
        raise PermissionError

    monkeypatch.setattr(supervisor, "Folders", blind)
    with pytest.raises(LimitBreached) as refusal:
        attack(CALLERS[0], "import time; time.sleep(30)")
    assert [(reason.code, reason.where) for reason in refusal.value.reasons] == [("limit-not-set", "folders")]


def test_a_machine_without_a_filter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(LimitBreached) as refusal:
        seccomp.program()
    assert refusal.value.reasons[0].code == "limit-not-set"


def test_root_is_never_given_to_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[object] = []
    monkeypatch.setattr("subprocess.Popen", lambda *given, **named: started.append(given))
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SetupFailed) as refusal:
        supervisor.supervise(["true"], SMALL, user=0, status=os.pipe(), filter_=os.dup(0))
    assert refusal.value.reasons[0].code == "root"
    assert started == []
    assert len(os.listdir("/proc/self/fd")) == before, "every descriptor is closed"


def test_a_sandbox_that_is_not_there_is_said_and_leaves_no_descriptor_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SetupFailed, match="cannot be started"):
        supervisor.supervise(
            ["/nowhere"], SMALL, user=1 if os.geteuid() == 0 else None, status=os.pipe(), filter_=os.dup(0)
        )
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_process_that_became_root_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = supervisor.usage
    rooted = lambda pids: watch.Usage(real(pids).memory, 1, frozenset({0}))  # noqa: E731
    monkeypatch.setattr(supervisor, "usage", rooted)
    with pytest.raises(SetupFailed) as refusal:
        attack(CALLERS[0], "import time; time.sleep(30)")
    assert refusal.value.reasons[0].code == "root"


def test_a_sandbox_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cage.arguments
    monkeypatch.setattr(
        cage, "arguments", lambda *given, **named: with_("--bind", "/none", "/x")(real(*given, **named))
    )
    with pytest.raises(SetupFailed) as refusal:
        attack(CALLERS[0], STARTED)
    assert refusal.value.reasons[0].code == "no-sandbox"
    assert "bwrap" in refusal.value.reasons[0].message


def test_a_run_dies_with_its_supervisor_and_its_room_goes_at_the_next(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    extract = make_extract(tmp_path)
    runtime.runtime()
    child = os.fork()
    if child == 0:
        from rollbook.dataplane.runs.sandbox import run_study

        run_study(make_study(), extract, SMALL, program=b"import time; time.sleep(60)")
        os._exit(0)
    rooms = lambda: list(runtime._open_place().glob(f"{runtime.ROOM_PREFIX}{child}-*"))  # noqa: E731
    running = lambda: [pid for pid in watch.tree(child) if pid != child]  # noqa: E731
    assert eventually(lambda: len(running()) >= 3)
    inside = running()
    assert rooms()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert eventually(lambda: not any(Path("/proc", str(pid)).exists() for pid in inside))
    runtime.clear_leftovers()
    assert rooms() == []


def eventually(true: Callable[[], bool], seconds: float = 8.0) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    "name", ["memory", "processes", "wall_seconds", "cpu_seconds", "out", "scratch", "file", "stream"]
)
def test_no_limit_may_be_nothing(name: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limits(**{name: 0})


def test_every_run_of_root_has_a_user_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    users = [runtime.run_user() for _ in range(20)]
    assert len(set(users)) > 15
    assert None not in users
    assert 0 not in users
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert runtime.run_user() is None
