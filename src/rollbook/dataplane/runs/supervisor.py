"""Starting a run and watching it from outside: a limit that is breached ends the whole run, and is named.

The kernel's own limits hold for each process; the supervisor holds for their sum. It never trusts what the run says,
except the launcher's report, which is written before anything of the study has started.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass, field

from rollbook.dataplane.runs.cage import OUT, SCRATCH
from rollbook.dataplane.runs.limits import Limits
from rollbook.dataplane.runs.watch import Folders, tree, usage
from rollbook.kernel.refusals import LimitBreached, Reason, SetupFailed

TICK_SECONDS = 0.03
MAX_LOG = 64 * 1024
START_SECONDS = 60.0
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended by itself: its exit code, the bytes of its one pipe, and its words (hostile, maybe about
    people).
    """

    code: int
    stream: bytes
    log: bytes


@dataclass
class _Run:
    process: subprocess.Popen[bytes]
    limits: Limits
    started: float = field(default_factory=time.monotonic)
    stream: bytearray = field(default_factory=bytearray)
    log: bytearray = field(default_factory=bytearray)
    report: bytearray = field(default_factory=bytearray)
    ready: bool = False
    folders: Folders | None = None


def supervise(command: list[str], limits: Limits, *, user: int | None, status: tuple[int, int], filter_: int) -> Ended:
    """Run `command` to its end under `limits`, as `user` when one is given. Never starts anything as root.

    `status` is the pipe the launcher reports on (our end, its end); `filter_` the descriptor of the system-call filter.

    Raises:
        LimitBreached: a limit was breached, or does not hold inside.
        SetupFailed: the sandbox could not be started.
    """
    try:
        process = _start(command, user, (status[1], filter_))
    except SetupFailed:
        os.close(status[0])
        raise
    finally:
        os.close(status[1])
        os.close(filter_)
    return _watched(_Run(process, limits), status[0])


def _start(command: list[str], user: int | None, keep: tuple[int, int]) -> subprocess.Popen[bytes]:
    """Start `command` with nothing of ours but its pipes and the descriptors to `keep`."""
    if (os.geteuid() if user is None else user) == 0:
        raise SetupFailed(Reason("root", "A study is never run as root", mend="Give the run a user of its own."))
    who = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    try:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=keep,
            # Empty here too: the sandbox's process 1 keeps the environment it was started with where all inside can
            # read it.
            env={},
            cwd="/",
            start_new_session=True,
            **who,  # type: ignore[call-overload]
        )
    except OSError as error:
        mend = "Install the sandbox again, and see docs/how-to/sandbox.md."
        raise SetupFailed(
            Reason("no-sandbox", f"The sandbox cannot be started: {error.strerror}", mend=mend)
        ) from error
    return process


def _watched(run: _Run, status: int) -> Ended:
    try:
        with selectors.DefaultSelector() as waiting:
            for source, into in ((run.process.stdout, run.stream), (run.process.stderr, run.log), (status, run.report)):
                if source is not None:
                    waiting.register(source, selectors.EVENT_READ, into)
            while waiting.get_map() or run.process.poll() is None:
                _take(run, waiting, status)
                _measure(run)
        _require_ready(run)
        return Ended(_code(run), bytes(run.stream), bytes(run.log))
    finally:
        _end(run)
        os.close(status)


def _take(run: _Run, waiting: selectors.BaseSelector, status: int) -> None:
    """Read what has come, for at most one tick."""
    until = time.monotonic() + TICK_SECONDS
    while (left := until - time.monotonic()) > 0:
        for key, _ in waiting.select(left):
            data = os.read(key.fd, _CHUNK)
            if not data:
                waiting.unregister(key.fileobj)
                if key.fd == status:
                    _require_ready(run)
            elif key.data is run.log:
                # What does not fit is read and dropped, so that a run cannot block us by talking.
                run.log += data[: MAX_LOG - len(run.log)]
            else:
                key.data.extend(data)
            if len(run.stream) > run.limits.stream or len(run.report) > MAX_LOG:
                raise _breach("stream", f"The run hands over more than {run.limits.stream:,} bytes")
        if not waiting.get_map():
            time.sleep(max(0.0, min(left, 0.005)))
            return


def _require_ready(run: _Run) -> None:
    """Read the launcher's report, once: every limit must hold before the study is believed to run."""
    if run.ready:
        return
    try:
        loose = json.loads(run.report)["loose"]
    except (ValueError, KeyError, TypeError):
        words = run.log.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        mend = "Check that user namespaces are allowed on this machine; see docs/how-to/sandbox.md."
        raise SetupFailed(Reason("no-sandbox", f"The sandbox did not start: {words[0][:300]}", mend=mend)) from None
    if loose:
        mend = "The run was not started. See docs/how-to/sandbox.md."
        raise LimitBreached(
            [Reason("limit-not-set", "A limit of the sandbox does not hold", name, mend) for name in loose]
        )
    run.ready = True


def _folders(pids: list[int]) -> Folders | None:
    """The two folders, seen through any process inside; None when all of them have just ended."""
    for pid in pids[1:]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            try:
                return Folders(pid, (OUT, SCRATCH))
            except PermissionError as error:
                mend = "The run was not started. See docs/how-to/sandbox.md."
                raise LimitBreached(Reason("limit-not-set", "The run cannot be watched", "folders", mend)) from error
    return None


def _measure(run: _Run) -> None:
    """Compare what the run holds with its limits."""
    limits = run.limits
    age = time.monotonic() - run.started
    if age > limits.wall_seconds:
        raise _breach("time", f"The run takes longer than {limits.wall_seconds:g} seconds")
    if not run.ready and age > START_SECONDS and run.process.poll() is None:
        raise SetupFailed(
            Reason("no-sandbox", "The sandbox did not start in time", mend="Try again when the machine is idle.")
        )
    if run.process.poll() is not None:
        return
    pids = tree(run.process.pid)
    if run.ready and run.folders is None:
        run.folders = _folders(pids)
    found = usage(pids)
    if run.ready and 0 in found.users:
        raise SetupFailed(Reason("root", "A process of the run has root's user", mend="The run was ended."))
    if run.folders is not None and run.folders.held() > limits.out + limits.scratch:
        raise _breach("space", f"The run writes more than {limits.out + limits.scratch:,} bytes, files counted")
    if found.memory > limits.memory:
        raise _breach("memory", f"The run holds more than {limits.memory:,} bytes of memory")
    # Two more than the study's own: bwrap outside, and process 1 inside.
    if found.threads > limits.processes + 2:
        raise _breach("processes", f"The run has more than {limits.processes} processes and threads")


def _breach(what: str, message: str) -> LimitBreached:
    return LimitBreached(Reason(f"limit-{what}", message, mend="The run was ended. Make the study smaller or simpler."))


def _code(run: _Run) -> int:
    code = run.process.wait()
    if code == 128 + signal.SIGXCPU:
        raise _breach("cpu", f"The run uses more than {run.limits.cpu_seconds} seconds of processor time")
    if code == 128 + signal.SIGKILL:
        raise _breach("killed", "The kernel ended the run: it used too much memory or processor time")
    return code


def _end(run: _Run) -> None:
    """Kill whatever is left. When bwrap dies its process 1 dies with it, and the kernel ends all that was inside."""
    if run.process.poll() is None:
        run.process.kill()
    run.process.wait()
    for stream in (run.process.stdout, run.process.stderr):
        if stream is not None:
            stream.close()
    if run.folders is not None:
        run.folders.close()
