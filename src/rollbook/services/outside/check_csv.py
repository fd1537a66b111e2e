"""The findings of a check as CSV. A cell that a spreadsheet would run as a formula is made text (see `as_csv`)."""

from collections.abc import Iterator
from dataclasses import dataclass

from rollbook.services.outside.check import FileReport, Report
from rollbook.services.platform.exports import as_csv


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: a finding, or the reason why a file was refused. No value of a pupil."""

    file: str
    form: str
    severity: str
    rule: str
    place: str
    pupil_no: int | None
    field: str
    message: str
    mend: str


def findings_csv(report: Report) -> str:
    """Every finding of every file, with headings."""
    return as_csv(Finding, [line for one in report.files for line in _lines(one)])


def _lines(one: FileReport) -> Iterator[Finding]:
    for reason in one.refused:
        yield Finding(one.name, "", "refused", reason.code, reason.where, None, "", reason.message, reason.mend)
    for issue in one.issues:
        place = f"{issue.file}, line {issue.line}" if issue.file else f"line {issue.line}"
        yield Finding(
            one.name, one.form, issue.severity, issue.rule, place, issue.pupil_no, issue.field, issue.message,
            issue.mend,
        )  # fmt: skip
