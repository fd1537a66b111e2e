"""Checks returns on the school's own machine: the same reader and rules as the authority's, no Django, no network.

The report names rules, lines and fields. It never holds a value of a pupil.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rollbook.dataplane.census.formats.reading import read_any
from rollbook.dataplane.census.parsed import Discard, ParsedReturn
from rollbook.dataplane.census.rules import RULES, check
from rollbook.dataplane.census.ruling import CheckContext, Issue, Severity
from rollbook.dataplane.census.untrusted import Limits, refuse_large
from rollbook.kernel.refusals import InputRefused, Reason
from rollbook.services.platform.clock import now


@dataclass(frozen=True, slots=True)
class Told:
    """One issue in plain words. `line` counts inside `file`, the member of a zip; `file` is empty for other files."""

    rule: str
    severity: str
    line: int
    pupil_no: int | None
    field: str
    message: str
    mend: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a check says about one file. `refused` is set when the file could not be read at all."""

    name: str
    school: str
    laestab: str
    collection: str
    on_roll: int
    leavers: int
    issues: tuple[Told, ...]
    dropped: tuple[Discard, ...]
    refused: tuple[Reason, ...] = ()
    form: str = ""

    def count(self, severity: str) -> int:
        """How many issues of a severity."""
        return sum(issue.severity == severity for issue in self.issues)

    @property
    def ok(self) -> bool:
        """Whether the authority would take this return. Queries wait for a reason and do not stop it."""
        return not self.refused and self.count(Severity.ERROR) == 0


@dataclass(frozen=True, slots=True)
class Report:
    """The reports of all files, in the order given."""

    files: tuple[FileReport, ...]

    @property
    def ok(self) -> bool:
        """Whether every file would be taken."""
        return all(report.ok for report in self.files)


def check_files(
    paths: Sequence[Path], *, limits: Limits | None = None, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Check files, alone and against one another (a UPN on two rolls). A bad file is reported, never raised."""
    read: list[ParsedReturn | FileReport] = []
    for done, path in enumerate(paths, start=1):
        read.append(_read(path, limits or Limits()))
        if progress is not None:
            progress(done, len(paths))
    elsewhere = _Elsewhere(one for one in read if isinstance(one, ParsedReturn))
    moment = now()
    return Report(tuple(one if isinstance(one, FileReport) else _judge(one, elsewhere, moment) for one in read))


class _Elsewhere:
    """On which schools' rolls each UPN stands, over all files of a collection."""

    def __init__(self, returns: "Iterator[ParsedReturn]") -> None:
        self._schools: dict[tuple[str, str], set[str]] = {}
        for parsed in returns:
            for upn in _only_school(parsed):
                self._schools.setdefault((parsed.header.collection_code, upn), set()).add(parsed.header.laestab)

    def than(self, parsed: ParsedReturn) -> Callable[[str], bool]:
        """The question a check of this return asks."""
        collection, here = parsed.header.collection_code, parsed.header.laestab
        return lambda upn: bool(self._schools.get((collection, upn), set()) - {here})


def _only_school(parsed: ParsedReturn) -> Iterator[str]:
    upns = parsed.tables["identity"].column("upn").to_pylist()
    statuses = parsed.tables["pupil"].column("enrol_status").to_pylist()
    return (upn for upn, status in zip(upns, statuses, strict=True) if upn and status == "C")


def _read(path: Path, limits: Limits) -> ParsedReturn | FileReport:
    name = _shown(path.name)
    try:
        refuse_large(path.stat().st_size, name, limits)
        return read_any(path.read_bytes(), name, limits=limits)
    except InputRefused as refusal:
        return _unread(name, refusal.reasons)
    except OSError:
        reason = Reason("file-unreadable", "The file cannot be opened", name, "Check the name and who may read it.")
        return _unread(name, (reason,))


def _unread(name: str, reasons: tuple[Reason, ...]) -> FileReport:
    return FileReport(name, "", "", "", 0, 0, (), (), reasons)


def _shown(text: str) -> str:
    """A name as it may be printed: without characters that a terminal would obey."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _judge(parsed: ParsedReturn, elsewhere: _Elsewhere, moment: datetime) -> FileReport:
    issues = check(parsed, CheckContext(now=moment, upn_elsewhere=elsewhere.than(parsed)))
    rolls = Counter(parsed.tables["pupil"].column("on_roll").to_pylist())
    return FileReport(
        name=parsed.name, school=_shown(parsed.school.name or ""), laestab=parsed.header.laestab,
        collection=parsed.header.collection_code, on_roll=rolls[True], leavers=rolls[False],
        issues=tuple(_told(issue, parsed) for issue in issues), dropped=parsed.discards, form=parsed.form.value,
    )  # fmt: skip


def _told(issue: Issue, parsed: ParsedReturn) -> Told:
    mend = RULES[issue.rule].mend
    file, line = parsed.place(issue.line)
    return Told(issue.rule, issue.severity.value, line, issue.pupil_no, issue.field, issue.message, mend, file)
