"""A study on the researcher's own machine: begin one, make dummy data, run it as the authority would. No Django.

The run uses the same sandbox, the same hostile reading, the same table and the same rules as a real one; only the data
is invented, which is why the study's own words may be shown when a step fails.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.collections.mapping_form import read_mapping
from rollbook.dataplane.runs import dummy
from rollbook.dataplane.runs.by_hand import hand_over
from rollbook.dataplane.runs.counted import Counted, count
from rollbook.dataplane.runs.example import EXAMPLE
from rollbook.dataplane.runs.hostile import PPID, read_person_table
from rollbook.dataplane.runs.limits import Limits
from rollbook.dataplane.runs.sandbox import run_study
from rollbook.dataplane.runs.study import Study, read_study
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.sdc.hiding import Hiding
from rollbook.sdc.judging import shown
from rollbook.sdc.rules import SdcParameters
from rollbook.services.outside.hidden_cells import HiddenCells, as_published, hidden_cells
from rollbook.services.outside.siblings import held_against_each_other

DUMMY_FOLDER = "dummy"
TRUTH_FOLDER = "dummy-truth"


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What a run on dummy data gave: the table as a checker would see it, and what the rules say of it. `measure` says
    what the figures are; `others` are the further tables of the study.
    """

    title: str
    dimensions: tuple[str, ...]
    measure: str
    rows: tuple[tuple[tuple[str, ...], str], ...]
    people: int
    passed: bool
    failures: tuple[str, ...]
    threshold: int
    others: tuple["LocalRun", ...] = ()


@dataclass(frozen=True, slots=True)
class LocalFile:
    """What a run on dummy data gave of a study that hands over a file: the text as its judges would see it, with what
    a machine says of it.
    """

    title: str
    name: str
    text: str
    warnings: tuple[Reason, ...]
    people: int


@dataclass(frozen=True, slots=True)
class MadeTable:
    """One table of dummy data: its name in SQL, its file and its rows."""

    name: str
    file: Path
    rows: int


def new_study(folder: Path) -> tuple[Path, ...]:
    """Write a working example study into `folder`, which must be new or empty; gives the files written.

    Raises:
        InputRefused: when something is there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        mend = "Name a new or empty folder."
        raise InputRefused(Reason("study-exists", "There is something there already", folder.name, mend))
    written = []
    for path, text in EXAMPLE.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        written.append(place)
    return tuple(written)


def read_mappings(files: Sequence[Path]) -> tuple[CollectionMapping, ...]:
    """The mappings of loaded collections in `files`, whose items a study may ask for beside those of the catalogue.

    Raises:
        InputRefused: a file is no mapping.
    """
    return tuple(read_mapping(file.read_bytes(), file.name) for file in files)


def make_dummy(
    folder: Path, *, people: int, seed: int, clean: bool = False, mappings: Sequence[CollectionMapping] = ()
) -> Iterator[MadeTable]:
    """Make the dummy tables the study in `folder` asks for, in its sub-folder `dummy`; each is yielded when written.

    What was spoilt on purpose is said in a file in the sub-folder `dummy-truth`, which no run sees; `clean` data has
    nothing spoilt and no such file.

    Raises:
        InputRefused: the study's form is wrong, or it asks for an item no project can have.
    """
    study = read_study(folder)
    place, truth = folder / DUMMY_FOLDER, folder / TRUTH_FOLDER
    for old in (*place.glob("*.parquet"), *truth.glob("*.parquet")):
        old.unlink()
    loaded = {name: item for one in mappings for name, item in one.own.items()}
    codes = {field.item.id: tuple(field.labels) for one in mappings for field in one.fields if field.labels}
    plan = dummy.Plan(place, people, seed, None if clean else truth, loaded, codes)
    for table in dummy.make_dummy(study.items, plan):
        yield MadeTable(table.name, table.file, table.rows)


def run_local(folder: Path) -> LocalRun | LocalFile:
    """Run the study in `folder` on its dummy data and judge its table by the rules in force; or read the file it hands
    over as inside.

    Raises:
        InputRefused: the study's form, a step or its table is wrong, or there is no dummy data.
        LimitBreached: it went over a limit, or a limit could not be set on this machine.
        SetupFailed: the sandbox cannot be started on this machine.
    """
    study, parameters = read_study(folder), SdcParameters()
    tables = _dummy_folder(folder)
    stream = run_study(study, tables, Limits(), explain=True)
    people = pq.read_table(tables / f"pupil{dummy.NAME_MARK}.parquet", columns=[PPID]).column(PPID)
    known = {str(ppid) for ppid in people.to_pylist()}
    if study.file:
        handed = hand_over(stream, study, known)
        return LocalFile(study.title, study.file.file, handed.text, handed.warnings, len(known))
    rows, ids = read_person_table(stream, study, known), sorted(known)
    whole = list(range(len(ids)))
    made = [
        count(rows, declared, whole, lambda keys: [bytes.fromhex(ids[key]) for key in keys], parameters)
        for declared in study.tables
    ]
    hidden = hidden_cells([(one.declared, one.table, one.verdict) for one in made])
    told = [
        (as_published(one.told[0], one.table, unseen), *one.told[1:]) for one, unseen in zip(made, hidden, strict=True)
    ]
    among = held_against_each_other(told, parameters.threshold)
    first, *others = (_result(study, *one) for one in zip(made, hidden, among, strict=True))
    return replace(first, others=tuple(others))


def _dummy_folder(folder: Path) -> Path:
    tables = folder / DUMMY_FOLDER
    if not (tables / f"pupil{dummy.NAME_MARK}.parquet").is_file():
        mend = f"Make it with `rollbook study dummy {folder}`."
        raise InputRefused(Reason("no-dummy", "There is no dummy data yet", folder.name, mend))
    return tables.resolve()


def _result(study: Study, made: Counted, hidden: HiddenCells, beside: Reason | None) -> LocalRun:
    verdict, reasons = made.verdict, [reason.message for reason in (hidden.reason, beside) if reason]
    if hidden.record:
        rows = tuple((line.labels, line.figure) for line in Hiding.from_data(hidden.record).lines)
        failures = reasons
    else:
        rows = shown(made.table, verdict.parameters)
        failures = [*(failure.message for failure in verdict.failures), *reasons]
    return LocalRun(
        title=f"{study.title}: {made.declared.title}" if made.declared.title else study.title,
        dimensions=made.table.dimensions,
        measure=made.declared.measure.heading,
        rows=rows,
        people=made.table.people,
        passed=not failures,
        failures=tuple(failures),
        threshold=verdict.parameters.threshold,
    )
