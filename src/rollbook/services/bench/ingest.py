"""`rollbook bench ingest`: a load from files to both stores, beside the bare parse of the same files on as many cores.

Three contestants, each with two warm processes: lxml alone (the floor, before and after), ours without landing, and
ours end to end in an installation of its own. Each is run once: landing changes the ground it ran on.
"""

import re
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lxml import etree

from rollbook.services.bench.installation import open_for, throwaway
from rollbook.services.bench.measure import Result, Timed
from rollbook.services.outside.generate import generate_returns
from rollbook.services.returns.crew import UNDER_WAY, crew, in_order, prepare_file

PUPILS, SEED, WORKERS = 20_000, 1, 2
COLLECTION = "sc-spr-2025"
_LAESTAB = re.compile(rb"<LEA>(\d+)</LEA>.*?<Estab>(\d+)</Estab>", re.DOTALL)


def run(scale: int = 1, runs: int = 1, pupils: int | None = None) -> Result:
    """Load `pupils`, or `scale` x 20,000. It is run once, whatever `runs` says."""
    del runs
    count = pupils or PUPILS * scale
    files = inputs(count)
    with throwaway():
        open_for(COLLECTION, [_school(path) for path in files])
        from rollbook.services.platform.actors import operator
        from rollbook.services.returns.load import load

        before = _timed(lambda: _with_crew(files, parse_only))
        checked = _timed(lambda: _with_crew(files, prepare_file))
        ours, taken = _landed(files, lambda pool: load(by=operator(), files=files, pool=pool, workers=WORKERS))
        after = _timed(lambda: _with_crew(files, parse_only))
    floor = min(before, after, key=lambda one: one.median_s)
    return Result(
        name="ingest",
        work={"pupils": count, "files": len(files), "bytes": sum(path.stat().st_size for path in files)},
        runs=1,
        ours=ours,
        floor_what=f"lxml.etree.fromstring of the same files in {WORKERS} warm processes",
        floor=floor,
        meaning="What a census costs from file to both stores, beside reading the bytes and doing nothing with them.",
        facts={
            "pupils_per_s": round(count / ours.median_s),
            "accepted": taken,
            "floor_cpu_s": floor.cpu_s,
            "without_landing_cpu_s": checked.cpu_s,
            "without_landing_s": round(checked.median_s, 3),
            "without_landing_ratio_floor": round(checked.median_s / floor.median_s, 3),
            "without_landing_pupils_per_s": round(count / checked.median_s),
        },
    )


def inputs(pupils: int) -> list[Path]:
    """Invented returns, made once."""
    folder = Path("var") / "bench" / f"nation-{SEED}-{pupils}"
    done = folder / "complete"
    if not done.exists():
        generate_returns(pupils=pupils, out=folder, seed=SEED)
        done.touch()
    return sorted(folder.glob("*.xml"))


def parse_only(path: str) -> int:
    """The floor."""
    return len(etree.fromstring(Path(path).read_bytes()))


def _school(path: Path) -> str:
    with path.open("rb") as file:
        found = _LAESTAB.search(file.read(4096))
    if found is None:
        raise ValueError("a made-up return without a school")
    return (found.group(1) + found.group(2)).decode()


def _with_crew(files: Sequence[Path], work: Callable[[str], object]) -> float:
    with crew(WORKERS, quickly=work is prepare_file) as pool:
        started = time.perf_counter()
        for _ in in_order(pool, work, files, WORKERS * UNDER_WAY):
            pass
        return time.perf_counter() - started


def _landed(files: Sequence[Path], load: Callable[..., Iterable[tuple[Path, object, int]]]) -> tuple[Timed, int]:
    from rollbook.services.returns.load import readers

    taken = 0

    def work() -> float:
        nonlocal taken
        with readers(WORKERS, len(files)) as pool:
            started = time.perf_counter()
            taken = sum(bool(getattr(outcome, "accepted", False)) for _, outcome, _ in load(pool))
            return time.perf_counter() - started

    return _timed(work), taken


def _timed(work: Callable[[], float]) -> Timed:
    """Wall time as `work` gives it: its processes are warm by then. Processor time has their start too."""
    before = _cpu()
    wall = work()
    return Timed(wall, wall, wall, round(_cpu() - before, 3), _peak())


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def _peak() -> float:
    """This process and its crew, each at its largest; the database server is not among them."""
    own, one = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round((own + WORKERS * one) / 1024, 1)
