"""`rollbook study check`: everything that would stop a study inside, said on the researcher's machine by file and line.

First the form, the items, the text and the grammar of each step; when those are in order, a whole run on the dummy data
through the same sandbox, hostile reading, counting and disclosure rules. Imports no Django.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from rollbook.dataplane.census.catalogue import ITEMS, Item
from rollbook.dataplane.collections.mapping import CollectionMapping
from rollbook.dataplane.runs.runtime import no_r, study_packages
from rollbook.dataplane.runs.study import STUDY_FILE, Step, Study, read_study
from rollbook.kernel.refusals import Reason, RollbookError
from rollbook.sdc.by_hand import NOT_COVERED
from rollbook.services.outside.study_local import LocalFile, run_local
from rollbook.services.platform.stray import stray_data

_LINE = re.compile(r"\bline (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that would stop the study, or (not `stops`) that people inside will ask about. `line` counts from 1; 0
    where a file as a whole is meant.
    """

    file: str
    line: int
    code: str
    message: str
    mend: str
    stops: bool = True

    def __str__(self) -> str:
        """The problem as compilers write theirs."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.code}: {self.message}. {self.mend}"


def problems(folder: Path, mappings: Sequence[CollectionMapping] = ()) -> tuple[Problem, ...]:
    """Every problem of the study in `folder`, in the order of its files; none when a run would give a table. `mappings`
    are those of loaded collections that it reads.

    Raises:
        SetupFailed: the sandbox cannot be started on this machine.
    """
    text = _text(folder)
    try:
        study = read_study(folder)
    except RollbookError as error:
        return tuple(_placed(reason, text) for reason in error.reasons)
    known = {**ITEMS, **{name: item for one in mappings for name, item in one.own.items()}}
    found = [*_items(study, text, known), *(_placed(reason, text) for reason in stray_data(_texts(study)))]
    for step in study.steps:
        found += _grammar(step)
    return tuple(found) or tuple(_trial(folder, text))


def _text(folder: Path) -> str:
    file = folder / STUDY_FILE
    plain = file.is_file() and not file.is_symlink() and file.stat().st_size < 1 << 20
    return file.read_text(encoding="utf-8", errors="replace") if plain else ""


def _texts(study: Study) -> dict[str, str]:
    return {path: data.decode() for path, data in study.files.items()}


def _items(study: Study, text: str, known: Mapping[str, Item]) -> Iterator[Problem]:
    """The items no project can have, each where it stands."""
    for name in study.items:
        item = known.get(name)
        if item is None or item.identity or not item.held:
            mend = "Use the ids of the dictionary; names, addresses and what is withdrawn are for no project."
            message = f"A project cannot have the item {name}"
            yield Problem(STUDY_FILE, _line_with(text, f'"{name}"'), "item-not-for-study", message, mend)


def _grammar(step: Step) -> Iterator[Problem]:
    if step.language == "sql":
        yield from _sql(step)
    elif step.language == "python":
        yield from _python(step)
    elif reason := no_r():
        yield Problem(step.path, 0, reason.code, reason.message, reason.mend)


def _sql(step: Step) -> Iterator[Problem]:
    with duckdb.connect() as engine:
        try:
            engine.extract_statements(step.code)
        except duckdb.Error as error:
            words = str(error)
            yield Problem(step.path, _line_in(words), "study-grammar", words.split("\n", 1)[0], "Mend the SQL.")


def _python(step: Step) -> Iterator[Problem]:
    try:
        tree = ast.parse(step.code)
    except SyntaxError as error:
        yield Problem(step.path, error.lineno or 0, "study-grammar", error.msg, "Mend the Python.")
        return
    folder = study_packages()
    there = {path.name.split(".")[0] for path in folder.iterdir()} if folder else None
    for node in ast.walk(tree):
        for name in _imported(node):
            if there is not None and name not in there and name not in sys.stdlib_module_names:
                mend = "Use the packages of requirements-study.lock."
                yield Problem(
                    step.path, getattr(node, "lineno", 0), "study-package", f"There is no {name} inside", mend
                )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.split(".")[0]]
    return []


def _trial(folder: Path, text: str) -> Iterator[Problem]:
    try:
        result = run_local(folder)
    except RollbookError as error:
        yield from (_placed(reason, text) for reason in error.reasons)
        return
    if isinstance(result, LocalFile):
        yield from _by_hand(result, text)
        return
    mend = "Make groups larger or dimensions fewer; real data has other counts, so leave room."
    for message in (message for one in (result, *result.others) for message in one.failures):
        yield Problem(STUDY_FILE, _line_with(text, "[table]"), "sdc", message, mend)


def _by_hand(result: LocalFile, text: str) -> Iterator[Problem]:
    """What its judges will be told of a file, and what it takes beside: no machine lets it out."""
    line = _line_with(text, "[file]")
    mend = "Ask for it on your project's page. Two checkers and the data protection officer then judge it by hand."
    leave = Reason("file-not-allowed", f"Inside, {result.name} needs leave of the panel", mend=mend)
    judged = Reason("file-by-hand", NOT_COVERED.rstrip("."), mend="A table that the platform makes is out sooner.")
    for reason in (leave, judged, *result.warnings):
        yield Problem(STUDY_FILE, line, reason.code, reason.message, reason.mend, stops=False)


def _placed(reason: Reason, text: str) -> Problem:
    """A reason with its file and line: `where` names a step's file, a key of study.toml, or a column of the table."""
    file, _, key = reason.where.partition(": ")
    if file.endswith((".sql", ".py", ".r")):
        return Problem(file, _line_in(reason.message), reason.code, reason.message, reason.mend)
    if file == STUDY_FILE:
        line = _line_of_key(text, key) or _line_in(reason.message)
    else:
        line = _line_with(text, "[table]") if reason.code.startswith(("table-", "study-table")) else 0
        line = _line_with(text, "[file]") if reason.code.startswith(("file-", "study-file")) else line
    return Problem(STUDY_FILE, line, reason.code, reason.message, reason.mend)


def _line_of_key(text: str, key: str) -> int:
    """The line of a key such as `table.measure`, or of the second of the steps for `steps 2`."""
    number = re.fullmatch(r"steps (\d+)", key)
    lines = text.splitlines()
    if number:
        starts = [place for place, line in enumerate(lines, 1) if line.strip() == "[[steps]]"]
        return starts[int(number[1]) - 1] if int(number[1]) <= len(starts) else 0
    further = re.match(r"also (\d+)", key)
    if further:
        starts = [place for place, line in enumerate(lines, 1) if line.strip() == "[[also]]"]
        start = starts[int(further[1]) - 1]
        return start + _line_of_key("\n".join(lines[start:]), key.rpartition(".")[2])
    last = key.rpartition(".")[2]
    pattern = re.compile(rf"\s*(\[+)?{re.escape(last)}(\]+)?\s*(=|$)")
    return next((place for place, line in enumerate(lines, 1) if last and pattern.match(line)), 0)


def _line_with(text: str, words: str) -> int:
    return next((place for place, line in enumerate(text.splitlines(), 1) if words in line), 0)


def _line_in(message: str) -> int:
    found = _LINE.search(message)
    return int(found[1]) if found else 0
