"""How every benchmark is measured: ours and its floor or peers on the same bytes, taking turns, medians of the runs."""

import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timed:
    """One contestant's figures over the runs: seconds of wall time, seconds of processor time, peak memory in MB."""

    median_s: float
    min_s: float
    max_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to the same result, measured in the same call; without figures it was not installed, so not run."""

    name: str
    version: str
    timed: Timed | None


@dataclass(frozen=True, slots=True)
class Result:
    """What `rollbook bench NAME --json` prints. `facts` are figures that are not times."""

    name: str
    work: Mapping[str, int | str]
    runs: int
    ours: Timed
    floor_what: str
    floor: Timed
    meaning: str
    peers: tuple[Peer, ...] = ()
    facts: Mapping[str, float | int | str] = field(default_factory=dict)

    def as_data(self) -> dict[str, object]:
        """The object of the architecture's benchmark format."""
        return {
            "name": self.name,
            "work": dict(self.work),
            "runs": self.runs,
            "ours": asdict(self.ours),
            "floor": {"what": self.floor_what, "median_s": self.floor.median_s},
            "peers": [_peer(peer) for peer in self.peers],
            "ratio_floor": round(self.ours.median_s / self.floor.median_s, 3),
            "ratio_peer": {p.name: round(p.timed.median_s / self.ours.median_s, 3) for p in self.peers if p.timed},
            "facts": dict(self.facts),
        }


def take_turns(contestants: Mapping[str, Work], runs: int) -> dict[str, Timed]:
    """Run each contestant once to warm up, then all in turn `runs` times; figures by name."""
    for work in contestants.values():
        work()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, work in contestants.items():
            taken[name].append(_once(work))
    peak = peak_mb()
    return {name: _timed(times, peak) for name, times in taken.items()}


def clocked(work: Work) -> Timed:
    """Run a piece of work once, without warming up; for work that takes minutes or changes the ground it ran on."""
    wall, cpu = _once(work)
    return Timed(wall, wall, wall, cpu, peak_mb())


def peak_mb() -> float:
    """The most memory this process has held so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _once(work: Work) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _timed(times: list[tuple[float, float]], peak: float) -> Timed:
    walls = [wall for wall, _ in times]
    median = statistics.median(walls)
    return Timed(median, min(walls), max(walls), statistics.median(cpu for _, cpu in times), peak)


def _peer(peer: Peer) -> dict[str, object]:
    if peer.timed is None:
        return {"name": peer.name, "version": peer.version, "not_run": "not installed"}
    return {"name": peer.name, "version": peer.version, "median_s": peer.timed.median_s, "peak_mb": peer.timed.peak_mb}
