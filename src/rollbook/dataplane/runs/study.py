"""A study: a folder with `study.toml` and its steps, read so that nothing but plain, small, named files gets in.

The same reading serves a researcher's own folder and a submission sent over HTTP (`Study.from_files`). What the study
may do once it runs is the sandbox's business; here the point is that the files are what they say they are.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rollbook.dataplane.runs import model_form
from rollbook.dataplane.runs.file_form import DeclaredFile, read_file_form
from rollbook.dataplane.runs.folder import read_folder
from rollbook.dataplane.runs.measure_form import KEYS, read_measure
from rollbook.dataplane.runs.nesting_form import read_within
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.sdc.judging import Asked
from rollbook.sdc.measures import PLAIN_COUNT
from rollbook.sdc.models import Model

STUDY_FILE = "study.toml"
MAX_FILES = 50
MAX_FILE_BYTES = 256 * 1024
MAX_DIMENSIONS = 4

_STEP_PATH = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}(/[a-z0-9][a-z0-9_-]{0,40})?\.(sql|py|r)")
LANGUAGES: Mapping[str, str] = MappingProxyType({"sql": "sql", "python": "py", "r": "r"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ITEM = re.compile(r"[a-z][a-z0-9-]{0,59}")
_TEXT_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """One file of code, run in the order the study lists it. `language` is a key of `LANGUAGES`."""

    path: str
    code: str
    language: str = "sql"


@dataclass(frozen=True, slots=True)
class PersonTable:
    """The one table the study derives: a row for a person, `ppid` and the `dimensions` it is counted over.

    After the dimensions come the columns of the `measure`, one number or unit for a person. Of a model the dimensions
    are its categories, of a survival table what its curves are drawn by: there may be none of either.
    `suppress` asks for totals, with small cells hidden; without it a table with small cells is stopped whole. `nested`
    are the dimensions by axis, each from wide to narrow, where one of them lies in others.
    """

    name: str
    dimensions: tuple[str, ...]
    measure: Asked = PLAIN_COUNT
    suppress: bool = False
    nested: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """A study whose form has been checked. `files` are exactly the bytes it was read from, by path.

    It hands over one thing: the table its people are counted in or, by exception, a file.
    """

    title: str
    purpose: str
    project: str
    items: tuple[str, ...]
    steps: tuple[Step, ...]
    hands_over: PersonTable | DeclaredFile
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def file(self) -> DeclaredFile | None:
        """The file it hands over, or None where it is a table."""
        return self.hands_over if isinstance(self.hands_over, DeclaredFile) else None

    @property
    def table(self) -> PersonTable:
        """The table it derives. Whoever asks has made sure that it is no file."""
        if isinstance(self.hands_over, DeclaredFile):
            raise TypeError("this study hands over a file")
        return self.hands_over

    @property
    def sha256(self) -> bytes:
        """The digest that names this version: over each path and its file's digest, in order of path."""
        lines = (f"{hashlib.sha256(data).hexdigest()} {path}\n" for path, data in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).digest()

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Study":
        """Read a study from its files by path, `study.toml` among them. Files the study does not name are refused.

        Raises:
            InputRefused: with every reason that was found.
        """
        study = _parse(files)
        extra = sorted(set(files) - set(study.files))
        if extra:
            mend = "Send only study.toml and the files of steps it lists."
            raise InputRefused(
                [Reason("study-extra-file", "The study does not list this file", _safe(p), mend) for p in extra]
            )
        return study


def read_study(folder: Path) -> Study:
    """Read the study in `folder`. Only `study.toml` and the files it lists are read; links are refused wherever they
    are.

    Raises:
        InputRefused: with every reason that was found.
    """
    return _parse(read_folder(folder, wanted=lambda path: path == STUDY_FILE or _STEP_PATH.fullmatch(path) is not None))


