"""Makes up returns and writes them to a folder: for demonstrations, tests and benches. No real person is in them.

Needs neither Django nor a network. Authorities are written one by one, in as many processes as asked for: the files do
not depend on how many, and memory does not grow with the nation.
"""

import json
import multiprocessing
import shutil
import tomllib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Final

from rollbook.dataplane.census.generator.calendar import read_terms
from rollbook.dataplane.census.generator.defects import read_wanted
from rollbook.dataplane.census.generator.filing import PEOPLE, Done, Filed, Format, Job, nation_of, write_area
from rollbook.dataplane.census.generator.make import DEFAULT_LEA, DEFAULT_TERMS, Order
from rollbook.kernel.refusals import InputRefused, Reason

TRUTH_NAME: Final = "truth.json"
PEOPLE_NAME: Final = "people.csv"
FORMATS: Final = tuple(form.value for form in Format)
_MAX_DEFECTS_BYTES = 100_000
_MOST_JOBS = 64


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """One file written: whose return it is and how many records it holds. An early years file has no school."""

    path: Path
    laestab: str
    school: str
    on_roll: int
    leavers: int


@dataclass(frozen=True, slots=True)
class Generated:
    """The files written, where it stands who is who, and the truth file when defects were planted."""

    files: tuple[GeneratedFile, ...]
    people: Path
    truth: Path | None
    planted: int


def generate_returns(
    *,
    pupils: int,
    out: Path,
    schools: int | None = None,
    defects: Path | None = None,
    seed: int = 1,
    terms: Sequence[str] = DEFAULT_TERMS,
    formats: Sequence[str] = ("xml",),
    lea: str = DEFAULT_LEA,
    authorities: int | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Write one file a school, term and format into `out`, which is made when missing; files are written anew.

    Several terms, and several formats, have a folder each. Beside them `people.csv` says who is who, and `truth.json`
    what was planted. `progress` is called with authorities written and authorities in all. Refuses an order that cannot
    be met.
    """
    wanted = read_defects(defects) if defects is not None else {}
    order = Order(pupils=pupils, schools=schools, terms=_terms(terms), lea=lea, authorities=authorities, seed=seed)
    forms, count = _formats(formats), len(nation_of(order).layout.areas)
    work = [Job(order, forms, tuple(wanted.items()), str(out), number) for number in range(count)]
    _make_folders(out, order, forms)
    people, truth = out / PEOPLE_NAME, out / TRUTH_NAME if wanted else None
    if truth is None:
        # What an earlier call planted here stands in these files no more.
        (out / TRUTH_NAME).unlink(missing_ok=True)
    files: list[GeneratedFile] = []
    planted = 0
    with _truth(truth, order) as add, people.open("wb") as who:
        who.write((",".join(PEOPLE) + "\n").encode())
        for number, done in enumerate(_in_order(work, jobs)):
            files += [_file(out, one) for one in done.files]
            add(done.defects)
            planted += len(done.defects)
            _take(work[number].people, who)
            if progress is not None:
                progress(number + 1, count)
    return Generated(tuple(files), people, truth, planted)


def read_defects(path: Path) -> dict[str, float]:
    """The defects asked for in a TOML or JSON file: `check-letter = 3` (a count), `name-typo = 0.01` (a rate)."""
    try:
        if path.stat().st_size > _MAX_DEFECTS_BYTES:
            raise ValueError("too large")
        text = path.read_text(encoding="utf-8")
        wanted: object = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise InputRefused(
            Reason(
                "defects", "The file of defects cannot be read", path.name, "Write `check-letter = 3` in TOML or JSON."
            )
        ) from error
    return read_wanted(wanted)


@contextmanager
def _truth(path: Path | None, order: Order) -> Iterator[Callable[[Sequence[dict[str, object]]], None]]:
    """The truth file, written as the authorities come, one line a defect; nothing without a path."""
    if path is None:
        yield lambda defects: None
        return
    between = "\n"
    with path.open("w", encoding="utf-8") as file:

        def add(defects: Sequence[dict[str, object]]) -> None:
            nonlocal between
            for defect in defects:
                file.write(between + json.dumps(defect))
                between = ",\n"

        collections = json.dumps([f"sc-{term}" for term in order.terms])
        file.write(f'{{"collections": {collections}, "seed": {order.seed},\n"defects": [')
        yield add
        file.write("\n]}\n")


def _in_order(work: list[Job], jobs: int) -> Iterator[Done]:
    """What each job gives, in the order of the jobs; few wait to be taken."""
    if not 1 <= jobs <= _MOST_JOBS:
        mend = f"Give a number of processes from 1 to {_MOST_JOBS}."
        raise InputRefused(Reason("generate", "So many processes make no sense", "--jobs", mend))
    if jobs == 1 or len(work) == 1:
        yield from map(write_area, work)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        under_way: deque[Future[Done]] = deque()
        for job in work:
            under_way.append(pool.submit(write_area, job))
            if len(under_way) > 2 * jobs:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _take(part: Path, who: BufferedWriter) -> None:
    """Append one authority's people to the file of all, and remove the part."""
    with part.open("rb") as people:
        shutil.copyfileobj(people, who, 1 << 20)
    part.unlink()


def _file(out: Path, one: Filed) -> GeneratedFile:
    return GeneratedFile(out / one.path, one.laestab, one.school, one.on_roll, one.leavers)


def _terms(terms: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(when) for when in read_terms(terms))


def _formats(formats: Sequence[str]) -> tuple[Format, ...]:
    try:
        return tuple(dict.fromkeys(Format(name) for name in formats))
    except ValueError:
        mend = f"Use one of {', '.join(FORMATS)}."
        raise InputRefused(Reason("generate", "There is no such format", "--format", mend)) from None


def _make_folders(out: Path, order: Order, forms: tuple[Format, ...]) -> None:
    folders = {Path(Job(order, forms, (), "", 0).place(when, form, "x")).parent
               for when in read_terms(order.terms) for form in forms}  # fmt: skip
    try:
        for folder in sorted(folders):
            (out / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputRefused(
            Reason("generate", "The folder cannot be made", "--out", "Name a folder you may write to.")
        ) from error