def _parse(files: Mapping[str, bytes]) -> Study:
    if len(files) > MAX_FILES:
        raise InputRefused(
            Reason("study-too-many", f"A study has at most {MAX_FILES} files", STUDY_FILE, "Join some steps.")
        )
    for path, data in files.items():
        if len(data) > MAX_FILE_BYTES:
            mend = f"A file of a study is at most {MAX_FILE_BYTES // 1024} KiB; data does not belong in it."
            raise InputRefused(Reason("study-too-large", "This file is too large", _safe(path), mend))
    form = _Form(_toml(files))
    study = form.study(files)
    if form.reasons or study is None:
        raise InputRefused(form.reasons)
    return study


def _toml(files: Mapping[str, bytes]) -> dict[str, Any]:
    if STUDY_FILE not in files:
        mend = "Start one with `rollbook study new DIR`."
        raise InputRefused(Reason("study-missing", "There is no study.toml", STUDY_FILE, mend))
    try:
        return tomllib.loads(files[STUDY_FILE].decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputRefused(
            Reason("study-encoding", "study.toml is not UTF-8 text", STUDY_FILE, "Save it as UTF-8.")
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        mend = "Mend the line named; see docs/how-to/write-a-study.md."
        raise InputRefused(Reason("study-toml", f"study.toml cannot be read: {error}", STUDY_FILE, mend)) from error


class _Form:
    """Reads the keys of `study.toml` and gathers every reason, so that a researcher mends them in one go."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.reasons: list[Reason] = []

    def refuse(self, code: str, message: str, where: str, mend: str) -> None:
        self.reasons.append(Reason(code, message, f"{STUDY_FILE}: {where}", mend))

    def study(self, files: Mapping[str, bytes]) -> Study | None:
        self._known(self.data, {"title", "purpose", "project", "items", "steps", "table", "file"}, "top level")
        title, purpose = self._text("title"), self._text("purpose")
        project = self._text("project") if self.data.get("project", "") != "" else ""
        items = self._names(self.data.get("items"), "items", _ITEM.fullmatch, 200)
        steps = self._steps(files)
        hands_over = self._file() if "file" in self.data else self._table()
        if self.reasons or hands_over is None:
            return None
        used = {path: files[path] for path in (STUDY_FILE, *(step.path for step in steps))}
        return Study(title, purpose, project, items, steps, hands_over, used)

    def _known(self, table: dict[str, Any], known: set[str], where: str) -> None:
        for key in sorted(set(table) - known):
            self.refuse(
                "study-unknown-key",
                f"'{_safe(key)}' is not a key of a study",
                where,
                f"Known: {', '.join(sorted(known))}.",
            )

    def _text(self, key: str) -> str:
        value = self.data.get(key)
        if not isinstance(value, str) or not value.strip() or len(value) > _TEXT_LIMIT:
            self.refuse(
                "study-text", f"'{key}' is missing or not a short text", key, f"Write 1 to {_TEXT_LIMIT} characters."
            )
            return ""
        return value.strip()

    def _names(self, value: object, where: str, good: Callable[[str], object], most: int) -> tuple[str, ...]:
        if (
            not isinstance(value, list)
            or not 1 <= len(value) <= most
            or not all(isinstance(v, str) and good(v) for v in value)
        ):
            self.refuse(
                "study-list", f"'{where}' is not a list of names", where, f"List 1 to {most} names in small letters."
            )
            return ()
        if len(set(value)) != len(value):
            self.refuse("study-twice", f"'{where}' lists a name twice", where, "List each name once.")
        return tuple(value)

    def _steps(self, files: Mapping[str, bytes]) -> tuple[Step, ...]:
        rows = self.data.get("steps")
        if (
            not isinstance(rows, list)
            or not 1 <= len(rows) < MAX_FILES
            or not all(isinstance(row, dict) for row in rows)
        ):
            self.refuse("study-steps", "There are no steps", "steps", 'Add [[steps]] with sql = "steps/01.sql".')
            return ()
        return tuple(step for number, row in enumerate(rows, 1) if (step := self._step(row, f"steps {number}", files)))

    def _step(self, row: dict[str, Any], where: str, files: Mapping[str, bytes]) -> Step | None:
        self._known(row, set(LANGUAGES), where)
        named = [language for language in LANGUAGES if language in row]
        language = named[0] if named else "sql"
        path = row.get(language)
        if len(named) > 1 or not isinstance(path, str) or not _is_step(path, LANGUAGES.get(language, "")):
            mend = (
                "Name one file of this folder or one folder below, in small letters: sql = a .sql file, "
                "python = a .py file or r = a .r file."
            )
            self.refuse("study-path", "A step names no file inside the study", where, mend)
        elif path not in files:
            self.refuse("study-missing", f"The file {path} is not there", where, "Add it or drop the step.")
        else:
            return self._code(path, files[path], language)
        return None

    def _code(self, path: str, data: bytes, language: str) -> Step | None:
        try:
            code = data.decode("utf-8")
        except UnicodeDecodeError:
            code = "\0"
        if "\0" in code or not code.strip():
            self.refuse("study-encoding", f"{path} is empty or not UTF-8 text", path, "Save it as UTF-8 text.")
            return None
        return Step(path, code, language)

    def _file(self) -> DeclaredFile | None:
        if "table" in self.data:
            mend = "Keep the table; a file has a study of its own."
            self.refuse("study-file", "A study hands over a table or a file, not both", "file", mend)
        declared, reasons = read_file_form(self.data["file"])
        self.reasons += reasons
        return declared

    def _table(self) -> PersonTable | None:
        row = self.data.get("table")
        if not isinstance(row, dict):
            self.refuse("study-table", "There is no [table]", "table", "Declare its name, dimensions and measure.")
            return None
        name = row.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.refuse(
                "study-table", "The table has no plain name", "table.name", "Use small letters, digits and underscores."
            )
        if row.get("measure") in model_form.FITTED:
            return self._fitted(str(name), row)
        return self._counted(str(name), row)

    def _fitted(self, name: str, row: dict[str, Any]) -> PersonTable | None:
        asked, reasons = model_form.read_model(row)
        self.reasons += reasons
        if asked is None:
            return None
        return PersonTable(name, asked.categories if isinstance(asked, Model) else asked.by, asked)

    def _counted(self, name: str, row: dict[str, Any]) -> PersonTable:
        self._known(row, {"name", "dimensions", "suppress", "within", *KEYS}, "table")
        dimensions = self._names(row.get("dimensions"), "table.dimensions", _NAME.fullmatch, MAX_DIMENSIONS)
        if "ppid" in dimensions:
            self.refuse(
                "study-ppid", "'ppid' cannot be a dimension", "table.dimensions", "A table is about groups, not people."
            )
        measure, reasons = read_measure(row, dimensions)
        self.reasons += reasons
        suppress = row.get("suppress", False)
        if not isinstance(suppress, bool):
            self.refuse("study-suppress", "'suppress' is not true or false", "table.suppress", "Write suppress = true.")
        if suppress and not measure.plain:
            mend = "Leave out suppress, or count people and nothing else."
            self.refuse("study-suppress", "Only plain counts can have hidden cells", "table.suppress", mend)
        nested = self._nested(row, dimensions, hides=suppress is True)
        columns = tuple(column for axis in nested for column in axis) or dimensions
        return PersonTable(name, columns, measure, suppress=bool(suppress), nested=nested)

    def _nested(self, row: dict[str, Any], dimensions: tuple[str, ...], *, hides: bool) -> tuple[tuple[str, ...], ...]:
        """The axes of the table; nothing where each dimension is one by itself."""
        if "within" not in row:
            return ()
        axes, reasons = read_within(row, dimensions)
        self.reasons += reasons
        if not hides:
            mend = "Write suppress = true, or leave [table.within] out: a table without totals shows no wider level."
            self.refuse("study-within", "Only a table with totals has subtotals", "table.within", mend)
        return axes


def _is_step(path: str, ending: str) -> bool:
    return _STEP_PATH.fullmatch(path) is not None and path.endswith(f".{ending}")


def _safe(text: str) -> str:
    """A name from outside, cut and cleaned so that it can be printed."""
    return re.sub(r"[^\w./-]", "?", text[:60])
